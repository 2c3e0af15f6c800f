/**
 * MAC addresses are unique on a VLAN (spec: `nic:1:mac`), among servers as they are configured, stopped ones too. That
 * those which run are apart is held once more when each starts (`joinVlan`).
 */
import type { Changes } from "../api/input.ts";
import { macTaken } from "../resources/uses.ts";
import type { Tx } from "../store/store.ts";
import type { Configuration } from "./configuration.ts";
import { vlanMac } from "./nics.ts";
import type { Server } from "./server.ts";

/**
 * Holds a server whose NIC 1 changes against the others of its user, who alone can be in its VLAN, by columns of their
 * own: their configurations are many and may be large. Errors: `busy` when one of them has its MAC address there.
 */
export async function ensureMacFree(
  tx: Tx,
  server: Pick<Server, "uuid" | "user">,
  configuration: Configuration,
  changes: Changes,
): Promise<void> {
  const vlan = configuration.vlanNic?.vlan ?? null;
  const mac = vlanMac(server.uuid, configuration);
  if (vlan === null || mac === null || ![...changes.keys()].some((key) => key.startsWith("nic:1:"))) return;
  const other = await tx
    .selectFrom("servers")
    .select("uuid")
    .where("vlan", "=", vlan)
    .where("vlan_mac", "=", mac)
    .where("user", "=", server.user)
    .where("uuid", "!=", server.uuid)
    .where("phase", "!=", "destroying")
    .executeTakeFirst();
  if (other !== undefined) throw macTaken(mac, vlan, other.uuid);
}
