/**
 * What the machine's own network looks like: the networks that it reaches, and the resolvers that it asks. The machine
 * is the network namespace that the daemon runs in.
 */
import { readFile } from "node:fs/promises";
import { type Ipv4Network, parseNetwork } from "../../base/ipv4.ts";
import { run, unlessShort } from "../process/process.ts";

type Route = { readonly dst: string; readonly dev?: string };
type Link = {
  readonly ifname: string;
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen?: number }[];
};

/** Where the machine's resolvers are named; the second is what systemd-resolved asks, which is a loopback in the first. */
const RESOLVER_FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/**
 * All networks that the machine has addresses in, routes to (whatever the table), or asks for names in, but for what
 * leads over `ownDevice`.
 */
export async function occupiedNetworks(ownDevice: string): Promise<Ipv4Network[]> {
  const [routes, links, names] = await Promise.all([
    ask<Route[]>("route show table all"),
    ask<Link[]>("address show"),
    resolvers(),
  ]);
  const texts = [
    ...routes.filter(({ dev }) => dev !== ownDevice).map(({ dst }) => dst),
    ...links
      .filter(({ ifname }) => ifname !== ownDevice)
      .flatMap((link) => link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`)),
    ...names,
  ];
  return texts.map(parseNetwork).filter((network) => network !== null);
}

/** The addresses that are the machine's own, and those at which it is one of several (local, broadcast, anycast), as networks. */
export async function localNetworks(): Promise<Ipv4Network[]> {
  const routes = await ask<Route[]>("route show table local");
  return routes.map(({ dst }) => parseNetwork(dst)).filter((network) => network !== null);
}

/** The networks that the machine reaches over the device. */
export async function routesOver(device: string): Promise<Ipv4Network[]> {
  const routes = await ask<Route[]>("route show");
  return routes
    .filter(({ dev }) => dev === device)
    .map(({ dst }) => parseNetwork(dst))
    .filter((network) => network !== null);
}

/** Whether the machine has a network device of that name (proc(5), `/proc/net/dev`): no program need be there. */
export async function hasLink(name: string): Promise<boolean> {
  const devices = await readFile("/proc/self/net/dev", "utf8");
  return devices.split("\n").some((line) => line.trim().startsWith(`${name}:`));
}

/** The machine's resolvers as far as guests can ask them too: IPv4, and not on a loopback. Errors: no file can be opened now. */
export async function resolvers(): Promise<string[]> {
  for (const path of RESOLVER_FILES) {
    const found = parseResolvers((await readFile(path, "utf8").catch(unlessShort)) ?? "");
    if (found.length > 0) return found;
  }
  return [];
}

/** The `nameserver` lines of a resolv.conf(5) that others than the machine itself can use. */
export function parseResolvers(text: string): string[] {
  return text
    .split("\n")
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? "")
    .filter((address) => /^\d+\.\d+\.\d+\.\d+$/.test(address) && !address.startsWith("127."));
}

async function ask<T>(words: string): Promise<T> {
  // An empty list is an empty text in some versions of ip.
  return JSON.parse((await run(["ip", "-4", "-json", ...words.split(" ")])) || "[]") as T;
}
