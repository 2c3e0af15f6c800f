import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HOUR, openLedger, START } from "../../testing/money.ts";
import { overriding } from "../../testing/overriding.ts";
import { bounded } from "../../testing/property.ts";
import { ENGINES, lacking } from "../../testing/stores.ts";
import { beginUse, endUse } from "../metering/spans.ts";
import { noteTransfer } from "../metering/transfers.ts";
import { recordCharged } from "./charged.ts";
import { chargedOf, invoiceOf, monthsOf } from "./invoices.ts";
import { openInvoicing } from "./invoicing.ts";
import { appendEntries, balanceOf, ledgerRows, readLedgerRow } from "./ledger.ts";
import { monthNamed } from "./month.ts";

/** 2027-04-01T00:00:00Z. */
const EDGE = START + 31 * 24 * HOUR;
const PRICES = {
  cpu: { burst: "0.000123456789", subscription: "0.036" },
  disk: { burst: "0.00123" },
  xfer: { burst: "0.07", subscription: "0.05" },
};

const named = (name: string) => monthNamed(name) ?? assert.fail(name);

const DOING = fc.record({
  hour: fc.integer({ min: 0, max: 19 }),
  second: fc.integer({ min: 0, max: HOUR - 1 }),
  what: fc.oneof(
    fc.record({ begins: fc.constantFrom("cpu", "disk"), amount: fc.integer({ min: 1, max: 3_000 }) }),
    fc.record({ ends: fc.integer({ min: 0, max: 5 }) }),
    fc.record({ sends: fc.integer({ min: 1, max: 2 ** 31 }) }),
    fc.record({ credits: fc.integer({ min: -5_000_000, max: 500_000_000_000 }) }),
    fc.record({ subscribes: fc.constantFrom("cpu", "xfer"), amount: fc.integer({ min: 1, max: 2_000 }) }),
    fc.record({ charges: fc.constant(true) }),
  ),
});

for (const engine of ENGINES) {
  test(`${engine}: the invoice of a month is made also where its last hour is the first entry of all`, {
    skip: lacking(engine),
  }, async (t) => {
    const { store, time, clock, user, charging, prices } = await openLedger(t, engine);
    time.now = EDGE - HOUR;
    await store.transaction((tx) => recordCharged(tx, time.now));
    await prices(PRICES);
    await store.transaction((tx) =>
      beginUse(tx, { user, resource: "cpu", object: "s", amount: 1000 }, EDGE - 60),
    );
    time.now = EDGE + 120;
    await charging.round();
    const invoicing = openInvoicing({ store, clock, onTrouble: (error) => assert.fail(String(error)) });
    await invoicing.look();
    const made = await store.snapshot((tx) => tx.selectFrom("invoices").select(["user", "month"]).execute());
    assert.deepEqual(made, [{ user, month: "2027-03" }]);
  });

  test(`${engine}: invoices are equal to the ledger and to usage to the last digit, whenever entries were written`, {
    skip: lacking(engine),
  }, async (t) => {
    const history = async (
      doings: readonly (typeof DOING extends fc.Arbitrary<infer Doing> ? Doing : never)[],
    ) => {
      const { store, time, user, charging, prices, credit, subscribe } = await openLedger(t, engine);
      time.now = EDGE - 10 * HOUR;
      await store.transaction((tx) => recordCharged(tx, time.now));
      await prices(PRICES);
      await credit("1000");
      const objects: string[] = [];
      for (const { hour, second, what } of [...doings].sort(
        (one, other) => one.hour - other.hour || one.second - other.second,
      )) {
        time.now = EDGE - 10 * HOUR + hour * HOUR + second;
        const at = time.now;
        if ("charges" in what) await charging.round();
        else if ("subscribes" in what)
          await subscribe(what.subscribes as "cpu", BigInt(what.amount), "month", false).catch(() => {});
        else
          await store.transaction(async (tx) => {
            if ("begins" in what) {
              const object = `o${objects.length}`;
              objects.push(object);
              await beginUse(tx, { user, resource: what.begins as "cpu", object, amount: what.amount }, at);
            }
            if ("ends" in what) await endUse(tx, objects[what.ends] ?? "none", at);
            if ("sends" in what) await noteTransfer(tx, user, what.sends, at);
            if ("credits" in what && what.credits !== 0) {
              const kind = what.credits > 0 ? "credit" : "correction";
              await appendEntries(tx, user, at, [{ kind, amount: BigInt(what.credits), text: "" }]);
            }
          });
      }
      time.now = EDGE + 11 * HOUR;
      await charging.round();
      const { months, rows, balance } = await store.snapshot(async (tx) => ({
        months: await monthsOf(tx, user, time.now),
        rows: (await ledgerRows(tx).where("user", "=", user).execute()).map(readLedgerRow),
        balance: await balanceOf(tx, user),
      }));
      assert.deepEqual(
        months.map(({ name }) => name),
        ["2027-03", "2027-04"],
      );
      let before = 0n;
      for (const month of months) {
        const invoice = (await invoiceOf(store, user, month, time.now)) ?? assert.fail();
        const own = rows.filter(({ from, time: at }) => {
          const is = from ?? at;
          return is >= month.from && is < month.to;
        });
        const sum = (of: (row: (typeof rows)[number]) => boolean) =>
          own.filter(of).reduce((all, { amount }) => all + amount, 0n);
        assert.equal(invoice.before, before);
        assert.equal(invoice.after, before + sum(() => true));
        assert.equal(chargedOf(invoice), -sum(({ kind }) => kind === "burst" || kind === "subscription"));
        for (const resource of ["cpu", "disk", "xfer"] as const) {
          const cost = -sum((row) => row.kind === "burst" && row.resource === resource);
          assert.equal(invoice.burst.get(resource) ?? 0n, cost);
          assert.equal(invoice.usage.get(resource)?.cost ?? 0n, cost);
        }
        const { credited, corrected, refunded } = invoice;
        assert.equal(invoice.after - before, credited + corrected + refunded - chargedOf(invoice));
        assert.equal(invoice.isFinal, month.name === "2027-03");
        before = invoice.after;
      }
      assert.equal(before, balance);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(DOING, { minLength: 10, maxLength: 40 }), history),
      bounded(engine === "sqlite" ? 6 : 2),
    );
  });

  test(`${engine}: a month is made final once, when all of it is charged, after a daemon that was away too`, {
    skip: lacking(engine),
  }, async (t) => {
    const { store, time, user, charging, prices, credit, clock, troubles } = await openLedger(t, engine);
    const invoicing = openInvoicing({ store, clock, onTrouble: (error) => troubles.push(error) });
    const made = () =>
      store.snapshot((tx) =>
        tx.selectFrom("invoices").select(["user", "month", "made"]).orderBy("month").execute(),
      );
    time.now = START - HOUR;
    await store.transaction((tx) => recordCharged(tx, time.now));
    await prices(PRICES);
    await credit("10");
    time.now = START + 119;
    await charging.round();
    await invoicing.look();
    assert.deepEqual(await made(), []);
    assert.equal((await invoiceOf(store, user, named("2027-02"), time.now))?.isFinal, false);
    time.now += 1;
    await charging.round();
    await invoicing.look();
    assert.equal((await invoiceOf(store, user, named("2027-02"), time.now))?.isFinal, true);
    const first = { user, month: "2027-02", made: START + 120 };
    assert.deepEqual(await made(), [first]);
    await invoicing.look();
    // It is away until June.
    time.now = START + 93 * 24 * HOUR;
    await store.transaction((tx) => recordCharged(tx, START + 92 * 24 * HOUR));
    // That of one whose hours could not be charged waits for the last of them.
    for (const until of [START + HOUR, START + (31 * 24 - 1) * HOUR]) {
      await store.transaction(async (tx) => {
        await tx.deleteFrom("overdue").execute();
        await tx.insertInto("overdue").values({ user, until }).execute();
      });
      await invoicing.look();
      assert.deepEqual(await made(), [first]);
    }
    await store.transaction((tx) => tx.deleteFrom("overdue").execute());
    await invoicing.look();
    await invoicing.look();
    assert.deepEqual(await made(), [
      first,
      ...["2027-03", "2027-04", "2027-05"].map((month) => ({ user, month, made: time.now })),
    ]);
    assert.deepEqual(troubles, []);
  });

  test(`${engine}: an invoice of thousands of entries is of all of them, added up in parts`, {
    skip: lacking(engine),
  }, async (t) => {
    const { store, time, user, prices } = await openLedger(t, engine);
    await prices(PRICES);
    const entered = (at: number, count: number, more: object = {}) =>
      store.transaction((tx) => {
        const entries = Array.from({ length: count }, () => ({
          ...{ kind: "credit" as const, amount: 1n, text: "" },
          ...more,
        }));
        return appendEntries(tx, user, at, entries);
      });
    await entered(EDGE - 2 * 24 * HOUR, 3);
    await entered(EDGE - 60, 5_000);
    await entered(EDGE + 5, 7);
    // Its machine went down, and began anew with its clock a little behind.
    await entered(EDGE - 10, 11);
    await entered(EDGE + 10, 5_000);
    // Charged late, for an hour of March.
    const late = { kind: "burst", amount: -2n, resource: "cpu", from: EDGE - HOUR, to: EDGE };
    await entered(EDGE + 20, 1, late);
    time.now = EDGE + HOUR;
    let snapshots = 0;
    const counted = overriding(store, {
      snapshot: (work) => {
        snapshots++;
        return store.snapshot(work);
      },
    });
    const of = async (name: string) => {
      const invoice = await invoiceOf(counted, user, named(name), time.now);
      return [invoice?.before, invoice?.credited, invoice?.burst.get("cpu"), invoice?.after];
    };
    assert.deepEqual(await of("2027-03"), [0n, 5_014n, 2n, 5_012n]);
    // One of how it stands, and one for each 4,000 entries.
    assert.equal(snapshots, 4);
    assert.deepEqual(await of("2027-04"), [5_012n, 5_007n, undefined, 10_019n]);
  });

  test(`${engine}: there is no invoice without prices, before the first entry, and of a month to come`, {
    skip: lacking(engine),
  }, async (t) => {
    const { store, time, user, prices, credit } = await openLedger(t, engine);
    const of = (name: string) => invoiceOf(store, user, named(name), time.now);
    assert.equal(await of("2027-03"), null);
    await prices(PRICES);
    assert.equal(await of("2027-03"), null);
    await credit("1");
    assert.notEqual(await of("2027-03"), null);
    for (const name of ["2027-02", "2027-04"]) assert.equal(await of(name), null);
  });
}
