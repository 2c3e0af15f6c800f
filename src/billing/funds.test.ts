import assert from "node:assert/strict";
import { test } from "node:test";
import { HOUR, openLedger, START } from "../../testing/money.ts";
import { ENGINES, lacking } from "../../testing/stores.ts";
import { createUser } from "../accounts/users.ts";
import { beginUse } from "../metering/spans.ts";
import { fundsOf, mayEndBy } from "./funds.ts";
import { parseMoney } from "./money.ts";

const CENT = parseMoney("0.01") ?? 0n;

for (const engine of ENGINES) {
  test(`${engine}: no account is passed over whose funds end by a time, and few are told whose do not`, {
    skip: lacking(engine),
  }, async (t) => {
    const { store, time, begin, prices, credit, subscribe } = await openLedger(t, engine);
    await begin();
    await prices({ cpu: { burst: "0.0001", subscription: "0.036" }, ip: { burst: "0.01" } });
    const accounts: { user: string; credit: bigint }[] = [];
    // Who has funds for some hours burns a cent in each; of each third a cent is its credit.
    for (let hours = -1; hours <= 8; hours++) {
      const { uuid: user } = await createUser(store, `funds for ${hours} hours`);
      const own = { user, credit: hours % 3 === 1 ? CENT : 0n };
      accounts.push(own);
      const balance = hours - (own.credit === 0n ? 0 : 1);
      if (balance !== 0) await credit(String(balance / 100), user);
      const use = { user, resource: "ip", object: user, amount: 1 } as const;
      if (hours > 0) await store.transaction((tx) => beginUse(tx, use, START));
    }
    const { uuid: subscriber } = await createUser(store, "covered");
    await credit("37", subscriber);
    await subscribe("cpu", 1000n, "month", false, subscriber);
    await store.transaction((tx) =>
      beginUse(tx, { user: subscriber, resource: "cpu", object: "s", amount: 1000 }, START),
    );
    accounts.push({ user: subscriber, credit: 0n });
    const told = async (by: number) => {
      const ending = await store.snapshot((tx) => mayEndBy(tx, accounts, by, time.now));
      return accounts.flatMap(({ user }, place) => (ending.has(user) ? [place - 1] : []));
    };
    const really = async (by: number) => {
      const ending: number[] = [];
      for (const [place, account] of accounts.entries()) {
        const funds = await store.snapshot((tx) => fundsOf(tx, account, time.now));
        const { balance = 0n, credit = 0n, fundsUntil = null } = funds ?? {};
        if (balance + credit < 0n || (fundsUntil !== null && fundsUntil <= by)) ending.push(place - 1);
      }
      return ending;
    };
    for (const by of [START, START + 3 * HOUR - 1, START + 3 * HOUR, START + 8 * HOUR]) {
      const [ending, found] = [await really(by), await told(by)];
      assert.ok(
        ending.every((hours) => found.includes(hours)),
        `${ending} are in ${found}`,
      );
    }
    assert.deepEqual(await told(START + 3 * HOUR), [-1, 1, 2, 3]);
    time.now = START + 4 * HOUR;
    assert.deepEqual(await told(time.now), [-1, 1, 2, 3, 4]);
    assert.deepEqual(await store.snapshot((tx) => mayEndBy(tx, [], time.now, time.now)), new Set());
  });
}
