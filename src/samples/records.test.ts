/** Samples as they are stored, on both engines: whatever is added and rolled up when, each step tells the same sums. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import type { Store } from "../store/store.ts";
import { addSamples, samplesBetween } from "./records.ts";
import { rollUp } from "./roll-up.ts";
import { addTo, beginOf, type Sample, type Samples, sampleOf } from "./sample.ts";
import { DAYS, HOURS, MINUTES, STEPS, toldOf } from "./steps.ts";

const SERVER = "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c";
const OTHER = "08c92dd5-70a0-4f51-83d2-835919d254df";
const BEGIN = 1_803_859_200;
const DAY_S = 86_400;

const EVENT = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("adds"), lateMinutes: fc.nat(150), amount: fc.nat(1e6) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("passes"), minutes: fc.nat(600), pending: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("rolls up"), cutAfter: fc.nat(4) }) },
);

async function opened(t: Pick<TestContext, "after">, engine: (typeof ENGINES)[number]): Promise<Store> {
  const store = await (await freshStore(t, engine))();
  t.after(() => store.close());
  const { uuid: user } = await createUser(store, "ann");
  await store.transaction(async (tx) => {
    for (const uuid of [SERVER, OTHER]) {
      const row = {
        uuid,
        user,
        phase: "active",
        config: "{}",
        cpu_mhz: 500,
        mem_mib: 64,
        host: "local",
      } as const;
      await tx.insertInto("servers").values(row).execute();
    }
  });
  return store;
}

const add = (store: Store, samples: Samples, now = BEGIN) =>
  store.transaction((tx) => addSamples(tx, new Map([[SERVER, samples]]), now));

const always = async () => true;

function gathered(samples: Samples, stepS: number, from: number): Samples {
  const sums = new Map<number, Sample>();
  for (const [time, sample] of samples) {
    const begin = beginOf(time, stepS);
    if (begin >= from) addTo(sums, new Map([[begin, sample]]));
  }
  return new Map([...sums].sort(([one], [other]) => one - other));
}

for (const engine of ENGINES) {
  describe(`samples on ${engine}`, { skip: lacking(engine) }, () => {
    test("whatever is added late, and rolled up or cut off when, each step tells the sums of all that was added", async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(EVENT, { minLength: 4, maxLength: 25 }), async (events) => {
          const ends: (() => unknown)[] = [];
          const store = await opened({ after: (end: () => unknown) => ends.push(end) } as never, engine);
          const all = new Map<number, Sample>();
          let pending = new Map<number, Sample>();
          let now = BEGIN;
          for (const event of events) {
            if ("lateMinutes" in event) {
              const sample = sampleOf(() => event.amount);
              const fresh = new Map([[beginOf(now - event.lateMinutes * 60, 60), sample]]);
              addTo(all, fresh);
              addTo(pending, fresh);
            } else if ("minutes" in event) {
              // What is held is not held for as long as minutes are kept.
              now += Math.min(event.minutes, event.pending ? 50 : Number.POSITIVE_INFINITY) * 60;
              if (event.pending) continue;
              await add(store, pending, now);
              pending = new Map();
            } else {
              let left = event.cutAfter;
              await rollUp(store, now, async () => left-- > 0);
            }
          }
          for (const step of [MINUTES, HOURS, DAYS]) {
            const told = toldOf({ from: now - step.keptS, to: now + 60 }, now);
            const found = await store.snapshot((tx) =>
              samplesBetween(tx, SERVER, { ...told, step }, pending),
            );
            assert.deepEqual([...found], [...gathered(all, step.stepS, told.from)], `${step.stepS}`);
          }
          for (const end of ends.reverse()) await end();
        }),
        bounded(engine === "sqlite" ? 25 : 6),
      );
    });

    test("what comes late to an hour that was rolled up is rolled up with it, once", async (t) => {
      const store = await opened(t, engine);
      const one = new Map([[BEGIN, sampleOf(() => 1)]]);
      // The day is over, and its minutes are there still.
      const now = BEGIN + 24.5 * 3600;
      const assertTold = async (times: number) => {
        for (const step of STEPS) {
          const told = { step, from: BEGIN, to: now };
          const found = await store.snapshot((tx) => samplesBetween(tx, SERVER, told, new Map()));
          assert.deepEqual(
            [...found].map(([time, { rxBytes }]) => [time, rxBytes]),
            [[BEGIN, times]],
          );
        }
      };
      for (const times of [1, 2, 3]) {
        await add(store, one, now);
        await assertTold(times);
        await rollUp(store, now, always);
        await assertTold(times);
      }
      // It is too late for it: the hour's minutes may be gone by then.
      await add(store, one, now + 3600);
      await assertTold(3);
    });

    test("what is older than it is kept goes, once it is in the next longer step", async (t) => {
      const store = await opened(t, engine);
      const one = sampleOf(() => 1);
      const minutes = Array.from({ length: 3000 }, (_, index) => [BEGIN + index * 60, one] as const);
      await add(store, new Map(minutes));
      const stepsLeft = async () => {
        const rows = await store.snapshot((tx) =>
          tx.selectFrom("samples").select(["step", "time"]).orderBy("step").orderBy("time").execute(),
        );
        return STEPS.map(({ stepS }) => rows.filter(({ step }) => step === stepS).length);
      };
      assert.deepEqual(await stepsLeft(), [50, 0, 0]);
      const after = async (days: number) => {
        await rollUp(store, BEGIN + 3000 * 60 + days * DAY_S, always);
        return stepsLeft();
      };
      assert.deepEqual(await after(0), [26, 3, 1]);
      assert.deepEqual(await after(2), [0, 3, 1]);
      assert.deepEqual(await after(40), [0, 0, 1]);
      const told = { step: DAYS, from: BEGIN - (BEGIN % DAY_S), to: BEGIN + 3 * DAY_S };
      const days = await store.snapshot((tx) => samplesBetween(tx, SERVER, told, new Map()));
      assert.equal(
        [...days.values()].reduce((sum, { seconds }) => sum + seconds, 0),
        3000,
      );
      assert.deepEqual(await after(500), [0, 0, 0]);
    });

    test("samples go with their server, and of one that is gone none are kept, beside one that is there", async (t) => {
      const store = await opened(t, engine);
      const samples = new Map([[BEGIN, sampleOf(() => 1)]]);
      await add(store, samples);
      await store.transaction((tx) => tx.deleteFrom("servers").where("uuid", "=", SERVER).execute());
      const both = new Map([SERVER, OTHER].map((server) => [server, samples] as const));
      await store.transaction((tx) => addSamples(tx, both, BEGIN));
      const rows = await store.snapshot((tx) => tx.selectFrom("samples").select("server").execute());
      assert.deepEqual(rows, [{ server: OTHER }]);
    });
  });
}
