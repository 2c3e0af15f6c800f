/**
 * What a configuration names beside itself: drives, servers and addresses, which must be there and the user's own
 * (ruling: what does not exist and what the caller may not use cannot be told apart).
 */
import { full, missing } from "../api/errors.ts";
import type { UserId } from "../api/ids.ts";
import type { Changes } from "../api/input.ts";
import { words } from "../api/value.ts";
import type { Tx } from "../store/store.ts";
import { type Config, isDeviceKey } from "./config.ts";

const AVOID = { "avoid:drives": "drives", "avoid:servers": "servers" } as const;

/**
 * Looks at what a change names anew; what the configuration named before may have gone, and is judged at the start.
 * Errors: `missing`, naming the key.
 */
export async function judgeReferences(
  tx: Tx,
  user: UserId,
  changes: Changes,
  lastAddress: string | null,
): Promise<void> {
  for (const [key, value] of changes) {
    if (value === null) continue;
    if (isDeviceKey(key)) await judgeOwned(tx, "drives", user, key, String(value));
    if (key === "nic:0:dhcp" || key === "vnc") {
      if (value !== "auto" && value !== lastAddress) throw noSuchAddress(key, String(value));
    }
    if (key === "avoid:drives" || key === "avoid:servers") {
      for (const uuid of words(String(value))) await judgeOwned(tx, AVOID[key], user, key, uuid);
    }
  }
}

/** With one host nothing can be kept apart (ruling: `avoid` is judged at start). Errors: `missing`, `full`. */
export async function judgeAvoid(tx: Tx, user: UserId, config: Config): Promise<void> {
  for (const [key, table] of Object.entries(AVOID)) {
    for (const uuid of words(String(config[key] ?? ""))) {
      await judgeOwned(tx, table, user, key, uuid);
      throw full(`${key} cannot be met: ${uuid} is on the only host that there is`);
    }
  }
}

export const noSuchAddress = (key: string, address: string) =>
  missing(`${key} names address ${address}: there is none`);

async function judgeOwned(tx: Tx, table: "drives" | "servers", user: UserId, key: string, uuid: string) {
  const row = await tx
    .selectFrom(table)
    .select("uuid")
    .where("uuid", "=", uuid)
    .where("user", "=", user)
    .where("phase", "not in", ["creating", "destroying"])
    .executeTakeFirst();
  if (row === undefined) throw missing(`${key} names ${table.slice(0, -1)} ${uuid}: there is none`);
}
