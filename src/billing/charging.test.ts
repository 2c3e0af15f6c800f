import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, openLedger, START } from "../../testing/money.ts";
import { ENGINES, lacking } from "../../testing/stores.ts";
import { withTransactions } from "../../testing/transactions.ts";
import { createUser } from "../accounts/users.ts";
import { StoreUnavailable } from "../base/store-errors.ts";
import { beginUse, changeUse, endUse } from "../metering/spans.ts";
import { noteTransfer } from "../metering/transfers.ts";
import type { Store, Tx } from "../store/store.ts";
import { forgetHooks } from "../webhooks/outbox.ts";
import { chargedUntil } from "./charged.ts";
import { bytesLeft } from "./hour.ts";
import { checkLedgers } from "./ledger-check.ts";
import { burstCost, moneyText } from "./money.ts";
import { settleEnd } from "./renewals.ts";
import { subscriptionsWithin } from "./subscriptions.ts";

const GB = 2 ** 30;
const PRICES = {
  cpu: { burst: "0.0001", subscription: "0.036" },
  disk: { burst: "0.001" },
  ip: { burst: "0.005" },
  xfer: { burst: "0.1", subscription: "0.05" },
};

/** All subscriptions of the user. */
const within = (store: Store, user: string) =>
  store.snapshot((tx) => subscriptionsWithin(tx, user, { from: 0, to: 2 ** 40 }));

/** A hook that is told of subscriptions that end. */
async function hookOfEnds(tx: Tx): Promise<void> {
  const hook = { uuid: "h", url: "", events: "subscription.ended", wrapped_secret: null, created: 0 };
  await tx.insertInto("webhooks").values(hook).execute();
  forgetHooks(tx);
}

for (const engine of ENGINES) {
  const skip = { skip: lacking(engine) };

  test(
    `${engine}: an hour is charged by its seconds and its own prices, two minutes after its end`,
    skip,
    async (t) => {
      const { store, time, user, charging, prices, entries } = await openLedger(t, engine);
      await prices(PRICES);
      await prices({ cpu: { burst: "0.0003" } }, START + 2 * HOUR);
      await store.transaction(async (tx) => {
        await beginUse(tx, { user, resource: "cpu", object: "s", amount: 2000 }, START + 900);
        await beginUse(tx, { user, resource: "mem", object: "s", amount: 512 }, START + 900);
        await beginUse(tx, { user, resource: "disk", object: "d", amount: 10 * GB }, START);
        await changeUse(tx, { resource: "cpu", object: "s", amount: 1000 }, START + HOUR);
        await endUse(tx, "s", START + 3 * HOUR + 1);
      });
      time.now = START + HOUR + 119;
      await charging.round();
      assert.deepEqual(await entries(), []);
      time.now += 1;
      await charging.round();
      const first = [
        ["burst", "-0.15", "cpu", 0],
        ["burst", "-0.01", "disk", 0],
      ];
      assert.deepEqual(await entries(), first);
      await charging.round();
      assert.deepEqual(await entries(), first);
      time.now = START + 5 * HOUR;
      await charging.round();
      assert.deepEqual(await entries(), [
        ...first,
        ["burst", "-0.1", "cpu", 1],
        ["burst", "-0.01", "disk", 1],
        ["burst", "-0.3", "cpu", 2],
        ["burst", "-0.00008333", "cpu", 3],
      ]);
      assert.equal(await store.snapshot((tx) => chargedUntil(tx, user, time.now)), START + 4 * HOUR);
    },
  );

  test(
    `${engine}: what subscriptions cover is not charged, up to the second in which they end`,
    skip,
    async (t) => {
      const { store, time, user, charging, begin, ...rest } = await openLedger(t, engine);
      const { prices, credit, subscribe, entries } = rest;
      await begin();
      time.now = START - 718 * HOUR;
      await prices(PRICES);
      await credit("100");
      time.now += 1800;
      await subscribe("cpu", 1000n, "month", false);
      await store.transaction((tx) =>
        beginUse(tx, { user, resource: "cpu", object: "s", amount: 1500 }, START),
      );
      time.now = START + 4 * HOUR + 120;
      await charging.round();
      assert.deepEqual((await entries()).slice(1), [
        ["subscription", "-36", "cpu", -717.5],
        ["burst", "-0.05", "cpu", 0],
        ["burst", "-0.05", "cpu", 1],
        ["burst", "-0.1", "cpu", 2],
        ["burst", "-0.15", "cpu", 3],
      ]);
    },
  );

  test(
    `${engine}: bytes come out of the store that ends first, and what is left of them is charged`,
    skip,
    async (t) => {
      const { store, time, user, charging, prices, credit, subscribe, entries } = await openLedger(t, engine);
      await prices(PRICES);
      await credit("1");
      await subscribe("xfer", BigInt(GB), "month", false);
      time.now = START + 1;
      await subscribe("xfer", BigInt(GB), "month", false);
      await store.transaction((tx) => noteTransfer(tx, user, 1.5 * GB, START + 2));
      time.now = START + HOUR + 120;
      await charging.round();
      const used = async () => (await within(store, user)).map((each) => Number(each.used) / GB);
      assert.deepEqual(await used(), [1, 0.5]);
      await store.transaction((tx) => noteTransfer(tx, user, GB, START + HOUR + 121));
      time.now = START + 2 * HOUR + 120;
      await charging.round();
      assert.deepEqual(await used(), [1, 1]);
      assert.deepEqual((await entries()).slice(3), [["burst", "-0.05", "xfer", 1]]);
    },
  );

  test(
    `${engine}: bytes noted late come out of the store of their time, and what is left of it at its end is lost`,
    skip,
    async (t) => {
      const { store, time, user, charging, begin, ...rest } = await openLedger(t, engine);
      const { prices, credit, subscribe, entries } = rest;
      await begin();
      time.now = START - 720 * HOUR;
      await prices(PRICES);
      await credit("1");
      await subscribe("xfer", BigInt(2 * GB), "month", false);
      await store.transaction(async (tx) => {
        await noteTransfer(tx, user, GB, START - 10);
        await noteTransfer(tx, user, GB, START + 10);
      });
      const [bought = assert.fail()] = await within(store, user);
      const left = (now: number) =>
        store.snapshot(async (tx) => Number((await bytesLeft(tx, user, now))(bought)) / GB);
      assert.deepEqual([await left(START - 1), await left(START)], [1, 0]);
      time.now = START + HOUR + 120;
      await charging.round();
      assert.deepEqual((await entries()).slice(2), [["burst", "-0.1", "xfer", 0]]);
      assert.deepEqual(
        (await within(store, user)).map(({ used }) => Number(used) / GB),
        [1],
      );
    },
  );

  test(
    `${engine}: a subscription is renewed at the prices of its end, after the hours before that are charged`,
    skip,
    async (t) => {
      const { store, time, user, charging, begin, ...rest } = await openLedger(t, engine);
      const { prices, credit, subscribe, entries } = rest;
      await begin();
      time.now = START - 718 * HOUR;
      await prices(PRICES);
      await prices({ cpu: { burst: "0", subscription: "0.04" } }, START + 2 * HOUR);
      // In force by the time that it is renewed.
      await prices({ cpu: { burst: "0", subscription: "0.03" } }, START + 3 * HOUR);
      await credit("77");
      await subscribe("cpu", 1000n, "month", true);
      await store.transaction(async (tx) => {
        await beginUse(tx, { user, resource: "ip", object: "a", amount: 1 }, START + HOUR);
        await endUse(tx, "a", START + 3 * HOUR);
      });
      // The daemon was away.
      time.now = START + 5 * HOUR;
      await charging.round();
      assert.deepEqual(await entries(), [
        ["credit", "77", null, null],
        ["subscription", "-36", "cpu", -718],
        ["burst", "-0.005", "ip", 1],
        ["subscription", "-40", "cpu", 2],
      ]);
      const all = await within(store, user);
      assert.deepEqual(
        all.map(({ from, to, renew, settled }) => [
          (from - START) / HOUR,
          (to - START) / HOUR,
          renew,
          settled,
        ]),
        [
          [-718, 2, 1, 1],
          [2, 722, 1, 0],
        ],
      );
    },
  );

  test(
    `${engine}: what a daemon finds ended that was away for months is renewed in the order in which it ended`,
    skip,
    async (t) => {
      const { time, charging, begin, ...rest } = await openLedger(t, engine);
      const { prices, credit, subscribe, entries } = rest;
      await begin();
      time.now = START - 7000 * HOUR;
      await prices(PRICES);
      await credit("10000");
      await subscribe("cpu", 1000n, "year", true);
      time.now = START;
      await charging.round();
      await subscribe("cpu", 1000n, "month", true);
      time.now = START + 1800 * HOUR;
      await charging.round();
      const renewed = (await entries()).slice(3);
      assert.deepEqual(
        renewed.map(([, , , from]) => from),
        [720, 1440, 8640 - 7000],
      );
    },
  );

  test(
    `${engine}: a renewal that the balance does not hold ends the subscription, and the account is told`,
    skip,
    async (t) => {
      const { store, time, user, charging, begin, ...rest } = await openLedger(t, engine);
      const { prices, credit, subscribe, entries } = rest;
      await begin();
      time.now = START - 720 * HOUR;
      await prices(PRICES);
      await store.transaction(hookOfEnds);
      await credit("71.99999999");
      const ended = await subscribe("cpu", 1000n, "month", true);
      time.now = START;
      await charging.round();
      assert.deepEqual(await entries(), [
        ["credit", "71.99999999", null, null],
        ["subscription", "-36", "cpu", -720],
      ]);
      assert.deepEqual(
        (await within(store, user)).map(({ uuid, settled }) => [uuid, settled]),
        [[ended, 1]],
      );
      const told = await store.snapshot((tx) =>
        tx.selectFrom("deliveries").select(["user", "event", "body"]).execute(),
      );
      assert.deepEqual(
        told.map((each) => [each.user, each.event, JSON.parse(each.body).data.subscription]),
        [[user, "subscription.ended", ended]],
      );
    },
  );

  test(`${engine}: no subscription of an account that is closed is renewed`, skip, async (t) => {
    const { store, time, user, charging, begin, ...rest } = await openLedger(t, engine);
    const { prices, credit, subscribe, entries } = rest;
    await begin();
    time.now = START - 720 * HOUR;
    await prices(PRICES);
    await credit("100");
    await subscribe("cpu", 1000n, "month", true);
    await store.transaction((tx) =>
      tx.updateTable("users").set({ status: "closed" }).where("uuid", "=", user).execute(),
    );
    const before = await entries();
    time.now = START + 5 * HOUR;
    await charging.round();
    assert.deepEqual(await entries(), before);
    assert.deepEqual(
      (await within(store, user)).map(({ settled }) => settled),
      [1],
    );
  });

  test(
    `${engine}: the end of a subscription is settled once, however often that is tried`,
    skip,
    async (t) => {
      const { store, time, user, prices, credit, subscribe, entries } = await openLedger(t, engine);
      await prices(PRICES);
      await credit("100");
      await subscribe("cpu", 1000n, "month", true);
      time.now = START + 720 * HOUR;
      const [ended] = await within(store, user);
      assert.ok(ended !== undefined);
      const settle = () => store.transaction((tx) => settleEnd(tx, ended, time.now));
      assert.equal((await settle())?.renewed, (await within(store, user)).at(-1)?.uuid);
      assert.equal(await settle(), null);
      assert.equal((await entries()).length, 3);
      assert.equal((await within(store, user)).length, 2);
    },
  );

  test(
    `${engine}: a daemon that is killed at any transaction charges each hour once, as one that is not`,
    skip,
    async (t) => {
      const ledger = await openLedger(t, engine);
      const { store, time, user, chargingOf, begin, prices, credit, subscribe } = ledger;
      await begin();
      time.now = START - 718 * HOUR;
      await prices(PRICES);
      const users = [user];
      for (let n = 0; n < 4; n++) users.push((await createUser(store, `user ${n}`)).uuid);
      for (const [at, each] of users.entries()) {
        await credit("1000", each);
        await subscribe("cpu", 500n, "month", true, each);
        await store.transaction(async (tx) => {
          await beginUse(tx, { user: each, resource: "cpu", object: `s${at}`, amount: 1000 }, START + at);
          await endUse(tx, `s${at}`, START + 3 * HOUR + 7 * (at + 1));
          await noteTransfer(tx, each, GB, START + HOUR);
        });
      }
      time.now = START + 5 * HOUR;
      let [kill, rounds] = [1, 0];
      for (let done = false; !done; rounds++) {
        let transactions = 0;
        // Each lives a little longer than the ones before it, and dies before a commit or right after it.
        const dying = withTransactions(store, async (work, options) => {
          transactions += 1;
          if (transactions > kill) throw new StoreUnavailable("lost", "killed");
          const result = await store.transaction(work, options);
          if (transactions === kill && rounds % 2 === 1) throw new StoreUnavailable("lost", "killed");
          return result;
        });
        const round = chargingOf(dying).round();
        done = await round.then(
          () => true,
          () => false,
        );
        if (rounds % 3 === 2) kill += 1;
      }
      assert.ok(rounds > 5);
      for (const [at, each] of users.entries()) {
        const cost = (seconds: number) => moneyText(-burstCost("cpu", BigInt(500 * seconds), "0.0001"));
        assert.deepEqual((await ledger.entries(each)).slice(2), [
          ["burst", cost(HOUR - at), "cpu", 0],
          ["burst", "-0.05", "cpu", 1],
          ["burst", "-0.1", "xfer", 1],
          ["subscription", "-18", "cpu", 2],
          ["burst", "-0.05", "cpu", 2],
          ["burst", cost(7 * (at + 1)), "cpu", 3],
        ]);
      }
      assert.deepEqual((await checkLedgers(store)).faults, []);
    },
  );

  test(
    `${engine}: an account that cannot be charged keeps no other from it, and is charged later for its own hours`,
    skip,
    async (t) => {
      const { store, time, user, troubles, charging, prices, entries } = await openLedger(t, engine);
      await prices(PRICES);
      const { uuid: other } = await createUser(store, "ben");
      for (const each of [user, other]) {
        await store.transaction((tx) =>
          beginUse(tx, { user: each, resource: "ip", object: each, amount: 1 }, START),
        );
      }
      const first = {
        user,
        hour: START,
        resource: "ip" as const,
        used: "0",
        subscribed: "0",
        burst: "0",
        cost: "0",
      };
      await store.transaction((tx) => tx.insertInto("usage_hours").values(first).execute());
      time.now = START + 2 * HOUR + 120;
      await charging.round();
      assert.equal(troubles.length, 1);
      assert.match(String(troubles[0]), new RegExp(`account ${user} could not be charged`));
      assert.deepEqual(await entries(user), []);
      assert.equal((await entries(other)).length, 2);
      assert.equal(await store.snapshot((tx) => chargedUntil(tx, user, time.now)), START);
      await store.transaction((tx) => tx.deleteFrom("usage_hours").where("user", "=", user).execute());
      time.now = START + 3 * HOUR + 120;
      await charging.round();
      const expected = [0, 1, 2].map((hour) => ["burst", "-0.005", "ip", hour]);
      assert.deepEqual(await entries(user), expected);
      assert.deepEqual(await entries(other), expected);
      assert.equal(await store.snapshot((tx) => chargedUntil(tx, user, time.now)), START + 3 * HOUR);
    },
  );

  test(
    `${engine}: an account that is overdue is charged an hour before what ends with that hour is renewed`,
    skip,
    async (t) => {
      const { store, time, user, charging, begin, ...rest } = await openLedger(t, engine);
      const { prices, credit, subscribe, entries } = rest;
      await begin();
      time.now = START - 719 * HOUR;
      await prices(PRICES);
      await credit("73");
      await subscribe("cpu", 1000n, "month", true);
      await store.transaction(async (tx) => {
        await beginUse(tx, { user, resource: "ip", object: "a", amount: 1 }, START);
        await endUse(tx, "a", START + HOUR);
        await tx.insertInto("overdue").values({ user, until: START }).execute();
      });
      time.now = START + 5 * HOUR;
      await charging.round();
      assert.deepEqual(await entries(), [
        ["credit", "73", null, null],
        ["subscription", "-36", "cpu", -719],
        ["burst", "-0.005", "ip", 0],
        ["subscription", "-36", "cpu", 1],
      ]);
    },
  );

  test(
    `${engine}: as many accounts that are overdue as are looked at together keep none behind them from being charged`,
    skip,
    async (t) => {
      const { store, time, user, troubles, charging, begin, prices, entries } = await openLedger(t, engine);
      await begin();
      await prices(PRICES);
      // Each behind the others by its uuid, the one of the ledger behind them all.
      const overdue = Array.from({ length: 100 }, (_, at) => `00000000-0000-4000-8000-000000000${100 + at}`);
      await store.transaction(async (tx) => {
        const rows = overdue.map((uuid) => ({ uuid, name: "behind", created: 0 }));
        await tx.insertInto("users").values(rows).execute();
        const behind = overdue.map((each) => ({ user: each, until: START }));
        await tx.insertInto("overdue").values(behind).execute();
        for (const each of [...overdue, user])
          await beginUse(tx, { user: each, resource: "ip", object: each, amount: 1 }, START);
      });
      time.now = START + HOUR + 120;
      await charging.round();
      assert.deepEqual(troubles, []);
      assert.deepEqual(await entries(user), [["burst", "-0.005", "ip", 0]]);
    },
  );
}
