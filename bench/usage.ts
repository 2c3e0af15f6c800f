/**
 * What many accounts cost: a year of one's use is told beside them, and an hour is charged to all of them. In this process, on
 * a store of its own, in time that stands.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DAY_S, HOUR_S } from "../src/base/durations.ts";
import { recordCharged } from "../src/billing/charged.ts";
import { Charging } from "../src/billing/charging.ts";
import { addPriceList } from "../src/billing/prices.ts";
import { openStore } from "../src/store/open.ts";
import type { Store } from "../src/store/store.ts";
import { usageBetween } from "../src/usage/usage.ts";
import { type Figure, interleaved, seconds } from "./ratio.ts";

const ACCOUNTS = 10_000;
const SERVERS_EACH = 10;
/** How many days of the others are there, beside a year of the one who asks. */
const DAYS_OF_OTHERS = 30;
const YEAR_DAYS = 365;
const ROUNDS = 7;
/** How many rows go in one statement. */
const BATCH = 2_000;
/** 2027-03-01T00:00:00Z, when the hour that is charged has ended. */
const NOW = 1_803_859_200;
/** How much more memory the process may take while it charges, in MiB. */
const MOST_MIB = 256;
const RESOURCES = ["cpu", "mem", "disk", "servers"] as const;
const PRICE = { burst: "0.000032", subscription: "0.011" };

export async function usageFigures(): Promise<Figure[]> {
  await using alone = await filled(1);
  await using many = await filled(ACCOUNTS);
  const ms = async (store: Store) => 1000 * (await seconds(() => year(store)));
  const told = await interleaved(
    ROUNDS,
    () => ms(many.store),
    () => ms(alone.store),
  );
  await using tenth = await filled(ACCOUNTS / 10);
  const few = await charged(tenth.store);
  const all = await charged(many.store);
  const of = `${ACCOUNTS} accounts with ${ACCOUNTS * SERVERS_EACH} servers`;
  const against = "the same of a tenth of them";
  return [
    {
      ...{ what: `a year of use of one of ${ACCOUNTS} accounts`, ...told, unit: "ms" },
      ...{ against: "the same of the only one", goal: { within: 50 } },
    },
    {
      ...{ what: `an hour charged to ${of}`, ours: all.seconds, reference: few.seconds, unit: "s" },
      ...{ against, goal: { within: 20 } },
    },
    {
      ...{ what: "memory that that takes at most", ours: all.mib, reference: few.mib, unit: "MiB" },
      ...{ against, goal: { within: MOST_MIB } },
    },
  ];
}

const userAt = (index: number) => `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;

/** It ends within a day: of a year ago there are days alone. */
const year = (store: Store) =>
  usageBetween(store, userAt(0), { from: NOW - YEAR_DAYS * DAY_S, to: NOW - HOUR_S }, NOW);

/** How long the charge of the last hour takes, and by how much the process grows in it. */
async function charged(store: Store): Promise<{ readonly seconds: number; readonly mib: number }> {
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  let most = before;
  const looking = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 20);
  const charging = new Charging({
    ...{ store, clock: { now: () => NOW + 130 } },
    onTrouble(error) {
      throw error;
    },
  });
  const took = await seconds(() => charging.round());
  clearInterval(looking);
  const { count } = await store.snapshot((tx) =>
    tx.selectFrom("ledger").select(tx.fn.countAll().as("count")).executeTakeFirstOrThrow(),
  );
  if (Number(count) === 0) throw new Error("nothing was charged");
  return { seconds: took, mib: (most - before) / 2 ** 20 };
}

/** A store of so many accounts, whose servers all run, and which are charged up to an hour ago. */
async function filled(accounts: number) {
  const dir = await mkdtemp(join(tmpdir(), "lodge-usage-"));
  const store = await openStore({ file: (name) => join(dir, name) });
  const users = Array.from({ length: accounts }, (_, index) => userAt(index));
  await rows(
    store,
    "users",
    users.map((uuid) => ({ uuid, name: "one of many", created: 0 })),
  );
  await rows(store, "spans", spansOf(users));
  await rows(store, "usage_days", daysOf(users));
  await rows(
    store,
    "meters",
    users.map((user) => ({ user, until: NOW - HOUR_S })),
  );
  await store.transaction(async (tx) => {
    const prices = { cpu: PRICE, mem: PRICE, disk: PRICE };
    await addPriceList(tx, { currency: "EUR", from: NOW - DAY_S, prices }, NOW - DAY_S);
    await recordCharged(tx, NOW - HOUR_S);
  });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await rm(dir, { recursive: true });
    },
  };
}

function* spansOf(users: readonly string[]) {
  for (const [index, user] of users.entries()) {
    for (let server = 0; server < SERVERS_EACH; server++) {
      const object = `${index}-${server}`;
      for (const [resource, amount] of [
        ["cpu", 500],
        ["mem", 256],
        ["disk", 2 ** 30],
        ["servers", 1],
      ] as const)
        yield { user, resource, object, amount, begins: NOW - DAY_S, ends: null };
    }
  }
}

function* daysOf(users: readonly string[]) {
  for (const [index, user] of users.entries()) {
    const days = index === 0 ? YEAR_DAYS : DAYS_OF_OTHERS;
    for (let day = 1; day <= days; day++) {
      for (const resource of RESOURCES)
        yield {
          user,
          day: NOW - day * DAY_S,
          resource,
          used: "43200000",
          subscribed: "0",
          burst: "43200000",
          cost: "1",
        };
    }
  }
}

/** Inserts them, a batch at a time. */
async function rows(
  store: Store,
  table: "users" | "spans" | "usage_days" | "meters",
  all: Iterable<object>,
): Promise<void> {
  const insert = (batch: readonly object[]) =>
    store.transaction((tx) =>
      tx
        .insertInto(table)
        .values(batch as never)
        .execute(),
    );
  let batch: object[] = [];
  for (const row of all) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    await insert(batch);
    batch = [];
  }
  if (batch.length > 0) await insert(batch);
}
