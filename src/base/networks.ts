/** Addresses, and sets of them that people write down: addresses, and networks such as 192.0.2.0/24. */
import { BlockList, isIP } from "node:net";

/** Adds what the word names to the set; answers false where it names none. */
export function addNetwork(set: BlockList, word: string): boolean {
  const [net = "", prefix] = word.split("/");
  const family = familyOf(net);
  if (family === null) return false;
  if (prefix === undefined) {
    set.addAddress(net, family);
    return true;
  }
  const longest = family === "ipv6" ? 128 : 32;
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > longest) return false;
  set.addSubnet(net, Number(prefix), family);
  return true;
}

/** The addresses that only this machine reaches (RFC 1122, 3.2.1.3; RFC 4291, 2.5.3). */
const LOOPBACK = new BlockList();
for (const word of ["127.0.0.0/8", "::1"]) addNetwork(LOOPBACK, word);

export const isLoopback = (address: string): boolean => hasAddress(LOOPBACK, address);

/** Host and port as URLs have them: an address of IPv6 stands in brackets (RFC 3986, 3.2.2). */
export const hostAndPort = (host: string, port: number): string =>
  `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;

/** Whether the address, if it is one, is in the set; an IPv4 address within IPv6 is the IPv4 one. */
export function hasAddress(set: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== null && set.check(address, family);
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}
