import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, openLedger, START } from "../../testing/money.ts";
import { overriding } from "../../testing/overriding.ts";
import { countingRows } from "../../testing/row-counts.ts";
import { ENGINES, type Engine, lacking } from "../../testing/stores.ts";
import { leaveBehind } from "../billing/overdue.ts";
import type { Store, Tx } from "../store/store.ts";
import { usageBetween } from "../usage/usage.ts";
import { addUp, crowdedOf, FEW, withOthers } from "./crowded.ts";
import { beginUse, endUse } from "./spans.ts";

const PRICES = { cpu: { burst: "0.001", subscription: "0.1" }, mem: { burst: "0.0001" } };
const MANY = 4 * FEW + 300;

/** Use of `count` objects, one second each, of 3 of cpu and 5 of mem: as many at once as the hour has too few seconds for. */
const use = (store: Store, user: string, count: number, from = START) =>
  store.transaction(async (tx) => {
    const rows = Array.from({ length: count }, (_, index) => index).flatMap((index) => {
      const begins = from + (index % (HOUR - 1));
      const span = { user, object: `o${index}`, begins, ends: begins + 1 };
      return [
        { ...span, resource: "cpu" as const, amount: 3 },
        { ...span, resource: "mem" as const, amount: 5 },
      ];
    });
    for (let at = 0; at < rows.length; at += 1_000)
      await tx
        .insertInto("spans")
        .values(rows.slice(at, at + 1_000))
        .execute();
  });

async function opened(t: Parameters<typeof openLedger>[0], engine: Engine) {
  const ledger = await openLedger(t, engine);
  await ledger.begin();
  await ledger.prices(PRICES);
  await ledger.credit("1000");
  return ledger;
}

const used = async (store: Store, user: string, now: number) =>
  (await usageBetween(store, user, { from: START, to: now }, now))
    .filter(({ used }) => used > 0n)
    .map(({ resource, used, subscribed, burst }) => [resource, used, subscribed, burst]);

for (const engine of ENGINES) {
  const skip = lacking(engine);

  test(`${engine}: many spans of an hour are told and charged as few are, and few are read at a time`, {
    skip,
  }, async (t) => {
    const { store, time, user, subscribe, chargingOf, entries, troubles } = await opened(t, engine);
    await subscribe("cpu", 4n, "month", false);
    await use(store, user, MANY);
    await store.transaction(async (tx) => {
      await beginUse(tx, { user, resource: "mem", object: "open", amount: 7 }, START + 60);
      await beginUse(tx, { user, resource: "mem", object: "long", amount: 1 }, START - 60);
      await endUse(tx, "long", START + HOUR + 30);
    });
    // In some seconds there are two at once, 6 of cpu, of which 4 are covered: each other one is covered whole.
    const twice = MANY - (HOUR - 1);
    const cpu = [3n * BigInt(MANY), 3n * BigInt(MANY) - 2n * BigInt(twice), 2n * BigInt(twice)];
    const mem = 5n * BigInt(MANY) + 7n * BigInt(HOUR - 60) + BigInt(HOUR);
    const counted = countingRows(store);
    assert.deepEqual(await used(counted.store, user, START + HOUR), [
      ["cpu", ...cpu],
      ["mem", mem, 0n, mem],
    ]);
    time.now = START + HOUR + 150;
    await chargingOf(counted.store).round();
    assert.ok(counted.most() <= FEW, `${counted.most()} rows at once`);
    assert.deepEqual(await used(store, user, START + HOUR), [
      ["cpu", ...cpu],
      ["mem", mem, 0n, mem],
    ]);
    const bursts = (await entries()).filter(([kind]) => kind === "burst").map(([, , resource]) => resource);
    assert.deepEqual(bursts, ["cpu", "mem"]);
    assert.deepEqual(troubles, []);
  });

  test(`${engine}: an account of many spans that is behind catches up, few of them read at a time`, {
    skip,
  }, async (t) => {
    const { store, time, user, chargingOf, entries, troubles } = await opened(t, engine);
    await use(store, user, MANY);
    await use(store, user, MANY, START + HOUR);
    await store.transaction((tx) => leaveBehind(tx, user, START));
    time.now = START + 3 * HOUR;
    const counted = countingRows(store);
    await chargingOf(counted.store).round();
    assert.ok(counted.most() <= FEW, `${counted.most()} rows at once`);
    const bursts = (await entries()).filter(([kind]) => kind === "burst").map(([, , of, hour]) => [of, hour]);
    assert.deepEqual(bursts, [
      ["cpu", 0],
      ["mem", 0],
      ["cpu", 1],
      ["mem", 1],
    ]);
    assert.deepEqual(troubles, []);
  });

  test(`${engine}: what ends while spans are added up is not lost`, { skip }, async (t) => {
    const { store, user } = await opened(t, engine);
    await use(store, user, MANY);
    await store.transaction((tx) =>
      beginUse(tx, { user, resource: "mem", object: "late", amount: 7 }, START),
    );
    const within = { from: START, to: START + HOUR };
    const before = await addUp(store, user, within);
    assert.notEqual(await store.snapshot((tx) => withOthers(tx, before)), null);
    await store.transaction((tx) => endUse(tx, "late", START + 100));
    assert.equal(await store.snapshot((tx) => withOthers(tx, before)), null);
    assert.equal((await addUp(store, user, within)).count, before.count + 1);
    // Told as it was, whatever ends as it is read: here something does each time, and never the same.
    let ended = 0;
    const restless = overriding(store, {
      async snapshot<T>(work: (tx: Tx) => Promise<T>) {
        const object = `restless ${ended++}`;
        await store.transaction(async (tx) => {
          await beginUse(tx, { user, resource: "ip", object, amount: 1 }, START);
          await endUse(tx, object, START);
        });
        return store.snapshot(work);
      },
    });
    const mem = 5n * BigInt(MANY) + 700n;
    assert.deepEqual(await used(restless, user, START + HOUR), [
      ["cpu", 3n * BigInt(MANY), 0n, 3n * BigInt(MANY)],
      ["mem", mem, 0n, mem],
    ]);
  });

  test(`${engine}: an account is crowded by what ended within the stretch of time alone`, {
    skip,
  }, async (t) => {
    const { store, user } = await opened(t, engine);
    await use(store, user, FEW / 2);
    const crowded = (from: number, to: number) => store.snapshot((tx) => crowdedOf(tx, [user], { from, to }));
    assert.deepEqual(await crowded(START, START + HOUR), []);
    await store.transaction(async (tx) => {
      await beginUse(tx, { user, resource: "ip", object: "one more", amount: 1 }, START);
      await endUse(tx, "one more", START + HOUR);
    });
    assert.deepEqual(await crowded(START, START + HOUR), [user]);
    assert.deepEqual(await crowded(START, START + HOUR - 1), []);
    assert.deepEqual(await crowded(START + HOUR, START + 2 * HOUR), []);
  });
}
