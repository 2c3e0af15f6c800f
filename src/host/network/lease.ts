/**
 * Leases: the address that a NIC is offered and may send from. What the scripts of the network are made of is checked
 * here, where it comes in: one that is unsound would fail for all servers, since scripts are written whole.
 */
import { contains, ipv4Number, ipv4Text, networkOf, networkText } from "../../base/ipv4.ts";
import type { Lease } from "../host.ts";
import type { Layout } from "./subnet.ts";

/** An address, and the MAC that it is offered to. */
export type NicLease = Lease & { readonly mac: string };

const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i;
const ADDRESS = /^\d{1,3}(\.\d{1,3}){3}$/;

/** Errors: the lease has no MAC, no address, or none that can be reached in that subnet or its own network. */
export function checkLease({ subnet }: Layout, { mac, address, network }: NicLease): void {
  if (!MAC.test(mac)) throw new Error(`${mac} is no MAC address`);
  for (const text of [address, ...(network === null ? [] : [network.gateway, ...network.nameservers])]) {
    checkAddress(text);
  }
  if (network !== null && contains(subnet, address)) {
    throw new Error(`${address} is in the guests' own network ${subnet}, and cannot be in another`);
  }
  if (address === network?.gateway) throw new Error(`${address} is the gateway of its network`);
  const own = network === null ? subnet : networkText(networkOf(address, checkPrefix(network.prefix)));
  const inside = network?.gateway ?? address;
  if (!contains(own, inside)) throw new Error(`${inside} is not in the network ${own}`);
}

/** Errors: it is no address. */
export function checkAddress(text: string): void {
  if (!ADDRESS.test(text) || ipv4Text(ipv4Number(text)) !== text) {
    throw new Error(`${text} is no IPv4 address`);
  }
}

function checkPrefix(prefix: number): number {
  if (!Number.isInteger(prefix) || prefix < 1 || prefix > 32) throw new Error(`${prefix} is no prefix`);
  return prefix;
}
