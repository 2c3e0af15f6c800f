/** Whom connections and failed logins are counted by: an IPv4 address, or the network of an IPv6 one. */

/** The groups of 16 bits of an IPv6 address that name a network: one caller has all of a /64 (RFC 6177). */
const NETWORK_GROUPS = 4;

/** @param address as node:net tells it: IPv4, IPv6, or IPv4 within IPv6 */
export function addressPrefix(address: string): string {
  if (address.includes(".")) return address.slice(address.lastIndexOf(":") + 1);
  const [head = "", tail = ""] = (address.split("%", 1)[0] ?? "").split("::");
  const [first, last] = [head, tail].map((part) => (part === "" ? [] : part.split(":")));
  const gap = Array<string>(Math.max(0, 8 - (first?.length ?? 0) - (last?.length ?? 0))).fill("0");
  return [...(first ?? []), ...gap, ...(last ?? [])].slice(0, NETWORK_GROUPS).join(":");
}
