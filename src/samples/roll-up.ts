/**
 * Rolling samples up: the samples of a row become one of the next longer step once the row's while is over, and samples go
 * that were kept for as long as they are. A few rows in a transaction, so that nobody waits for it; each is whole by itself
 * and may be done again, so nothing is lost or counted twice where it is cut off.
 */
import { statement } from "../store/statement.ts";
import type { Store, Tx } from "../store/store.ts";
import { replaceSamples } from "./records.ts";
import { samplesIn } from "./row.ts";
import { type Sample, type Samples, totalOf } from "./sample.ts";
import { DAYS, STEPS, type Step } from "./steps.ts";

/** How many rows are rolled up, and how many go, in one transaction. */
const ROLLED_AT_ONCE = 10;
const PRUNED_AT_ONCE = 50;
/** What a loss of power takes back is done again. */
const LOOSE = { durable: false };

/**
 * Rolls up what is over by `now`, and takes out what is old. Errors: the store's.
 *
 * @param goesOn whether it is to go on, and the pause between transactions
 */
export async function rollUp(store: Store, now: number, goesOn: () => Promise<boolean>): Promise<void> {
  for (const [index, step] of STEPS.entries()) {
    const longer = STEPS[index + 1];
    if (longer !== undefined) {
      await whileSome(() => store.transaction((tx) => rollUpSome(tx, step, longer, now), LOOSE), goesOn);
    }
    await whileSome(() => store.transaction((tx) => pruneSome(tx, step, now), LOOSE), goesOn);
  }
}

async function whileSome(some: () => Promise<boolean>, goesOn: () => Promise<boolean>): Promise<void> {
  while (await some()) if (!(await goesOn())) return;
}

/** Whether there were as many as are done at once. */
async function rollUpSome(tx: Tx, step: Step, longer: Step, now: number): Promise<boolean> {
  const rows = await tx
    .selectFrom("samples")
    .select(["server", "time", "samples"])
    .where("step", "=", step.stepS)
    .where("rolled_up", "=", 0)
    .where("time", "<=", now - step.rowS)
    .orderBy("time")
    .limit(ROLLED_AT_ONCE)
    .execute();
  const totals = new Map<string, Map<number, Sample>>();
  for (const { server, time, samples } of rows) {
    const own = totals.get(server) ?? new Map<number, Sample>();
    totals.set(server, own.set(time, totalOf(samplesIn(samples, time, step))));
  }
  if (rows.length > 0) await replaceSamples(tx, totals satisfies ReadonlyMap<string, Samples>, longer);
  for (const { server, time } of rows) await markRolledUp(tx, { server, step: step.stepS, time });
  return rows.length === ROLLED_AT_ONCE;
}

/** Whether there were as many as go at once. What is not rolled up yet stays. */
async function pruneSome(tx: Tx, step: Step, now: number): Promise<boolean> {
  const old = await tx
    .selectFrom("samples")
    .select(["server", "time"])
    .where("step", "=", step.stepS)
    .where("rolled_up", "=", step === DAYS ? 0 : 1)
    .where("time", "<", now - step.keptS - step.rowS)
    .orderBy("time")
    .limit(PRUNED_AT_ONCE)
    .execute();
  for (const { server, time } of old) await remove(tx, { server, step: step.stepS, time });
  return old.length === PRUNED_AT_ONCE;
}

type RowKey = { readonly server: string; readonly step: number; readonly time: number };

const markRolledUp = statement<RowKey, unknown>((db, param) =>
  db
    .updateTable("samples")
    .set({ rolled_up: 1 })
    .where("server", "=", param("server"))
    .where("step", "=", param("step"))
    .where("time", "=", param("time")),
);

const remove = statement<RowKey, unknown>((db, param) =>
  db
    .deleteFrom("samples")
    .where("server", "=", param("server"))
    .where("step", "=", param("step"))
    .where("time", "=", param("time")),
);
