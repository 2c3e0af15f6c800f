/**
 * Whose turn it is among the imagings that wait on a host: they are taken in turn among accounts, not in the order of
 * asking alone (ruling: drives). Each is given a turn as it is recorded, one behind the last of its own account and never
 * behind those that go on; the lowest turn comes first, then the order of asking.
 */
import { CLOUD_USER } from "../../base/ids.ts";
import type { Tx } from "../../store/store.ts";

/** The turn of a new imaging that the user asks for on the host. */
export async function nextTurn(tx: Tx, host: string, user: string): Promise<number> {
  const { last } = await waiting(tx, host)
    .where((row) => row.or([row("drives.user", "=", user), row("imagings.state", "=", "running")]))
    .select((row) => row.fn.max("imagings.turn").as("last"))
    .executeTakeFirstOrThrow();
  return Number(last ?? 0) + 1;
}

/** Lets an imaging onto the target begin, if its turn has come; answers whether it goes on from now on. */
export async function takeTurn(tx: Tx, host: string, target: string, most: number): Promise<boolean> {
  const running = await waiting(tx, host)
    .where("imagings.state", "=", "running")
    .select("imagings.target")
    .execute();
  if (running.some((row) => row.target === target)) return true;
  const next = await nextTargets(tx, host, Math.max(0, most - running.length));
  if (!next.includes(target)) return false;
  await tx.updateTable("imagings").set({ state: "running" }).where("target", "=", target).execute();
  return true;
}

/** The targets of the imagings on the host whose turn comes next, at most so many. */
export async function nextTargets(tx: Tx, host: string, most: number): Promise<readonly string[]> {
  const rows = await waiting(tx, host)
    .select("imagings.target")
    .where("state", "=", "queued")
    .orderBy("imagings.turn")
    .orderBy("imagings.serial")
    .limit(most)
    .execute();
  return rows.map(({ target }) => target);
}

const waiting = (tx: Tx, host: string) =>
  tx
    .selectFrom("imagings")
    .innerJoin("drives", "drives.uuid", "imagings.target")
    .where("drives.host", "=", host)
    .where("drives.user", "!=", CLOUD_USER)
    .where("imagings.state", "!=", "failed");
