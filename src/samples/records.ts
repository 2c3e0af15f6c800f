/** Samples as they stand in the store. */
import type { Tx } from "../store/store.ts";
import { byRow, rowText, samplesIn } from "./row.ts";
import { addTo, type Sample, type Samples, totalOf } from "./sample.ts";
import { MINUTES, STEPS, type Step, type Told } from "./steps.ts";

/** What comes to what a row holds: it is added to that, or takes the place of what was there of the same step. */
type Join = (there: Map<number, Sample>, fresh: Samples) => void;

/** One row, by what it is of. */
type Row = { readonly server: string; readonly time: number; readonly samples: Samples };

/** Samples of several servers by one step, by the servers' uuids. */
export type SamplesOfAll = ReadonlyMap<string, Samples>;

/**
 * Adds samples by the minute to what is kept of the servers. Nothing is kept of those that are gone, nor of minutes that are
 * older than minutes are kept: what they were added to is in longer steps by then, and not there any more.
 */
export async function addSamples(tx: Tx, samples: SamplesOfAll, now: number): Promise<void> {
  if (samples.size === 0) return;
  const there = await tx
    .selectFrom("servers")
    .select("uuid")
    .where("uuid", "in", [...samples.keys()])
    .execute();
  const isKept = ([time]: readonly [number, Sample]) => time >= now - MINUTES.keptS;
  const kept = there.map(
    ({ uuid }) => [uuid, new Map([...(samples.get(uuid) ?? [])].filter(isKept))] as const,
  );
  await join(tx, new Map(kept), MINUTES, addTo);
}

/** Puts samples in the place of what is kept of the same steps. The servers are there. */
export const replaceSamples = (tx: Tx, samples: SamplesOfAll, step: Step): Promise<void> =>
  join(tx, samples, step, (there, fresh) => {
    for (const [time, sample] of fresh) there.set(time, sample);
  });

async function join(tx: Tx, samples: SamplesOfAll, step: Step, add: Join): Promise<void> {
  const rows = rowsOf(samples, step);
  if (rows.length === 0) return;
  const known = await tx
    .selectFrom("samples")
    .select(["server", "time", "samples"])
    .where("server", "in", [...new Set(rows.map(({ server }) => server))])
    .where("step", "=", step.stepS)
    .where("time", "in", [...new Set(rows.map(({ time }) => time))])
    .execute();
  const texts = new Map(known.map((row) => [`${row.server} ${row.time}`, row.samples]));
  const values = rows.map(({ server, time, samples: fresh }) => {
    const joined = samplesIn(texts.get(`${server} ${time}`) ?? "[]", time, step);
    add(joined, fresh);
    return { server, step: step.stepS, time, samples: rowText(joined, time, step), rolled_up: 0 as const };
  });
  await tx
    .insertInto("samples")
    .values(values)
    .onConflict((conflict) =>
      conflict.columns(["server", "step", "time"]).doUpdateSet((row) => ({
        samples: row.ref("excluded.samples"),
        rolled_up: row.ref("excluded.rolled_up"),
      })),
    )
    .execute();
}

const rowsOf = (samples: SamplesOfAll, step: Step): readonly Row[] =>
  [...samples].flatMap(([server, own]) =>
    [...byRow(own, step)].map(([time, row]) => ({ server, time, samples: row })),
  );

/**
 * What is kept of a server in a range, by its step. What is in shorter steps alone as yet is added up.
 *
 * @param pending by the minute, and nowhere in the store yet
 */
export async function samplesBetween(tx: Tx, server: string, told: Told, pending: Samples): Promise<Samples> {
  const { from, to } = told;
  let fresh = pending;
  for (const step of STEPS) {
    const isTold = step === told.step;
    const rows = await rowsBetween(tx, { server, from, to, step, fresh, isTold });
    if (isTold) {
      const all = [...rows.values()].flatMap((row) => [...row]);
      return new Map(all.filter(([time]) => time >= from && time < to).sort(([one], [other]) => one - other));
    }
    fresh = new Map([...rows].map(([time, row]) => [time, totalOf(row)]));
  }
  return new Map();
}

type Sought = Omit<Told, "step"> & {
  readonly server: string;
  readonly step: Step;
  /** What is newer than what is stored of the same steps; by the minute, what is to be added to that. */
  readonly fresh: Samples;
  /** All rows are sought; else those alone that are not in the next longer step, or are not with what is fresh. */
  readonly isTold: boolean;
};

/** The rows by their begins, with what is fresh. */
async function rowsBetween(tx: Tx, sought: Sought): Promise<ReadonlyMap<number, Samples>> {
  const { server, from, to, step, fresh, isTold } = sought;
  const rows = new Map([...byRow(fresh, step)].map(([time]) => [time, new Map<number, Sample>()]));
  const stored = await tx
    .selectFrom("samples")
    .select(["time", "samples"])
    .where("server", "=", server)
    .where("step", "=", step.stepS)
    .where("time", ">", from - step.rowS)
    .where("time", "<", to)
    .where((eb) => {
      if (isTold) return eb("rolled_up", "in", [0, 1]);
      const isNew = eb("rolled_up", "=", 0);
      return rows.size === 0 ? isNew : eb.or([isNew, eb("time", "in", [...rows.keys()])]);
    })
    .execute();
  for (const { time, samples } of stored) rows.set(time, samplesIn(samples, time, step));
  for (const [time, own] of byRow(fresh, step)) {
    const row = rows.get(time) ?? new Map<number, Sample>();
    if (step === MINUTES) addTo(row, own);
    else for (const [at, sample] of own) row.set(at, sample);
    rows.set(time, row);
  }
  return rows;
}
