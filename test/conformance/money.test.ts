/** Every row and key of the tables about prices, subscriptions, the ledger and an account's money, in both content types. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { askJson, makeAccount } from "../../testing/conformance/accounts.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";
import { CREDIT_ROWS, LEDGER_ROWS, PRICE_ROWS, SUBSCRIPTION_ROWS, UNPRICED_ROWS } from "./money-rows.ts";

describe("money", () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await openCloud();
  });
  after(() => cloud?.close());

  const account = (name: string) => makeAccount(cloud, name);
  const ask = (auth: string, path: string, given?: Readonly<Record<string, unknown>>) =>
    askJson(cloud, auth, path, given);
  const words: Record<string, string> = {};
  const tried = (rows: readonly Row[], of: () => Promise<void> = async () => {}) => {
    for (const type of CONTENT_TYPES) {
      describe(type, () => {
        before(of);
        for (const row of rows) {
          it(row.name, async () => {
            await exchange(cloud, row, type, words);
          });
        }
      });
    }
  };
  /** An account with a balance of 100, and another. */
  const people = async () => {
    const [bob, eve] = [await account("bob"), await account("eve")];
    Object.assign(words, { BOB: bob.user, BOBAUTH: bob.auth, EVE: eve.user, EVEAUTH: eve.auth });
  };

  describe("without a price list", () => {
    tried(UNPRICED_ROWS, people);
    it("lists of prices, subscriptions and entries are empty, and nothing names money", async () => {
      for (const path of ["pricing/info", "pricing/lists", "subscriptions/list", "subscriptions/info"])
        assert.deepEqual(await ask(cloud.auth, path), [], path);
      assert.deepEqual(await ask(cloud.auth, "profile/ledger"), []);
      assert.deepEqual(await ask(cloud.auth, "ledger/check"), []);
      for (const path of ["profile/info", `accounts/${words.BOB}/info`]) {
        const keys = Object.keys(await ask(cloud.auth, path));
        const money = ["currency", "balance", "credit", "burning", "funds:until"];
        assert.deepEqual(
          keys.filter((key) => money.includes(key)),
          [],
          path,
        );
      }
    });
  });

  describe("with a price list", () => {
    before(async () => {
      const given = {
        ...{ currency: "EUR", from: "now", "cpu:burst": "0.000100", "cpu:subscription": "0.01" },
        ...{
          "mem:burst": "0",
          "disk:burst": "0.000123456789",
          "disk:subscription": "0.5",
          "disk:year": "9.5",
        },
        ...{ "ip:burst": "0.5", "xfer:burst": "0.1", "xfer:subscription": "0.05" },
      };
      const list = await ask(cloud.auth, "pricing/set", given);
      assert.equal(list.from % 3600, 0);
      assert.ok(list.created - list.from < 3600 && list.created >= list.from);
      assert.deepEqual(list, { ...given, from: list.from, created: list.created });
    });

    tried(PRICE_ROWS);

    it("pricing/info tells everybody what each resource costs that has a price", async () => {
      const { auth } = await account("asks");
      const prices = [
        ...[
          ["cpu", "core MHz", "0.0001", "0.01", "0.1"],
          ["mem", "MB", "0"],
        ],
        ...[
          ["disk", "GB", "0.000123456789", "0.5", "4.75"],
          ["ip", "piece", "0.5"],
        ],
        ["xfer", "GB", "0.1", "0.05", "0.5"],
      ];
      const keys = ["resource", "unit", "burst", "subscription:month", "subscription:year"];
      assert.deepEqual(
        await ask(auth, "pricing/info"),
        prices.map((row) => ({
          ...Object.fromEntries(row.map((value, at) => [keys[at], value])),
          currency: "EUR",
        })),
      );
    });

    it("prices are told every account, by a key of any scope", async () => {
      const prices = await ask(cloud.auth, "pricing/info");
      const { user, auth } = await account("asks too");
      for (const scope of ["all", "read", "drives", "servers", "resources", "profile", "drives profile"]) {
        const { secret } = await ask(auth, "profile/keys/create", { name: "k", scope });
        assert.deepEqual(await ask(`${user}:${secret}`, "pricing/info"), prices, scope);
      }
      await cloud.act(`accounts/${user}/suspend`);
      assert.deepEqual(await ask(auth, "pricing/info"), prices, "a suspended account");
    });

    it("a price list to come is listed behind the one in force, and of two of one hour the later one", async () => {
      const next = Math.floor(Date.now() / 3_600_000) * 3600 + 48 * 3600;
      const from = new Date(next * 1000).toISOString();
      await ask(cloud.auth, "pricing/set", { currency: "EUR", from, "cpu:burst": "7" });
      const added = await ask(cloud.auth, "pricing/set", { currency: "EUR", from, "cpu:burst": "0.2" });
      assert.deepEqual(added, { currency: "EUR", from: next, "cpu:burst": "0.2", created: added.created });
      const lists = await ask(cloud.auth, "pricing/lists");
      assert.equal(lists.length, 2);
      assert.equal(lists[0]["disk:year"], "9.5");
      assert.deepEqual(lists[1], added);
    });

    tried(CREDIT_ROWS, people);
    tried(SUBSCRIPTION_ROWS, async () => {
      await people();
      await ask(cloud.auth, `accounts/${words.BOB}/credit`, { amount: "100", reference: "r" });
      const bought = { resource: "cpu", amount: 1000, period: "month" };
      words.SUBSCRIPTION = (await ask(words.BOBAUTH ?? "", "subscriptions/create", bought)).subscription;
    });
    tried(LEDGER_ROWS, people);

    it("the ledger tells what was charged and credited, all of it or between two times, to an admin too", async () => {
      const { user, auth } = await account("ledgered");
      await ask(cloud.auth, `accounts/${user}/credit`, { amount: "50", reference: "1", text: "bank" });
      const { from, to } = await ask(auth, "subscriptions/create", {
        ...{ resource: "xfer", amount: "2G", period: "year" },
      });
      await ask(cloud.auth, `accounts/${user}/credit`, { amount: "-0.00000001", reference: "2" });
      const rows = await ask(auth, "profile/ledger");
      const time = rows[0].time;
      assert.deepEqual(rows.slice(0, 2), [
        { entry: 1, time, amount: "50", balance: "50", kind: "credit", text: "bank" },
        {
          ...{ entry: 2, time: rows[1].time, amount: "-1", balance: "49", kind: "subscription" },
          ...{ resource: "xfer", from, to, text: rows[1].text },
        },
      ]);
      assert.deepEqual(rows[2], {
        ...{ entry: 3, time: rows[2].time, amount: "-0.00000001", balance: "48.99999999" },
        kind: "correction",
      });
      assert.deepEqual(await ask(cloud.auth, `accounts/${user}/ledger`), rows);
      assert.deepEqual(await ask(auth, `profile/ledger/${time}/${rows[2].time + 1}`), rows);
      assert.deepEqual(await ask(auth, `profile/ledger/0/${time}`), []);
      assert.deepEqual(await ask(cloud.auth, `accounts/${user}/ledger/${rows[2].time + 1}/9999999999`), []);
    });

    it("an account's money is told to it and to an admin: balance, credit, what burns, and until when", async () => {
      const { user, auth } = await account("rich");
      await ask(cloud.auth, `accounts/${user}/set`, { credit: "0.50" });
      await ask(cloud.auth, `accounts/${user}/credit`, { amount: "1", reference: "r" });
      const calm = await ask(auth, "profile/info");
      assert.deepEqual(
        [calm.currency, calm.balance, calm.credit, calm.burning, calm["funds:until"]],
        ["EUR", "1", "0.5", "0", undefined],
      );
      await ask(auth, "resources/ip/create", { name: "a" });
      const info = await ask(auth, "profile/info");
      assert.equal(info.burning, "0.5");
      assert.ok(info["funds:until"] % 3600 === 0 && info["funds:until"] > Date.now() / 1000 + 3600);
      assert.deepEqual(await ask(cloud.auth, `accounts/${user}/info`), info);
      assert.deepEqual(Object.keys(info).slice(-5), [
        "currency",
        "balance",
        "credit",
        "burning",
        "funds:until",
      ]);
    });

    it("subscriptions are listed oldest first, to their owner and to an admin, each as by its own info", async () => {
      const { user, auth } = await account("subscribed");
      await ask(cloud.auth, `accounts/${user}/credit`, { amount: "100", reference: "r" });
      const first = await ask(auth, "subscriptions/create", { resource: "cpu", amount: 10, period: "year" });
      const second = await ask(auth, "subscriptions/create", {
        ...{ resource: "xfer", amount: "1G", period: "month", renew: "true" },
      });
      const all = [first, second];
      assert.deepEqual(await ask(auth, "subscriptions/info"), all);
      const listed = all.map(({ subscription }) => ({ subscription }));
      assert.deepEqual(await ask(auth, "subscriptions/list"), listed);
      assert.deepEqual(await ask(cloud.auth, `accounts/${user}/subscriptions/info`), all);
      assert.deepEqual(await ask(cloud.auth, `accounts/${user}/subscriptions/list`), listed);
      assert.deepEqual(
        await ask(cloud.auth, `accounts/${user}/subscriptions/${second.subscription}/info`),
        second,
      );
      assert.deepEqual(
        [second.left, second.renew, first.left, first.renew],
        [2 ** 30, "true", undefined, "false"],
      );
      assert.deepEqual([first.to - first.from, second.to - second.from], [8640 * 3600, 720 * 3600]);
    });

    it("a quote is what create charges, and changes nothing", async () => {
      const { user, auth } = await account("quoted");
      const asked = { resource: "disk", amount: "10G", period: "year" };
      const quote = await ask(auth, "subscriptions/quote", asked);
      assert.deepEqual([quote.price, quote.currency, quote.to - quote.from], ["47.5", "EUR", 8640 * 3600]);
      assert.deepEqual(await ask(auth, "subscriptions/list"), []);
      assert.equal((await ask(auth, "profile/info")).balance, "0");
      await ask(cloud.auth, `accounts/${user}/credit`, { amount: "47.5", reference: "r" });
      assert.equal((await ask(auth, "subscriptions/create", asked)).price, "47.5");
      assert.equal((await ask(auth, "profile/info")).balance, "0");
    });

    it("a subscription that is repeated with its Idempotency-Key is charged once", async () => {
      const { user, auth } = await account("repeats");
      await ask(cloud.auth, `accounts/${user}/credit`, { amount: "100", reference: "r" });
      const body = "resource cpu\namount 100\nperiod month\n";
      const headers = { "idempotency-key": "k" };
      const answers = [1, 2, 3].map(() => cloud.ask("subscriptions/create", { auth, headers, body }));
      const texts = new Set((await Promise.all(answers)).map(({ text }) => text));
      assert.equal(texts.size, 1);
      assert.equal((await ask(auth, "profile/info")).balance, "99");
    });

    it("an account is made with credit, which is unset by an empty value", async () => {
      const made = await ask(cloud.auth, "accounts/create", { name: "lent", credit: "12.50" });
      assert.equal(made.credit, "12.5");
      assert.equal((await ask(cloud.auth, `accounts/${made.user}/set`, { credit: "" })).credit, "0");
      assert.deepEqual(await ask(cloud.auth, "ledger/check"), []);
    });
  });
});
