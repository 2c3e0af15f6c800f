/**
 * Counters of bytes, of which it is recorded how far each was noted. They only grow, and each begins at 0; where one is lost,
 * another takes its place. So what comes in between two readings is told by the two alone, whatever came between them.
 */
import type { Tx } from "../store/store.ts";
import { noteTransfer } from "./transfers.ts";

/** What a counter said. Its name is no other counter's. */
export type Reading = { readonly counter: string; readonly bytes: number };

/** How far a server is noted, and whose it is. `last`: null where nothing is noted. */
export type Noted = { readonly server: string; readonly user: string; readonly last: Reading | null };

/**
 * The bytes of a reading that are not noted yet. A counter that says less than it did is one that somebody has set back, or a
 * reading that comes late: then there are none.
 */
export function bytesSince(last: Reading | null, { counter, bytes }: Reading): number {
  return last?.counter === counter ? Math.max(0, bytes - last.bytes) : bytes;
}

/** How far these servers are noted, of those that there are. */
export async function notedOf(tx: Tx, servers: readonly string[]): Promise<readonly Noted[]> {
  const rows = await tx
    .selectFrom("servers")
    .leftJoin("transfer_counters", "transfer_counters.server", "servers.uuid")
    .select(["servers.uuid", "servers.user", "transfer_counters.counter", "transfer_counters.bytes"])
    .where("servers.uuid", "in", [...servers])
    .execute();
  return rows.map(({ uuid, user, counter, bytes }) => ({
    ...{ server: uuid, user },
    last: counter === null || bytes === null ? null : { counter, bytes },
  }));
}

/** Notes what the last reading of a run says beyond what is noted. Does nothing where there is no such server. */
export async function noteReading(tx: Tx, server: string, reading: Reading, at: number): Promise<void> {
  const noted = await notedOf(tx, [server]);
  await noteReadings(
    tx,
    noted.map((each) => ({ ...each, reading })),
    at,
  );
}

/**
 * Notes what the readings say beyond what is noted, for the accounts whose servers they are of. Nothing is written of those
 * that say nothing new.
 *
 * @param at accounting time
 */
export async function noteReadings(
  tx: Tx,
  readings: readonly (Noted & { readonly reading: Reading })[],
  at: number,
): Promise<void> {
  const fresh = readings.filter(({ last, reading }) => bytesSince(last, reading) > 0);
  if (fresh.length === 0) return;
  const byUser = new Map<string, number>();
  for (const { user, last, reading } of fresh) {
    byUser.set(user, (byUser.get(user) ?? 0) + bytesSince(last, reading));
  }
  await tx
    .insertInto("transfer_counters")
    .values(fresh.map(({ server, reading: { counter, bytes } }) => ({ server, counter, bytes })))
    .onConflict((conflict) =>
      conflict.column("server").doUpdateSet((row) => ({
        counter: row.ref("excluded.counter"),
        bytes: row.ref("excluded.bytes"),
      })),
    )
    .execute();
  for (const [user, bytes] of byUser) await noteTransfer(tx, user, bytes, at);
}
