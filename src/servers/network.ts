/**
 * What a start takes of the network: an address for DHCP, one for VNC, a place in a VLAN (spec: `nic:0:dhcp`, `vnc`,
 * `nic:1:vlan`).
 */
import type { HostFacts, Lease } from "../host/host.ts";
import { allocateAddress } from "../resources/addresses.ts";
import { poolOf } from "../resources/pool.ts";
import { allPools } from "../resources/pools.ts";
import { ensureHeld, isHeld, joinVlan, useAddress } from "../resources/uses.ts";
import type { Tx } from "../store/store.ts";
import type { WantedAddress } from "./configuration.ts";
import { vlanMac } from "./nics.ts";
import type { Server } from "./server.ts";

export type Taken = {
  /** What DHCP offers to NIC 0. */
  readonly lease: Lease | null;
  readonly vncAddress: string | null;
  /** The temporary address that the server prefers the next time. */
  readonly lastAddress: string | null;
};

/**
 * Takes it all for the server.
 *
 * Errors, naming the key: `missing` for what its user does not hold, `busy` for what another server uses; `full`.
 */
export async function takeNetwork(tx: Tx, server: Server, facts: HostFacts): Promise<Taken> {
  let { lastAddress } = server;
  const { dhcp, vnc } = server.configuration;
  // An address that is named to be given again stays the one to prefer, although another had to do this time.
  const namesLast = lastAddress !== null && [dhcp, vnc.address].includes(lastAddress);
  const temporary = async (): Promise<Lease> => {
    const address = await allocateAddress(tx, server, facts.addresses, server.lastAddress);
    if (!namesLast) lastAddress = address;
    return { address, network: null };
  };
  const lease =
    dhcp === null ? null : ((await staticLease(tx, server, "nic:0:dhcp", dhcp)) ?? (await temporary()));
  const screen =
    vnc.address === null
      ? null
      : ((await staticLease(tx, server, "vnc", vnc.address)) ?? lease ?? (await temporary()));
  await takeVlan(tx, server);
  return { lease, vncAddress: screen?.address ?? null, lastAddress };
}

/**
 * The address that a key names, if it names one: null for `auto`, and for an address that `auto` once gave this server
 * and that clients send back which echo what they read.
 */
async function staticLease(
  tx: Tx,
  { uuid, user, lastAddress }: Server,
  key: "nic:0:dhcp" | "vnc",
  address: WantedAddress,
): Promise<Lease | null> {
  if (address === "auto") return null;
  if (address === lastAddress && !(await isHeld(tx, user, "ip", address))) return null;
  await ensureHeld(tx, user, "ip", { key, resource: address });
  return useAddress(tx, uuid, { key, resource: address });
}

/** The lease of an address that a start gave. */
export async function leaseOf(tx: Tx, address: string): Promise<Lease> {
  const pool = poolOf(address, await allPools(tx));
  if (pool === null || pool.origin === "host") return { address, network: null };
  const { prefix, gateway, nameservers } = pool;
  return { address, network: { prefix, gateway, nameservers } };
}

async function takeVlan(tx: Tx, { uuid, user, configuration }: Server): Promise<void> {
  const vlan = configuration.vlanNic?.vlan ?? null;
  const mac = vlanMac(uuid, configuration);
  if (vlan === null || mac === null) return;
  await ensureHeld(tx, user, "vlan", { key: "nic:1:vlan", resource: vlan });
  await joinVlan(tx, { server: uuid, vlan, mac });
}
