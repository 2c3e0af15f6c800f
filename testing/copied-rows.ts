/** Very many objects of a store: rows as one is that was made, with nothing else done for them. */
import { randomUUID } from "node:crypto";
import type { Store } from "../src/store/store.ts";

/** How many rows are written by one statement. */
const AT_ONCE = 500;

/** Where the keys that users set are, as a JSON object. */
const KEYS = { drives: "properties", servers: "config" } as const;

/**
 * Answers the uuids of the copies.
 *
 * @param nameOf what a copy is called, by its number; without it as the first
 */
export async function copyRows(
  store: Store,
  table: "drives" | "servers",
  uuid: string,
  count: number,
  nameOf?: (made: number) => string,
): Promise<string[]> {
  const uuids = Array.from({ length: count }, () => randomUUID());
  await store.transaction(async (tx) => {
    const row = await tx.selectFrom(table).selectAll().where("uuid", "=", uuid).executeTakeFirstOrThrow();
    const { serial, ...model } = row as typeof row & Record<string, unknown>;
    const keys = JSON.parse(String(model[KEYS[table]]));
    const copies = uuids.map((each, made) => ({
      ...model,
      ...(nameOf === undefined ? {} : { [KEYS[table]]: JSON.stringify({ ...keys, name: nameOf(made) }) }),
      uuid: each,
    }));
    for (let at = 0; at < count; at += AT_ONCE) {
      const some = copies.slice(at, at + AT_ONCE);
      await tx.insertInto(table).values(some).execute();
    }
  });
  return uuids;
}
