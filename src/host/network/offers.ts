/**
 * What DHCP offers, as dnsmasq's files say it (dnsmasq(8)): to each MAC its address, and the mask, the gateway and the
 * name servers of the network that the address is in. The options of a network are written once, under a tag, and each
 * of its addresses sets that tag. The guests' own subnet has the name servers of the machine.
 */
import { ipv4Text, maskText, networkOf } from "../../base/ipv4.ts";
import type { StaticNetwork } from "../host.ts";
import type { NicLease } from "./lease.ts";
import type { ServerNetwork } from "./network-state.ts";
import type { Layout } from "./subnet.ts";

/** How long a guest may use an address without asking again. */
const LEASE = "12h";

export type Offers = {
  /** The addresses that are offered, each with the MAC it is offered to. */
  readonly leases: ReadonlyMap<string, string>;
  /** The values of `--dhcp-range`: without its network's, an address is not offered. Read by dnsmasq at its start alone. */
  readonly ranges: ReadonlySet<string>;
  /** The texts of `--dhcp-hostsfile` and `--dhcp-optsfile`. */
  readonly hosts: string;
  readonly options: string;
};

/** `resolvers`: the machine's. */
export function offers(
  layout: Layout,
  servers: Iterable<ServerNetwork>,
  resolvers: readonly string[],
): Offers {
  // One entry an address: of two servers with one address the later counts.
  const leases = new Map<string, NicLease>();
  for (const { nics } of servers)
    for (const { lease } of nics) if (lease !== null) leases.set(lease.address, lease);

  const own: StaticNetwork = { prefix: layout.prefix, gateway: layout.gateway, nameservers: resolvers };
  const ranges = new Set([rangeOf(layout.gateway, own)]);
  const tags = new Map<string, string>();
  const hosts: string[] = [];
  for (const { mac, address, network } of leases.values()) {
    ranges.add(rangeOf(address, network ?? own));
    const options = optionsOf(network ?? own);
    const tag = tags.get(options) ?? `n${tags.size}`;
    tags.set(options, tag);
    hosts.push(`${mac},set:${tag},${address}\n`);
  }
  return {
    leases: new Map([...leases.values()].map(({ address, mac }) => [address, mac.toLowerCase()])),
    ranges,
    hosts: hosts.join(""),
    options: [...tags]
      .map(([options, tag]) => `${options.replaceAll(/^/gm, `tag:${tag},option:`)}\n`)
      .join(""),
  };
}

function rangeOf(address: string, { prefix }: StaticNetwork): string {
  return `${ipv4Text(networkOf(address, prefix).base)},static,${maskText(prefix)},${LEASE}`;
}

/** A line each, without what makes it the network's alone. No name servers are none, and not the machine's. */
function optionsOf({ prefix, gateway, nameservers }: StaticNetwork): string {
  const names = nameservers.length === 0 ? [] : [`dns-server,${nameservers.join(",")}`];
  return [`netmask,${maskText(prefix)}`, `router,${gateway}`, ...names].join("\n");
}
