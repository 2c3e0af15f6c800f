/** Every row and key of the tables about use, in both content types. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { CONTENT_TYPES, exchange, type Row } from "../../testing/conformance/exchange.ts";

const RESOURCES = ["cpu", "mem", "disk", "ip", "vlan", "xfer", "servers", "drives"];
const NOBODY = "00000000-0000-4000-8000-000000000000";
const AMOUNT = /^\d+(\.\d{1,8})?$/;

const usage = { status: 400, error: "usage", code: "malformed_parameter" } as const;
const missing = { status: 404, error: "missing" } as const;

const ROWS: readonly Row[] = [
  ...(["profile", "accounts/BOB"] as const).flatMap((whose) => [
    {
      name: `the use in ${whose} that begins within an hour is 400 usage`,
      ...{ path: `${whose}/usage/1800/3600`, ...usage },
    },
    {
      name: `the use in ${whose} that ends within an hour is 400 usage`,
      ...{ path: `${whose}/usage/0/1800`, ...usage },
    },
    {
      name: `the use in ${whose} of no times is 400 usage`,
      ...{ path: `${whose}/usage/then/now`, ...usage },
    },
    {
      name: `the use in ${whose} that ends before it begins is 400 usage`,
      ...{ path: `${whose}/usage/7200/3600`, ...usage },
    },
  ]),
  ...["usage", "usage/0/3600", "usage/now"].flatMap((what) => [
    {
      name: `${what} of an account that is not there is 404 missing`,
      ...{ path: `accounts/${NOBODY}/${what}`, ...missing, code: "no_such_user" },
    },
    {
      name: `${what} of an account is 404 missing to who is no admin, its owner too`,
      ...{ path: `accounts/BOB/${what}`, as: "BOBAUTH", ...missing },
    },
  ]),
];

describe("use", () => {
  let cloud: Cloud;
  const words: Record<string, string> = {};
  before(async () => {
    cloud = await openCloud();
    const made = await cloud.make("accounts/create", { name: "bob" });
    const user = made.get("user") ?? "";
    Object.assign(words, { BOB: user, BOBAUTH: `${user}:${made.get("secret")}` });
  });
  after(() => cloud?.close());

  const rowsOf = async (path: string, auth = words.BOBAUTH ?? "") => {
    const answer = await cloud.ask(path, { auth, headers: { accept: "application/json" } });
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text) as Record<string, unknown>[];
  };

  for (const type of CONTENT_TYPES) {
    describe(type, () => {
      for (const row of ROWS) {
        it(row.name, async () => {
          await exchange(cloud, row, type, words);
        });
      }
    });
  }

  it("what was used is told for every resource, without money where there are no prices", async () => {
    const make = { method: "POST", auth: words.BOBAUTH ?? "" };
    assert.equal((await cloud.ask("resources/vlan/create", make)).status, 200);
    for (const path of ["profile/usage", `profile/usage/0/${86_400 * 40_000}`]) {
      const rows = await rowsOf(path);
      assert.deepEqual(
        rows.map(({ resource }) => resource),
        RESOURCES,
      );
      for (const row of rows) {
        assert.deepEqual(Object.keys(row), ["resource", "amount", "subscribed", "burst"]);
        assert.match(String(row.amount), AMOUNT);
      }
    }
    assert.deepEqual(await rowsOf("profile/usage/0/86400"), [
      ...RESOURCES.map((resource) => ({ resource, amount: "0", subscribed: "0", burst: "0" })),
    ]);
  });

  it("what is used now is told for every resource that has a level, without money where there are no prices", async () => {
    const rows = await rowsOf("profile/usage/now");
    assert.deepEqual(
      rows,
      RESOURCES.filter((resource) => resource !== "xfer").map((resource) => {
        const using = resource === "vlan" ? 1 : 0;
        return { resource, using, subscribed: 0, burst: using };
      }),
    );
    assert.deepEqual(await rowsOf(`accounts/${words.BOB}/usage/now`, cloud.auth), rows);
  });

  it("with prices it is told what was used has cost, and what is used now costs an hour, to an admin too", async () => {
    await cloud.make("pricing/set", {
      ...{ currency: "EUR", from: "now" },
      ...{ "vlan:burst": "0.5", "vlan:subscription": "100" },
    });
    for (const [path, auth] of [
      ["profile/usage", words.BOBAUTH],
      [`accounts/${words.BOB}/usage`, cloud.auth],
    ] as const) {
      for (const row of await rowsOf(path, auth)) {
        assert.deepEqual(Object.keys(row), ["resource", "amount", "subscribed", "burst", "cost"]);
        assert.match(String(row.cost), AMOUNT);
      }
    }
    const using = await rowsOf("profile/usage/now");
    const of = (what: string) => using.find(({ resource }) => resource === what) ?? {};
    assert.deepEqual(of("vlan"), {
      ...{ resource: "vlan", using: 1, subscribed: 0, burst: 1, price: "0.5", burning: "0.5" },
    });
    assert.deepEqual(Object.keys(of("disk")), ["resource", "using", "subscribed", "burst"]);
  });
});
