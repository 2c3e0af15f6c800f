/** What an object is not to share a host with, as `avoid` names it (spec: drives, servers: `avoid`). */
import { missing } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import type { Tx } from "../store/store.ts";
import type { Avoided } from "./hosts.ts";

const TABLES = { drive: "drives", server: "servers" } as const;

/** The objects and the hosts that they are on. Errors: `missing`, naming the key, for one that is none of the user's. */
export async function avoidedObjects(
  tx: Tx,
  user: UserId,
  key: string,
  noun: Avoided["noun"],
  uuids: readonly string[],
): Promise<readonly Avoided[]> {
  const avoided: Avoided[] = [];
  for (const uuid of uuids) {
    const row = await tx
      .selectFrom(TABLES[noun])
      .select("host")
      .where("uuid", "=", uuid)
      .where("user", "=", user)
      .where("phase", "not in", ["creating", "destroying"])
      .executeTakeFirst();
    if (row === undefined) {
      throw missing("no_such_reference", `${key} names ${noun} ${uuid}: there is none`);
    }
    avoided.push({ key, noun, uuid, host: row.host });
  }
  return avoided;
}
