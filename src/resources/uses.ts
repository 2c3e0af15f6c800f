/**
 * What servers use of resources while they run: an address is one server's at a time, temporary or static, and so is a
 * MAC address in a VLAN. It is taken when a server starts and given back when it ends, in the same transaction as the
 * server's phase; the tables' keys enforce it when two callers come at once.
 */
import { busy, failed, missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Lease } from "../host/host.ts";
import type { Tx } from "../store/store.ts";
import { poolOf } from "./pool.ts";
import { allPools } from "./pools.ts";
import type { ResourceId, ResourceType } from "./resource.ts";

/** Errors: `busy` when an active server uses the resource. */
export async function ensureUnused(tx: Tx, { type, resource }: ResourceId): Promise<void> {
  const use =
    type === "ip"
      ? await tx.selectFrom("addresses").select("server").where("address", "=", resource).executeTakeFirst()
      : await tx.selectFrom("vlan_nics").select("server").where("vlan", "=", resource).executeTakeFirst();
  if (use !== undefined)
    throw busy("resource_in_use", `${type} ${resource} is in use by server ${use.server}`);
}

/** Whether the user holds that resource. */
export async function isHeld(tx: Tx, user: UserId, type: ResourceType, resource: string): Promise<boolean> {
  const row = await tx
    .selectFrom("resources")
    .select("resource")
    .where("type", "=", type)
    .where("resource", "=", resource)
    .where("user", "=", user)
    .executeTakeFirst();
  return row !== undefined;
}

/** A resource that a server's configuration names, and the key that names it. */
type Want = { readonly key: string; readonly resource: string };

/** Errors: `missing`, naming the key, when the user does not hold it. */
export async function ensureHeld(tx: Tx, user: UserId, type: ResourceType, want: Want): Promise<void> {
  const { key, resource } = want;
  if (await isHeld(tx, user, type, resource)) return;
  throw missing(
    "no_such_reference",
    `${key} names ${type === "ip" ? "address" : "VLAN"} ${resource}: there is none`,
  );
}

/**
 * Lets the server use a static address that its user holds.
 *
 * Errors, naming the key: `busy` when another server uses it, `failed` when its pool has gone.
 */
export async function useAddress(tx: Tx, server: string, { key, resource: address }: Want): Promise<Lease> {
  const pool = poolOf(address, await allPools(tx));
  if (pool === null)
    throw failed(
      "address_without_network",
      `${key} names address ${address}, which is in no network of this cloud now`,
    );
  const other = await tx
    .selectFrom("addresses")
    .select("server")
    .where("address", "=", address)
    .executeTakeFirst();
  if (other !== undefined && other.server !== server) {
    throw busy(
      "address_in_use",
      `${key} names address ${address}, which is in use by server ${other.server}`,
    );
  }
  if (other === undefined) await tx.insertInto("addresses").values({ address, server }).execute();
  const { prefix, gateway, nameservers } = pool;
  return { address, network: pool.origin === "host" ? null : { prefix, gateway, nameservers } };
}

/** Enters that a server which runs has an address, whoever gave it. Errors: `busy` when another server uses it. */
export async function keepAddress(tx: Tx, server: string, address: string): Promise<void> {
  await tx
    .insertInto("addresses")
    .values({ address, server })
    .onConflict((conflict) => conflict.column("address").doNothing())
    .execute();
  const use = await tx
    .selectFrom("addresses")
    .select("server")
    .where("address", "=", address)
    .executeTakeFirstOrThrow();
  if (use.server !== server)
    throw busy("address_in_use", `address ${address} is in use by server ${use.server}`);
}

/** Lets the server into a VLAN that its user holds. Errors: `busy`, naming the key, when another has that MAC there. */
export async function joinVlan(tx: Tx, nic: { server: string; vlan: string; mac: string }): Promise<void> {
  const { server, vlan, mac } = nic;
  const other = await tx
    .selectFrom("vlan_nics")
    .select("server")
    .where("vlan", "=", vlan)
    .where("mac", "=", mac)
    .executeTakeFirst();
  if (other !== undefined) throw macTaken(mac, vlan, other.server);
  await tx.insertInto("vlan_nics").values({ server, vlan, mac }).execute();
}

export const macTaken = (mac: string, vlan: string, server: string) =>
  busy("mac_in_use", `nic:1:mac ${mac} is that of server ${server} on VLAN ${vlan}`);

/** Gives back all that the server uses. */
export async function releaseUses(tx: Tx, server: string): Promise<void> {
  await tx.deleteFrom("addresses").where("server", "=", server).execute();
  await tx.deleteFrom("vlan_nics").where("server", "=", server).execute();
}
