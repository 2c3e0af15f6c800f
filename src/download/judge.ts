/**
 * Which addresses are fetched from in the name of users: public ones alone, and what the operator allows besides. Whoever
 * has a program fetch a URL asks through its machine's network: what only that reaches, such as the machine itself, its
 * neighbours or a cloud's metadata, is not theirs to ask. Judged is an address that is about to be connected to, never a
 * name, which may mean another one a moment later.
 */
import { BlockList, isIP } from "node:net";
import { addNetwork, hasAddress } from "../base/networks.ts";

/** Networks of IPv4 that are not public (IANA IPv4 Special-Purpose Address Registry, RFC 6890), and multicast. */
const NOT_PUBLIC_V4 = [
  ...["0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"],
  ...["192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"],
  ...["198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"],
];

/**
 * IPv6 is public within 2000::/3 alone (IANA IPv6 Global Unicast Address Assignments): loopback, link-local, unique local,
 * multicast, IPv4 within IPv6 (::ffff:0:0/96) and NAT64 (64:ff9b::/96, 64:ff9b:1::/48) are outside of it.
 */
const PUBLIC_V6 = "2000::/3";

/** What is not public within it: protocol assignments with Teredo, documentation, and 6to4, which wraps any IPv4 address. */
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3ffe::/16", "3fff::/20"];

/** The ports of public addresses that are fetched from: those of HTTP and HTTPS. */
const PUBLIC_PORTS: readonly number[] = [80, 443];

const NOT_PUBLIC = setOf([...NOT_PUBLIC_V4, ...NOT_PUBLIC_V6]);
const GLOBAL_V6 = setOf([PUBLIC_V6]);

export class AddressJudge {
  readonly #allowed: BlockList;
  readonly #ownNetworks: () => readonly string[];

  /**
   * @param allowed addresses and networks that are fetched from whatever they are, on any port
   * @param ownNetworks those that the machine is in now, asked for each address
   */
  constructor(allowed: readonly string[], ownNetworks: () => readonly string[]) {
    this.#allowed = setOf(allowed);
    this.#ownNetworks = ownNetworks;
  }

  /** Whether that port of that address is fetched from. */
  allows(address: string, port: number): boolean {
    // An address of IPv6 with a zone (fe80::1%eth0) is one of the machine's links.
    if (isIP(address) === 0 || address.includes("%")) return false;
    if (hasAddress(this.#allowed, address)) return true;
    if (!PUBLIC_PORTS.includes(port) || !isPublic(address)) return false;
    return !hasAddress(setOf(this.#ownNetworks()), address);
  }
}

function isPublic(address: string): boolean {
  if (hasAddress(NOT_PUBLIC, address)) return false;
  return isIP(address) === 4 || hasAddress(GLOBAL_V6, address);
}

function setOf(words: readonly string[]): BlockList {
  const set = new BlockList();
  for (const word of words) addNetwork(set, word);
  return set;
}
