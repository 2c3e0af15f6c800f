/**
 * MAC addresses are unique on a VLAN (spec: `nic:1:mac`), among servers as they are configured, stopped ones too. That
 * those which run are apart is held once more when each starts (`joinVlan`).
 */
import type { Changes } from "../api/input.ts";
import { macTaken } from "../resources/uses.ts";
import type { Tx } from "../store/store.ts";
import { vlanMac, vlanOf } from "./nics.ts";
import type { Config, Server } from "./server.ts";

/**
 * Holds a server whose NIC 1 changes against the others of its user, who alone can be in its VLAN. Errors: `busy` when
 * one of them has its MAC address there.
 */
export async function judgeMac(
  tx: Tx,
  server: Pick<Server, "uuid" | "user">,
  config: Config,
  changes: Changes,
): Promise<void> {
  const [vlan, mac] = [vlanOf(config), vlanMac(server.uuid, config)];
  if (vlan === null || mac === null || ![...changes.keys()].some((key) => key.startsWith("nic:1:"))) return;
  const rows = await tx
    .selectFrom("servers")
    .select(["uuid", "config"])
    .where("user", "=", server.user)
    .where("uuid", "!=", server.uuid)
    .where("phase", "!=", "destroying")
    .where("config", "like", `%${vlan}%`)
    .execute();
  for (const row of rows) {
    const other = JSON.parse(row.config) as Config;
    if (vlanOf(other) === vlan && vlanMac(row.uuid, other) === mac) throw macTaken(mac, vlan, row.uuid);
  }
}
