/**
 * A pool: a network out of which users are given static addresses. An operator brings their own; the host's is a part of
 * the guests' private subnet. Rules alone; no effects.
 */

import { shown, shownWord } from "../api/shown.ts";
import { ipv4 } from "../api/value.ts";
import { usage } from "../base/errors.ts";
import {
  type Ipv4Network,
  ipv4Number,
  ipv4Text,
  networkOf,
  networkSize,
  networkText,
  overlap,
  parseNetwork,
} from "../base/ipv4.ts";
import type { AddressRange, HostFacts, StaticNetwork } from "../host/host.ts";

export type Pool = AddressRange &
  StaticNetwork & {
    readonly network: Ipv4Network;
    readonly origin: "operator" | "host";
  };

/** The widest and the narrowest network that can be a pool; the latter has one address to give. */
const WIDEST_PREFIX = 8;
const NARROWEST_PREFIX = 30;

/** Networks whose addresses no guest can have or be reached at: this host's, loopback, link-local, multicast and above. */
const UNUSABLE = ["0.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "224.0.0.0/3"];

/** What an operator says of a pool. */
export type Wanted = {
  readonly network: string;
  readonly gateway: string | undefined;
  readonly nameservers: readonly string[];
};

/**
 * The pool that an operator wants; its addresses lie between the network's own and that for broadcasts. Errors: `usage`.
 *
 * @param mark what stands before the name of what is at fault, such as `--`
 */
export function operatorPool({ network: text, gateway, nameservers }: Wanted, mark = ""): Pool {
  const network = parseNetwork(text);
  if (network === null || network.prefix < WIDEST_PREFIX || network.prefix > NARROWEST_PREFIX) {
    throw refused(
      `a pool takes an IPv4 network such as 203.0.113.0/28, with a prefix from ${WIDEST_PREFIX} to ${NARROWEST_PREFIX}, not ${shown(text)}`,
      "network",
    );
  }
  const broadcast = network.base + networkSize(network) - 1;
  const range = { first: ipv4Text(network.base + 1), last: ipv4Text(broadcast - 1) };
  if (networkText(network) !== text) {
    throw refused(
      `${shownWord(text)} is an address in the network ${networkText(network)}: give the network`,
      "network",
    );
  }
  const useless = UNUSABLE.map(parseNetwork).find((other) => other !== null && overlap(other, network));
  if (useless)
    throw refused(`no guest can be reached at the addresses of ${networkText(useless)}`, "network");
  if (gateway === undefined || !ipv4.safeParse(gateway).success || !within(range, gateway)) {
    throw refused(
      `${mark}gateway takes an address from ${range.first} to ${range.last}: the guests' router in ${shownWord(text)}`,
      "gateway",
    );
  }
  for (const nameserver of nameservers) {
    if (!ipv4.safeParse(nameserver).success) {
      throw refused(`${mark}nameserver takes an IPv4 address, not ${shown(nameserver)}`, "nameserver");
    }
  }
  const { prefix } = network;
  const pool: Pool = { network, origin: "operator", ...range, prefix, gateway, nameservers };
  if (capacity(pool) < 1)
    throw refused(`${shownWord(text)} has no address to give beside its gateway and name servers`, "network");
  return pool;
}

const refused = (sentence: string, key: string) => usage("pool_refused", sentence, { key });

/** The host's own pool, null where it has none. */
export function hostPool({ staticAddresses }: HostFacts): Pool | null {
  if (staticAddresses === null) return null;
  const { first, prefix } = staticAddresses;
  return { ...staticAddresses, network: networkOf(first, prefix), origin: "host" };
}

/** Addresses of its network that are never given: those of its gateway and its name servers. */
export function reserved({ gateway, nameservers }: Pool): ReadonlySet<string> {
  return new Set([gateway, ...nameservers]);
}

/** How many addresses it has to give. */
export function capacity(pool: Pool): number {
  const lost = [...reserved(pool)].filter((address) => within(pool, address));
  return ipv4Number(pool.last) - ipv4Number(pool.first) + 1 - lost.length;
}

/** The pool that an address is in, null when that has gone. */
export function poolOf(address: string, pools: readonly Pool[]): Pool | null {
  return pools.find(({ network }) => overlap(network, networkOf(address, 32))) ?? null;
}

function within({ first, last }: AddressRange, address: string): boolean {
  const number = ipv4Number(address);
  return number >= ipv4Number(first) && number <= ipv4Number(last);
}
