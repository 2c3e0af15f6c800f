/**
 * Whose turn it is among the imagings that wait on a host: they are taken in turn among accounts, not in the order of
 * asking alone (ruling: drives). Each is given a turn as it is recorded, one behind the last of its own account and never
 * behind those that go on; the lowest turn comes first, then the order of asking.
 */
import { CLOUD_USER } from "../../base/ids.ts";
import type { Tx } from "../../store/store.ts";

/** The turn of a new imaging that the user asks for on the host. */
export async function nextTurn(tx: Tx, host: string, user: string): Promise<number> {
  const rows = await waiting(tx, host).select(["imagings.turn", "imagings.state", "drives.user"]).execute();
  const own = rows.filter((row) => row.user === user).map(({ turn }) => turn);
  const goingOn = rows.filter(({ state }) => state === "running").map(({ turn }) => turn);
  return Math.max(0, ...own, ...goingOn) + 1;
}

/** Lets an imaging onto the target begin, if its turn has come; answers whether it goes on from now on. */
export async function takeTurn(tx: Tx, host: string, target: string, most: number): Promise<boolean> {
  const rows = await waiting(tx, host)
    .select(["imagings.target", "imagings.state"])
    .orderBy("imagings.turn")
    .orderBy("imagings.serial")
    .execute();
  const own = rows.find((row) => row.target === target);
  if (own?.state === "running") return true;
  const free = most - rows.filter(({ state }) => state === "running").length;
  const next = rows.filter(({ state }) => state === "queued").slice(0, Math.max(0, free));
  if (!next.some((row) => row.target === target)) return false;
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
