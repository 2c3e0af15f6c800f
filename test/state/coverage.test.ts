/**
 * 402 as a table (accounts: 402): each command that asks, with each thing that may be short, in both content types; what is
 * refused changes nothing, and what is just covered is done.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { sql } from "kysely";
import { appendEntries } from "../../src/billing/ledger.ts";
import { type Money, moneyText, type Priced, parseMoney } from "../../src/billing/money.ts";
import { addPriceList, type Prices } from "../../src/billing/prices.ts";
import { buy } from "../../src/billing/subscriptions.ts";
import { ownLimitsText, type Resource } from "../../src/limits/resources.ts";
import type { Tables } from "../../src/store/tables.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { lifecycle, makeDrive, makeLasting, makeServer } from "../../testing/state-objects.ts";

type Given = Readonly<Record<string, string | number>>;

type Asked = {
  /** Such as `servers/create`. */
  readonly path: string;
  readonly given: Given;
};

type Row = {
  readonly command: string;
  /** Makes what the command needs, and answers what is asked then. */
  readonly prepare: (cloud: Cloud) => Promise<Asked>;
  /** What the account would have afterwards, by resource, of what the command takes more of. */
  readonly uses: Readonly<Partial<Record<Resource, number>>>;
};

const GB = 2 ** 30;
const SIZE = 2 ** 26;

const ROWS: readonly Row[] = [
  {
    command: "servers/create",
    prepare: async () => ({ path: "servers/create", given: { name: "s", cpu: 500, mem: 64 } }),
    uses: { cpu: 500, mem: 64, servers: 1 },
  },
  {
    command: "servers/SERVER/start",
    async prepare(cloud) {
      const server = await makeServer(cloud, { persistent: true }, false);
      return { path: `servers/${server}/start`, given: {} };
    },
    uses: { cpu: 500, mem: 64 },
  },
  {
    command: "servers/SERVER/set, of cpu while it is active",
    async prepare(cloud) {
      const server = await makeLasting(cloud);
      return { path: `servers/${server}/set`, given: { cpu: 800 } };
    },
    uses: { cpu: 800 },
  },
  {
    command: "drives/create",
    prepare: async () => ({ path: "drives/create", given: { name: "d", size: SIZE } }),
    uses: { disk: SIZE, drives: 1 },
  },
  {
    command: "drives/DRIVE/set, of a larger size",
    async prepare(cloud) {
      const drive = await makeDrive(cloud, { size: SIZE });
      return { path: `drives/${drive}/set`, given: { size: 3 * SIZE } };
    },
    uses: { disk: 3 * SIZE },
  },
  ...(["ip", "vlan"] as const).map(
    (type): Row => ({
      command: `resources/${type}/create`,
      prepare: async () => ({ path: `resources/${type}/create`, given: {} }),
      uses: { [type]: 1 },
    }),
  ),
];

/** Of a core MHz, an MB, a GB or a piece for an hour. */
const PRICE = "0.25";

const isPriced = (resource: string): resource is Priced => resource !== "servers" && resource !== "drives";

/** What an hour of that much costs. */
const hour = (resource: Priced, amount: number): Money =>
  (BigInt(amount) * 25_000_000n) / (resource === "disk" ? BigInt(GB) : 1n);

/** A cloud whose account has asked for nothing yet. */
async function opened(t: TestContext, row?: Row) {
  const cloud = await openCloud(t);
  const { store, dependencies } = cloud.daemon();
  const http = await serveState(t, cloud);
  const { user } = cloud;
  const { path, given } = (await row?.prepare(cloud)) ?? { path: "", given: {} };
  const now = () => dependencies.clock.now();
  return {
    ...{ cloud, store, path, given },
    change: (columns: { status?: "suspended"; limits?: string; credit?: string }) =>
      store.transaction((tx) => tx.updateTable("users").set(columns).where("uuid", "=", user).execute()),
    prices: (prices: Prices) =>
      store.transaction((tx) => addPriceList(tx, { currency: "EUR", from: null, prices }, now())),
    pay: (amount: Money) =>
      store.transaction((tx) => appendEntries(tx, user, now(), [{ kind: "credit", amount, text: "" }])),
    cover: (resource: Priced, amount: number) =>
      store.transaction((tx) =>
        buy(
          tx,
          {
            ...{ user, resource, amount: BigInt(amount), period: "month", from: now() },
            ...{ renew: false, price: 0n },
          },
          now(),
        ),
      ),
    /** The status, the error's type and code, and its sentence. */
    async ask(type: "text/plain" | "application/json", asked: Asked = { path, given }) {
      const lines = Object.entries(asked.given).map(([key, value]) => `${key} ${value}\n`);
      const body = type === "text/plain" ? lines.join("") : JSON.stringify(asked.given);
      const isEmpty = lines.length === 0;
      const answer = await fetch(`${http.url}${asked.path}`, {
        method: "POST",
        headers: {
          ...{ authorization: http.authorizationOf(user), accept: type },
          ...(isEmpty ? {} : { "content-type": type }),
        },
        ...(isEmpty ? {} : { body }),
      });
      const sentence = await answer.text();
      const { status, headers } = answer;
      return { status, type: headers.get("x-elastic-error"), code: headers.get("x-lodge-error"), sentence };
    },
  };
}

type Opened = Awaited<ReturnType<typeof opened>>;

const TABLES: readonly (keyof Tables)[] = [
  ...(["users", "drives", "servers", "claims", "resources", "addresses", "vlan_nics", "hosts"] as const),
  ...(["operations", "ledger", "subscriptions", "price_lists", "spans", "idempotency_keys"] as const),
];

/** All that is recorded, but for what was asked. */
async function recorded({ store }: Opened): Promise<unknown> {
  const rows: Record<string, unknown> = {};
  await store.snapshot(async (tx) => {
    for (const table of TABLES)
      rows[table] = (await sql`select * from ${sql.table(table)} order by 1, 2`.execute(tx)).rows;
  });
  return rows;
}

/** The command is refused in both types, with the code, in a sentence like that; nothing is changed. */
async function isRefused(cloud: Opened, code: string, sentence: RegExp, asked?: Asked): Promise<void> {
  const before = await recorded(cloud);
  for (const type of ["text/plain", "application/json"] as const) {
    const answer = await cloud.ask(type, asked);
    assert.deepEqual([answer.status, answer.type, answer.code], [402, "billing", code], answer.sentence);
    assert.match(answer.sentence, sentence);
  }
  assert.deepEqual(await recorded(cloud), before);
}

async function isDone(cloud: Opened, asked?: Asked): Promise<void> {
  const { status, sentence } = await cloud.ask("application/json", asked);
  assert.ok(status === 200 || status === 204, `${status} ${sentence}`);
}

for (const row of ROWS) {
  const { command } = row;
  test(`${command} is 402 for an account that is suspended, and changes nothing`, async (t) => {
    const cloud = await opened(t, row);
    await cloud.change({ status: "suspended" });
    await isRefused(cloud, "account_suspended", /suspended/);
  });

  for (const [resource, after] of Object.entries(row.uses)) {
    test(`${command} is 402 where it would pass the limit of ${resource}, and is done up to it`, async (t) => {
      const cloud = await opened(t, row);
      await cloud.change({ limits: ownLimitsText({ [resource]: after - 1 }) });
      await isRefused(cloud, "limit_reached", new RegExp(`at most ${after - 1} `));
      await cloud.change({ limits: ownLimitsText({ [resource]: after }) });
      await isDone(cloud);
    });

    if (!isPriced(resource)) continue;
    const whole = hour(resource, after);

    test(`${command} is 402 where the balance does not hold an hour of ${resource}, and is done where it just does`, async (t) => {
      const cloud = await opened(t, row);
      await cloud.prices({ [resource]: { burst: PRICE } });
      await isRefused(cloud, "funds_short", new RegExp(`costs ${moneyText(whole)} EUR an hour`));
      await cloud.pay(whole - 1n);
      await isRefused(cloud, "funds_short", new RegExp(`balance is ${moneyText(whole - 1n)}`));
      await cloud.pay(1n);
      await isDone(cloud);
    });

    test(`${command} asks for an hour of the ${resource} alone that subscriptions do not cover`, async (t) => {
      const cloud = await opened(t, row);
      await cloud.prices({ [resource]: { burst: PRICE, subscription: "1" } });
      const part = after === 1 ? 0 : after / 2;
      if (part > 0) await cloud.cover(resource, part);
      const rest = hour(resource, after - part);
      await isRefused(cloud, "funds_short", new RegExp(`costs ${moneyText(rest)} EUR an hour`));
      await cloud.cover(resource, after - part);
      await isDone(cloud);
    });

    test(`${command} is done on credit, up to where that ends: ${resource}`, async (t) => {
      const cloud = await opened(t, row);
      await cloud.prices({ [resource]: { burst: PRICE } });
      await cloud.pay(-5n);
      await cloud.change({ credit: String(whole + 4n) });
      await isRefused(cloud, "funds_short", new RegExp(`credit ${moneyText(whole + 4n)}`));
      await cloud.change({ credit: String(whole + 5n) });
      await isDone(cloud);
    });
  }
}

const SUBSCRIBE: Asked = {
  path: "subscriptions/create",
  given: { resource: "cpu", amount: 1_000, period: "month" },
};
const SUBSCRIBED: Prices = { cpu: { burst: PRICE, subscription: "0.01" }, vlan: { burst: "3" } };

test("subscriptions/create is 402 for an account that is suspended, and changes nothing", async (t) => {
  const cloud = await opened(t);
  await cloud.prices(SUBSCRIBED);
  await cloud.change({ status: "suspended" });
  await isRefused(cloud, "account_suspended", /suspended/, SUBSCRIBE);
});

test("subscriptions/create is 402 where the balance does not hold its price, whatever the credit", async (t) => {
  const cloud = await opened(t);
  await cloud.prices(SUBSCRIBED);
  await cloud.change({ credit: String(100n * 10n ** 8n) });
  await cloud.pay(10n * 10n ** 8n - 1n);
  await isRefused(cloud, "funds_short", /costs 10 EUR, and your balance is 9.99999999/, SUBSCRIBE);
  await cloud.pay(1n);
  await isDone(cloud, SUBSCRIBE);
});

test("subscriptions/create is 402 where what is left does not hold an hour of the burst that stays", async (t) => {
  const cloud = await opened(t);
  await makeServer(cloud.cloud);
  await cloud.prices(SUBSCRIBED);
  await cloud.pay(parseMoney("128") ?? 0n);
  await isDone(cloud, { path: "resources/vlan/create", given: {} });
  await cloud.pay(-(parseMoney("115.00000001") ?? 0n));
  await isRefused(cloud, "funds_short", /costs 3 EUR an hour, and your balance is 2.99999999/, SUBSCRIBE);
  await cloud.pay(1n);
  // It covers what the server uses.
  await isDone(cloud, SUBSCRIBE);
});

test("of two who start the last server that is covered at once, one is refused", async (t) => {
  const cloud = await opened(t);
  const servers = [await makeLasting(cloud.cloud), await makeLasting(cloud.cloud)];
  for (const server of servers) await lifecycle(cloud.cloud).stop(server);
  await cloud.prices({ cpu: { burst: PRICE } });
  await cloud.pay(hour("cpu", 500) + hour("cpu", 499));
  const answers = await Promise.all(
    servers.map((server) => cloud.ask("text/plain", { path: `servers/${server}/start`, given: {} })),
  );
  assert.deepEqual(answers.map(({ status }) => status).sort(), [204, 402]);
});

test("of two who subscribe with the last of a balance at once, one is refused", async (t) => {
  const cloud = await opened(t);
  await cloud.prices(SUBSCRIBED);
  await cloud.pay(parseMoney("19") ?? 0n);
  const answers = await Promise.all([1, 2].map(() => cloud.ask("application/json", SUBSCRIBE)));
  assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 402]);
});

test("402 comes after 400 and 404, and before 409 and 507", async (t) => {
  const cloud = await opened(t);
  const drive = await makeDrive(cloud.cloud);
  const active = await makeServer(cloud.cloud, { "ide:0:0": drive });
  await cloud.prices({ cpu: { burst: PRICE }, disk: { burst: PRICE } });
  const asked = (path: string, given: Given) => cloud.ask("text/plain", { path, given });
  const server = { name: "s", cpu: 500, mem: 64 };
  const nowhere = "00000000-0000-4000-8000-000000000000";
  assert.equal((await asked("servers/create", { ...server, cpu: "much" })).status, 400);
  assert.equal((await asked("servers/create", { ...server, "ide:0:0": nowhere })).status, 404);
  assert.equal((await asked("servers/create", { ...server, "ide:0:0": drive })).status, 402);
  assert.equal((await asked("drives/create", { name: "d", size: 2 ** 50 })).status, 402);
  // Memory can be changed on one that is stopped alone.
  const more = { cpu: 600, mem: 128 };
  assert.equal((await asked(`servers/${active}/set`, { ...more, mem: "much" })).status, 400);
  assert.equal((await asked(`servers/${active}/set`, more)).status, 402);
  await cloud.pay(parseMoney("1000000000") ?? 0n);
  assert.equal((await asked("servers/create", { ...server, "ide:0:0": drive })).status, 409);
  assert.equal((await asked(`servers/${active}/set`, more)).status, 409);
  assert.equal((await asked("drives/create", { name: "d", size: 2 ** 50 })).status, 507);
});

test("a start of a server that runs asks for nothing, also of an account that is suspended", async (t) => {
  const cloud = await opened(t);
  const server = await makeServer(cloud.cloud);
  await cloud.prices({ cpu: { burst: PRICE } });
  await cloud.pay(-1n);
  await isDone(cloud, { path: `servers/${server}/start`, given: {} });
  await cloud.change({ status: "suspended" });
  await isDone(cloud, { path: `servers/${server}/start`, given: {} });
});

test("what is stopped and destroyed asks for nothing", async (t) => {
  const cloud = await opened(t);
  const [server, drive] = [await makeLasting(cloud.cloud), await makeDrive(cloud.cloud, { size: SIZE })];
  await cloud.prices({ cpu: { burst: PRICE }, disk: { burst: PRICE } });
  await cloud.pay(-1n);
  await isRefused(cloud, "funds_short", /balance is -0.00000001/, {
    path: "drives/create",
    given: { name: "d", size: SIZE },
  });
  await isDone(cloud, { path: `servers/${server}/set`, given: { cpu: 400 } });
  await isDone(cloud, { path: `servers/${server}/stop`, given: {} });
  await isDone(cloud, { path: `servers/${server}/destroy`, given: {} });
  await isDone(cloud, { path: `drives/${drive}/destroy`, given: {} });
});
