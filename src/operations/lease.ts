/**
 * Leases: one process works on an operation at a time, for as long as it says so again in time. Who takes over from one
 * that died may work beside one that is merely slow: what they do bears a generation, and only one of them settles it.
 */
import type { ExpressionBuilder } from "kysely";
import { statement } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Tables } from "../store/tables.ts";
import { type Lease, type Noun, type Operation, operationFrom } from "./operation.ts";

/** A time before all others: what has it was made due by something that happened. */
const DUE = 0;

/**
 * Further ahead than any back-off or lease leads: what is recorded so was recorded before the clock was set back, and
 * waits no longer.
 */
const AHEAD_MS = 120_000;

type Times = ExpressionBuilder<Tables, "operations">;

/** A time, and that beyond which nothing leads from it. */
type Moment = { readonly nowMs: number; readonly aheadMs: number };

const momentOf = (nowMs: number): Moment => ({ nowMs, aheadMs: nowMs + AHEAD_MS });

const isDue =
  ({ nowMs, aheadMs }: Moment) =>
  (row: Times) =>
    row.or([row("next_try_ms", "<=", nowMs), row("next_try_ms", ">", aheadMs)]);

const isUnowned =
  ({ nowMs, aheadMs }: Moment) =>
  (row: Times) =>
    row.or([
      row("owner", "is", null),
      row("lease_until_ms", "<", nowMs),
      row("lease_until_ms", ">", aheadMs),
    ]);

/** Operations on a noun: all, or those that destroy, or those that do not. */
export type Kind = { readonly noun: Noun; readonly destroys?: boolean };

const DESTROY = "destroy";

export const isOfKind = ({ noun, destroys }: Kind, operation: Pick<Operation, "noun" | "action">): boolean =>
  operation.noun === noun && (destroys === undefined || destroys === (operation.action === DESTROY));

/** The objects of operations of a kind that are due and that nobody works on, those that wait longest first. */
export async function dueObjects(
  tx: Tx,
  kind: Kind,
  nowMs: number,
  most: number,
): Promise<readonly string[]> {
  const { noun, destroys } = kind;
  const due = destroys === undefined ? dueOfNoun : destroys ? dueToDestroy : dueButToDestroy;
  const { rows } = await due(tx, { noun, most, ...momentOf(nowMs) });
  return rows.map(({ object }) => object);
}

type Asked = { noun: Noun; most: number; nowMs: number; aheadMs: number };

/** @param action how that of an operation is to compare with the one that destroys; null: any */
const dueWith = (action: "=" | "!=" | null) =>
  statement<Asked, { object: string }>((db, param) => {
    const moment = { nowMs: param("nowMs"), aheadMs: param("aheadMs") };
    return db
      .selectFrom("operations")
      .select("object")
      .where("noun", "=", param("noun"))
      .where((row) => (action === null ? row.and([]) : row("action", action, DESTROY)))
      .where(isDue(moment))
      .where(isUnowned(moment))
      .orderBy("next_try_ms")
      .limit(param("most"));
  });

const [dueOfNoun, dueToDestroy, dueButToDestroy] = [dueWith(null), dueWith("="), dueWith("!=")];

/** Takes the operation on the object up, if it is due and nobody works on it; null when that is not so any more. */
export function takeUp(store: Store, object: string, lease: Lease, nowMs: number): Promise<Operation | null> {
  return store.transaction(async (tx) => {
    const row = await tx
      .updateTable("operations")
      .set((row) => ({
        owner: lease.owner,
        lease_until_ms: lease.untilMs,
        next_try_ms: nowMs,
        attempts: row("attempts", "+", 1),
      }))
      .where("object", "=", object)
      .where(isDue(momentOf(nowMs)))
      .where(isUnowned(momentOf(nowMs)))
      .returningAll()
      .executeTakeFirst();
    return row === undefined ? null : operationFrom(row);
  });
}

/** Prolongs the owner's leases of operations on those objects; one that another has taken over stays theirs. */
export async function renewLeases(store: Store, lease: Lease, objects: readonly string[]): Promise<void> {
  await store.transaction((tx) =>
    tx
      .updateTable("operations")
      .set({ lease_until_ms: lease.untilMs })
      .where("owner", "=", lease.owner)
      .where("object", "in", objects)
      .execute(),
  );
}

/**
 * Lets go of an operation that was not settled, to be tried again: after a failure then, else (`error` null) at once if it
 * was made due meanwhile. Does nothing when it was overtaken.
 */
export async function putOff(
  store: Store,
  { object, generation, attempts }: Pick<Operation, "object" | "generation" | "attempts">,
  owner: string,
  nextTryMs: number,
  error: string | null,
): Promise<void> {
  await store.transaction((tx) =>
    tx
      .updateTable("operations")
      .set((row) => ({
        owner: null,
        lease_until_ms: null,
        next_try_ms:
          error === null
            ? row.case().when("next_try_ms", "=", DUE).then(DUE).else(nextTryMs).end()
            : nextTryMs,
        last_error: error,
      }))
      .where("object", "=", object)
      .where("generation", "=", generation)
      .where("attempts", "=", attempts)
      .where("owner", "=", owner)
      .execute(),
  );
}

/** Ends the leases of all others, and makes all due: whoever calls this knows that no other process is at work. */
export async function endLeasesOfOthers(store: Store, owner: string): Promise<void> {
  await store.transaction((tx) =>
    tx
      .updateTable("operations")
      .set({ owner: null, lease_until_ms: null, next_try_ms: DUE })
      .where((row) => row.or([row("owner", "is", null), row("owner", "!=", owner)]))
      .execute(),
  );
}

/** Makes operations due that wait for something which may have come about; one that is worked on, as soon as it is let go of. */
export async function makeDue(tx: Tx, objects: readonly string[]): Promise<void> {
  if (objects.length === 0) return;
  await tx.updateTable("operations").set({ next_try_ms: DUE }).where("object", "in", objects).execute();
}
