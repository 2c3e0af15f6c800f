/**
 * What DHCP offers, as dnsmasq's files say it (dnsmasq(8)): each address to its MAC, with its network's mask, gateway
 * and name servers. An address of the guests' own subnet has those of the machine; one of another network is marked by a
 * tag, by which its options are told from the others'.
 */
import type { StaticNetwork } from "../host.ts";
import type { Hold, LeaseHold } from "./holds.ts";
import { ipv4Text, maskText, networkOf } from "./ipv4.ts";
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

/** `resolvers`: the machine's, told to those for whose network no name server is set. */
export function offers(layout: Layout, holds: Iterable<Hold>, resolvers: readonly string[]): Offers {
  // One entry an address: of two holds of one address the later counts.
  const leases = new Map<string, LeaseHold>();
  for (const { nics } of holds)
    for (const { lease } of nics) if (lease !== null) leases.set(lease.address, lease);

  const ranges = new Set([`${layout.base},static,${layout.netmask},${LEASE}`]);
  const tags = new Map<string, string>();
  const hosts: string[] = [];
  const options = nameServers("", resolvers);
  for (const { mac, address, network } of leases.values()) {
    if (network === null) {
      hosts.push(`${mac},${address}`);
      continue;
    }
    const { base } = networkOf(address, network.prefix);
    ranges.add(`${ipv4Text(base)},static,${maskText(network.prefix)},${LEASE}`);
    const own = optionsOf(network);
    const key = own("").join("\n");
    const known = tags.get(key);
    const tag = known ?? `n${tags.size}`;
    if (known === undefined) {
      tags.set(key, tag);
      options.push(...own(`tag:${tag},`));
    }
    hosts.push(`${mac},set:${tag},${address}`);
  }
  const lines = (all: readonly string[]) => all.map((line) => `${line}\n`).join("");
  return {
    leases: new Map([...leases.values()].map(({ address, mac }) => [address, mac.toLowerCase()])),
    ranges,
    hosts: lines(hosts),
    options: lines(options),
  };
}

const optionsOf =
  ({ prefix, gateway, nameservers }: StaticNetwork) =>
  (tag: string) => [
    `${tag}option:netmask,${maskText(prefix)}`,
    `${tag}option:router,${gateway}`,
    ...nameServers(tag, nameservers),
  ];

const nameServers = (tag: string, addresses: readonly string[]) =>
  addresses.length === 0 ? [] : [`${tag}option:dns-server,${addresses.join(",")}`];
