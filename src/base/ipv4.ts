/** IPv4 addresses and networks as numbers, so that they can be compared and counted. */

/** A network: its first address and the length of its prefix. */
export type Ipv4Network = { readonly base: number; readonly prefix: number };

export function ipv4Number(text: string): number {
  return text.split(".").reduce((number, part) => number * 256 + Number(part), 0);
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(number / 2 ** shift) % 256).join(".");
}

/** Without zeroes in front of a number: some programs read such a one as octal, and mean another network. */
const NETWORK = /^((?:0|[1-9]\d{0,2})(?:\.(?:0|[1-9]\d{0,2})){3})(?:\/(0|[1-9]\d?))?$/;

/** Reads `10.64.0.0/20`, or a single address as a /32; null when it is neither. Bits behind the prefix are cleared. */
export function parseNetwork(text: string): Ipv4Network | null {
  const match = NETWORK.exec(text);
  if (match === null) return null;
  const [, address = "", length = "32"] = match;
  const prefix = Number(length);
  if (prefix > 32 || address.split(".").some((part) => Number(part) > 255)) return null;
  return networkOf(address, prefix);
}

/** The network of that prefix that the address is in. */
export function networkOf(address: string, prefix: number): Ipv4Network {
  const size = 2 ** (32 - prefix);
  return { base: Math.floor(ipv4Number(address) / size) * size, prefix };
}

export function networkText({ base, prefix }: Ipv4Network): string {
  return `${ipv4Text(base)}/${prefix}`;
}

/** The mask of a prefix of that length. */
export function maskText(prefix: number): string {
  return ipv4Text(2 ** 32 - 2 ** (32 - prefix));
}

/** How many addresses it holds. */
export function networkSize({ prefix }: Ipv4Network): number {
  return 2 ** (32 - prefix);
}

/** Whether they share an address. */
export function overlap(a: Ipv4Network, b: Ipv4Network): boolean {
  return a.base < b.base + networkSize(b) && b.base < a.base + networkSize(a);
}

/** A route wider than this is a default route, or half of one as VPN clients set it, and takes no address away. */
export const WIDEST_PREFIX = 8;

/** The first of the networks that takes addresses of the wanted one away; undefined without one. */
export function takerOf(wanted: Ipv4Network, networks: readonly Ipv4Network[]): Ipv4Network | undefined {
  return networks.find((network) => network.prefix >= WIDEST_PREFIX && overlap(network, wanted));
}

/** Whether the network, as `parseNetwork` reads it, holds the address. */
export function contains(network: string, address: string): boolean {
  const [whole, part] = [parseNetwork(network), parseNetwork(address)];
  return whole !== null && part !== null && overlap(whole, part);
}
