/** Sets of addresses that people write down: addresses, and networks such as 192.0.2.0/24. */
import { type BlockList, isIP } from "node:net";

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

/** Whether the address, if it is one, is in the set; an IPv4 address within IPv6 is the IPv4 one. */
export function hasAddress(set: BlockList, address: string): boolean {
  const family = familyOf(address);
  return family !== null && set.check(address, family);
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}
