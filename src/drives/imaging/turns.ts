/**
 * Whose turn it is among the imagings that wait on a host: they are taken in turn among accounts, not in the order of
 * asking alone (ruling: drives). Each is given a turn as it is recorded, one behind the last of its own account and never
 * behind those that go on; the lowest turn comes first, then the order of asking. And where several may go on at once, the
 * last of these is for an account that has none which goes on: long ones of one account do not keep all others waiting.
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
  const imaging = await waiting(tx, host)
    .where("imagings.target", "=", target)
    .where("imagings.state", "=", "running")
    .select("imagings.target")
    .executeTakeFirst();
  if (imaging !== undefined) return true;
  const next = await nextTargets(tx, host, most);
  if (!next.includes(target)) return false;
  await tx.updateTable("imagings").set({ state: "running" }).where("target", "=", target).execute();
  return true;
}

type Queued = { readonly target: string; readonly user: string };

/**
 * The targets of the imagings on the host that may begin now.
 *
 * @param most how many may go on at once
 */
export async function nextTargets(tx: Tx, host: string, most: number): Promise<readonly string[]> {
  const running = await waiting(tx, host).where("state", "=", "running").select("drives.user").execute();
  const places = most - running.length;
  if (places <= 0) return [];
  const forAll = most > 1 ? places - 1 : places;
  const next = await queued(tx, host, forAll, []);
  if (forAll < places) {
    const users = [...running, ...next].map(({ user }) => user);
    next.push(...(await queued(tx, host, 1, users)));
  }
  return next.map((each) => each.target);
}

/** The first that are queued, of none of these users. */
function queued(tx: Tx, host: string, most: number, notOf: readonly string[]): Promise<Queued[]> {
  return waiting(tx, host)
    .select(["imagings.target", "drives.user"])
    .where("state", "=", "queued")
    .$if(notOf.length > 0, (query) => query.where("drives.user", "not in", notOf))
    .orderBy("imagings.turn")
    .orderBy("imagings.serial")
    .limit(most)
    .execute();
}

const waiting = (tx: Tx, host: string) =>
  tx
    .selectFrom("imagings")
    .innerJoin("drives", "drives.uuid", "imagings.target")
    .where("drives.host", "=", host)
    .where("drives.user", "!=", CLOUD_USER)
    .where("imagings.state", "!=", "failed");
