import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../src/api/properties.ts";
import { ENGINES, freshStore, lacking } from "../../testing/stores.ts";
import type { UserId } from "../base/ids.ts";
import type { Store } from "../store/store.ts";
import { EventRecords, pruneEvents } from "./records.ts";

const [ANN, BOB] = ["ann" as UserId, "bob" as UserId];
const OLD = 1_000_000_000;

/** One event of each number from `first` to `last`: most are Ann's, of two objects and of none in turns. */
async function record(store: Store, first: number, last: number, time = OLD): Promise<void> {
  await store.transaction(async (tx) => {
    for (let event = first; event <= last; event++) {
      const user = event % 7 === 0 ? BOB : ANN;
      const object = ["", "a", "b"][event % 3] ?? "";
      const row = {
        time,
        user,
        actor: user,
        key: "",
        address: "",
        command: `${event}`,
        object,
        outcome: "done",
      };
      await tx.insertInto("events").values(row).execute();
    }
  });
}

async function numbers(answered: Promise<AsyncIterable<readonly Properties[]>>): Promise<readonly number[]> {
  const all: number[] = [];
  for await (const events of await answered)
    for (const event of events) all.push(Number(new Map(event).get("event")));
  return all;
}

/** Those of Ann's up to a number, oldest first. */
const annsUpTo = (last: number) =>
  Array.from({ length: last }, (_, at) => at + 1).filter((event) => event % 7 !== 0);

for (const engine of ENGINES) {
  test(`${engine}: the lists of an account and of an object have every event, as soon as it is there and for as long`, {
    skip: lacking(engine),
  }, async (t) => {
    const open = await freshStore(t, engine);
    const store = await open();
    t.after(() => store.close());
    const records = new EventRecords(store);
    for (let last = 1; last <= 140; last++) {
      await record(store, last, last);
      // Where events enter the lists, and on either side of it.
      if (last > 4 && last % 64 > 2 && last % 64 < 62) continue;
      const anns = annsUpTo(last);
      const ofA = anns.filter((event) => event % 3 === 1);
      assert.deepEqual(await numbers(records.ofUser(ANN, null)), anns, `${last}`);
      assert.deepEqual(await numbers(records.ofUser(ANN, null, "a")), ofA, `${last}`);
    }
    await record(store, 141, 1_500);
    const anns = annsUpTo(1_500);
    const ofB = anns.filter((event) => event % 3 === 2);
    assert.deepEqual(await numbers(records.ofUser(ANN, null)), anns.slice(-1_000));
    assert.deepEqual(
      await numbers(records.ofUser(ANN, 65)),
      anns.filter((event) => event >= 65).slice(0, 1_000),
    );
    assert.deepEqual(await numbers(records.ofUser(ANN, null, "b")), ofB);
    assert.deepEqual(
      await numbers(records.ofUserBefore(ANN, 1_490)),
      anns.filter((event) => event < 1_490).slice(-1_000),
    );
    assert.deepEqual(
      await numbers(records.ofUserBefore(ANN, 100, "b")),
      ofB.filter((event) => event < 100),
    );
    await pruneEvents(store, 30);
    for (const object of [null, "a", "b"])
      assert.deepEqual(await numbers(records.ofUser(BOB, null, object)), [], "of what was pruned");
    assert.deepEqual(await numbers(records.ofUser(ANN, null)), [1_500], "the last event stays");
    const nowS = Math.floor(Date.now() / 1_000);
    await record(store, 1_501, 1_600, nowS);
    const later = annsUpTo(1_600).filter((event) => event >= 1_500);
    assert.deepEqual(await numbers(records.ofUser(ANN, null)), later);
    // Old ones behind younger ones, as where a clock was ahead.
    await record(store, 1_601, 2_700);
    await record(store, 2_701, 2_900, nowS);
    await pruneEvents(store, 30);
    const there = new Set(await numbers(records.all(1)));
    const left = annsUpTo(2_900).filter((event) => there.has(event));
    assert.ok(left.length > 200 && left.length < 900, `${left.length} are left`);
    assert.deepEqual(await numbers(records.ofUser(ANN, null)), left);
    assert.deepEqual(
      await numbers(records.ofUser(ANN, null, "a")),
      left.filter((event) => event % 3 === 1),
    );
  });
}
