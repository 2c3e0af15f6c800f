import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { HOUR, openLedger, START } from "../../testing/money.ts";
import { bounded } from "../../testing/property.ts";
import { ENGINES, lacking } from "../../testing/stores.ts";
import { parseMoney } from "../billing/money.ts";
import { METERED } from "../metering/resources.ts";
import { beginUse, changeUse, endUse } from "../metering/spans.ts";
import { noteTransfer } from "../metering/transfers.ts";
import { amountText } from "./amount.ts";
import { usingNow } from "./now.ts";
import { usageBetween } from "./usage.ts";

/** How long a history is, in seconds: it crosses two midnights, and ends within an hour. */
const LENGTH = 60 * HOUR + 1_234;

const USE = fc.record({
  resource: fc.constantFrom("cpu", "mem", "disk", "ip", "servers"),
  amount: fc.constantFrom(1, 500, 2 ** 31 + 1),
  begins: fc.integer({ min: 0, max: LENGTH }),
  lasts: fc.oneof(fc.integer({ min: 0, max: 3 * HOUR }), fc.integer({ min: 0, max: LENGTH })),
});
const SENT = fc.record({
  at: fc.integer({ min: 0, max: LENGTH }),
  bytes: fc.integer({ min: 1, max: 2 ** 40 }),
});
const BOUGHT = fc.record({
  resource: fc.constantFrom("cpu", "xfer"),
  amount: fc.bigInt({ min: 1n, max: 2n ** 41n }),
  at: fc.integer({ min: 0, max: LENGTH }),
});
const HISTORY = fc.record({
  uses: fc.array(USE, { maxLength: 12 }),
  sent: fc.array(SENT, { maxLength: 8 }),
  bought: fc.array(BOUGHT, { maxLength: 4 }),
  /** What is charged before it is looked at, in hours. */
  charged: fc.integer({ min: 0, max: 60 }),
  hours: fc.array(fc.tuple(fc.integer({ min: -5, max: 70 }), fc.integer({ min: -5, max: 70 })), {
    minLength: 3,
    maxLength: 6,
  }),
});
type History = typeof HISTORY extends fc.Arbitrary<infer Value> ? Value : never;

const PRICES = { burst: "0.000000012345", subscription: "0.00000001" };

for (const engine of ENGINES) {
  describe(`what was used, on ${engine}`, { skip: lacking(engine) }, () => {
    test("is the same however much of it is in hours and days by then, and costs what the ledger says", async (t) => {
      const property = fc.asyncProperty(HISTORY, (history) => isSame(t, engine, history));
      await fc.assert(property, bounded(engine === "sqlite" ? 8 : 2, 60_000));
    });
  });
}

async function isSame(t: Parameters<typeof openLedger>[0], engine: "sqlite" | "postgres", history: History) {
  const { store, time, user, charging, begin, prices, credit, subscribe, entries } = await openLedger(
    t,
    engine,
  );
  await begin();
  await prices({ cpu: PRICES, disk: PRICES, xfer: PRICES });
  await prices({ cpu: { ...PRICES, burst: "0.0003" }, xfer: PRICES }, START + 30 * HOUR);
  await credit("9999999999");
  for (const { at, resource, amount } of history.bought.toSorted((one, other) => one.at - other.at)) {
    time.now = START + at;
    await subscribe(resource as "cpu" | "xfer", amount, "month", false);
  }
  await store.transaction(async (tx) => {
    for (const [index, { resource, amount, begins, lasts }] of history.uses.entries()) {
      const object = `o${index}`;
      const use = { user, resource: resource as "cpu", object, amount };
      await beginUse(tx, use, START + begins);
      if (begins + lasts < LENGTH) await endUse(tx, object, START + begins + lasts);
    }
    for (const { at, bytes } of history.sent) await noteTransfer(tx, user, bytes, START + at);
  });
  const now = START + LENGTH;
  const look = async () => {
    const found = [await usageBetween(store, user, { from: START - HOUR, to: now }, now)];
    for (const [from, to] of history.hours) {
      const hours = { from: START + from * HOUR, to: START + to * HOUR };
      found.push(await usageBetween(store, user, hours, now));
    }
    return found;
  };
  time.now = now;
  const before = await look();
  time.now = START + history.charged * HOUR + 130;
  await charging.round();
  const partly = await look();
  time.now = now;
  await charging.round();
  const after = await look();
  assert.deepEqual(partly, before);
  assert.deepEqual(after, before);
  const [all = []] = before;
  assert.deepEqual(
    all.map(({ resource, used }) => [resource, used]),
    METERED.map((resource) => [resource, usedOf(history, resource)]),
  );
  assert.ok(all.every(({ used, subscribed, burst }) => used === subscribed + burst));
  const whole = await usageBetween(store, user, { from: START, to: START + 60 * HOUR }, now);
  const charges = await entries();
  for (const { resource, cost } of whole) {
    const own = charges.filter(([kind, , of]) => kind === "burst" && of === resource);
    const sum = own.reduce((all, [, amount]) => all - (parseMoney(amount) ?? 0n), 0n);
    assert.equal(cost, sum, `${resource} costs what was charged for it`);
  }
}

/** What the history says was used of a resource, added up use by use. */
function usedOf({ uses, sent }: History, resource: string): bigint {
  if (resource === "xfer")
    return sent.reduce((sum, { at, bytes }) => sum + (at < LENGTH ? BigInt(bytes) : 0n), 0n);
  return uses
    .filter((use) => use.resource === resource)
    .reduce((sum, { amount, begins, lasts }) => {
      const seconds = Math.min(begins + lasts, LENGTH) - begins;
      return sum + BigInt(amount) * BigInt(seconds);
    }, 0n);
}

test("amounts are told for an hour, of disks in GB, and of transfers in GB", () => {
  for (const [resource, used, text] of [
    ["cpu", 500n * 3600n, "500"],
    ["cpu", 1n, "0.00027778"],
    ["mem", 1_800n, "0.5"],
    ["disk", 2n ** 31n * 3600n, "2"],
    ["xfer", 3n * 2n ** 29n, "1.5"],
    ["vlan", 0n, "0"],
    ["drives", 7_200n, "2"],
    ["servers", 10n ** 30n * 3600n, `1${"0".repeat(30)}`],
  ] as const)
    assert.equal(amountText(resource, used), text, resource);
});

test("what is used now is told beside what subscriptions cover of it, and what the rest costs an hour", async (t) => {
  const { store, user, prices, credit, subscribe } = await openLedger(t, "sqlite");
  await prices({ cpu: { burst: "0.001", subscription: "0.1" } });
  await credit("1000");
  await subscribe("cpu", 300n, "month", false);
  const using = await store.transaction(async (tx) => {
    await beginUse(tx, { user, resource: "cpu", object: "s", amount: 400 }, START);
    await changeUse(tx, { resource: "cpu", object: "s", amount: 500 }, START);
    await beginUse(tx, { user, resource: "disk", object: "d", amount: 4096 }, START);
    return usingNow(tx, user, START);
  });
  const none = { using: 0n, subscribed: 0n, burst: 0n, price: null, burning: null };
  assert.deepEqual(
    using.filter(({ resource }) => ["cpu", "mem", "disk"].includes(resource)),
    [
      {
        ...{ resource: "cpu", using: 500n, subscribed: 300n, burst: 200n },
        ...{ price: "0.001", burning: 20_000_000n },
      },
      { ...none, resource: "mem" },
      { ...none, resource: "disk", using: 4096n, burst: 4096n },
    ],
  );
});
