/**
 * The private subnet of a cloud's guests: which one it is, so that it meets no network the machine knows, and what
 * each of its addresses is for.
 */
import {
  type Ipv4Network,
  ipv4Text,
  maskText,
  networkSize,
  networkText,
  parseNetwork,
  takerOf,
  WIDEST_PREFIX,
} from "../../base/ipv4.ts";

/** Networks out of which subnets are cut, in the order they are tried: RFC 1918, and at last RFC 6598. */
const POOLS = ["10.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"];
/** 4091 addresses for guests in each. */
const SUBNET_PREFIX = 20;
/** The narrowest subnet that may be configured: 8 addresses, 3 of them for guests. */
const NARROWEST_PREFIX = 29;

/** What the addresses of a subnet are for. */
export type Layout = {
  readonly subnet: string;
  readonly base: string;
  readonly prefix: number;
  readonly netmask: string;
  /** The guests' router, on the bridge. */
  readonly gateway: string;
  /** For guests, for as long as they run. */
  readonly first: string;
  readonly last: string;
  /** For guests, and held until they are given back: the subnet's upper quarter, or the last one of a small subnet. */
  readonly staticFirst: string;
  readonly staticLast: string;
  /** The machine's end of the uplink, and the namespace's. */
  readonly outer: string;
  readonly inner: string;
};

/** All subnets that may be chosen, in order. */
export function* candidates(): Generator<Ipv4Network> {
  for (const text of POOLS) {
    const pool = network(text);
    const step = 2 ** (32 - SUBNET_PREFIX);
    for (let base = pool.base; base < pool.base + networkSize(pool); base += step) {
      yield { base, prefix: SUBNET_PREFIX };
    }
  }
}

/**
 * The first subnet that meets none of the `occupied` networks: the remembered one while that holds for it, otherwise
 * one of the candidates; null when there is none.
 */
export function chooseSubnet(
  occupied: readonly Ipv4Network[],
  remembered: Ipv4Network | null,
): Ipv4Network | null {
  if (remembered !== null && isFree(remembered, occupied)) return remembered;
  for (const candidate of candidates()) if (isFree(candidate, occupied)) return candidate;
  return null;
}

/** Whether the subnet meets none of the `occupied` networks. */
export const isFree = (subnet: Ipv4Network, occupied: readonly Ipv4Network[]): boolean =>
  takerOf(subnet, occupied) === undefined;

/** Reads a subnet that was configured. Errors: it is none, or too wide or narrow to be one. */
export function configuredSubnet(text: string): Ipv4Network {
  const subnet = parseNetwork(text);
  if (subnet === null || subnet.prefix < WIDEST_PREFIX || subnet.prefix > NARROWEST_PREFIX) {
    throw new Error(
      `the guests' subnet takes an IPv4 network such as 10.64.0.0/20, with a prefix from ${WIDEST_PREFIX} to ${NARROWEST_PREFIX}, not ${text}`,
    );
  }
  return subnet;
}

/** The gateway comes first and the uplink last; the guests have what lies between. */
export function layOut(subnet: Ipv4Network): Layout {
  const broadcast = subnet.base + networkSize(subnet) - 1;
  const staticLast = broadcast - 3;
  const staticFirst = Math.min(subnet.base + (networkSize(subnet) / 4) * 3, staticLast);
  return {
    subnet: networkText(subnet),
    base: ipv4Text(subnet.base),
    prefix: subnet.prefix,
    netmask: maskText(subnet.prefix),
    gateway: ipv4Text(subnet.base + 1),
    first: ipv4Text(subnet.base + 2),
    last: ipv4Text(staticFirst - 1),
    staticFirst: ipv4Text(staticFirst),
    staticLast: ipv4Text(staticLast),
    outer: ipv4Text(broadcast - 2),
    inner: ipv4Text(broadcast - 1),
  };
}

function network(text: string): Ipv4Network {
  const parsed = parseNetwork(text);
  if (parsed === null) throw new Error(`${text} is no network`);
  return parsed;
}
