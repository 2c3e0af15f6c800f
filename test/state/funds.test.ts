/** Funds that end, over a state cloud: warnings, grace, suspension, keep and destruction, and what a crash leaves of them. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { DEFAULT_TERMS, type Terms } from "../../src/accounts/funds/rule.ts";
import { createUser } from "../../src/accounts/users.ts";
import type { UserId } from "../../src/base/ids.ts";
import { openReceiver, type Receiver } from "../../testing/hook-receiver.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Api, stateApi } from "../../testing/state-api.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { makeDrive, makeServer, phaseOf } from "../../testing/state-objects.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DESTROYS: Terms = { ...DEFAULT_TERMS, destroysDrives: true };

type Properties = Readonly<Record<string, unknown>>;

type Opened = {
  readonly cloud: Cloud;
  readonly api: Api;
  readonly receiver: Receiver;
  readonly bob: { readonly user: UserId; readonly secret: string };
};

async function acted(api: Api, user: UserId, path: string, given: Properties): Promise<Properties> {
  const { status, text, body } = await api.ask({ user }, path, given);
  assert.ok(status === 200 || status === 204, text);
  return (body ?? {}) as Properties;
}

/** A cloud in which 500 MHz cost 1 an hour, and a drive of a MB 0.1; bob is no admin, and hooks are told. */
async function opened(t: TestContext, terms: Terms = DEFAULT_TERMS): Promise<Opened> {
  const cloud = await openCloud(t, undefined, { terms });
  const { uuid: user, secret } = await createUser(cloud.daemon().store, "bob");
  const [api, receiver] = [await stateApi(t, cloud), await openReceiver(t)];
  const prices = { currency: "EUR", from: "now", "cpu:burst": "0.002", "disk:burst": "102.4" };
  await acted(api, cloud.user, "pricing/set", prices);
  const events = "account.warning account.suspended account.resumed drive.destroyed";
  await acted(api, cloud.user, "webhooks/create", { url: receiver.url, events });
  return { cloud, api, receiver, bob: { user, secret } };
}

let references = 0;

const credit = ({ cloud, api, bob }: Opened, amount: string, user = bob.user) =>
  acted(api, cloud.user, `accounts/${user}/credit`, { amount, reference: `r${references++}`, text: "" });

/** What the daemon does by itself: charges, looks at funds, tells hooks. */
async function goOn({ cloud }: Pick<Opened, "cloud">): Promise<void> {
  const { charge, funds, deliverer } = cloud.daemon();
  await charge();
  await funds.look();
  await deliverer.idle();
}

/** So many hours pass, of which the daemon sees each. */
async function hours(of: Pick<Opened, "cloud">, count: number): Promise<void> {
  for (let hour = 0; hour < count; hour++) {
    of.cloud.later(HOUR_MS);
    await goOn(of);
  }
}

const told = ({ received }: Receiver) =>
  received.map(({ json: { event, data } }) => (event === "account.warning" ? data.kind : event));

const infoOf = async ({ cloud, api }: Opened, user: UserId) =>
  (await api.ask({ user: cloud.user }, `accounts/${user}/info`)).body as Properties;

const warningsOf = ({ cloud }: Pick<Opened, "cloud">) =>
  cloud
    .daemon()
    .store.snapshot((tx) =>
      tx.selectFrom("warnings").select(["kind", "time", "until", "delivered"]).orderBy("serial").execute(),
    );

const drivesOf = async ({ cloud }: Pick<Opened, "cloud">, user: UserId) =>
  (
    await cloud
      .daemon()
      .store.snapshot((tx) => tx.selectFrom("drives").select("uuid").where("user", "=", user).execute())
  ).length;

/** Bob has funds for some 90 hours, or for what is said, a server that runs, and a drive. */
async function running(of: Opened, funds = "100") {
  await credit(of, funds);
  const bobs = { daemon: of.cloud.daemon, user: of.bob.user };
  const drive = await makeDrive(bobs, { size: "1M" });
  return { bobs, drive, server: await makeServer(bobs) };
}

test("an account is warned, told that its funds have ended, suspended a grace later, and goes on with a credit", async (t) => {
  const of = await opened(t);
  const { cloud, api, receiver, bob } = of;
  const { server } = await running(of);
  await hours(of, 17);
  assert.deepEqual(told(receiver), []);
  await hours(of, 3);
  assert.deepEqual(told(receiver), ["funds:72"]);
  await hours(of, 69);
  assert.deepEqual(told(receiver), ["funds:72", "funds:24"]);
  cloud.later(HOUR_MS);
  await goOn(of);
  assert.deepEqual(told(receiver), ["funds:72", "funds:24", "funds:1"]);
  await hours(of, 1);
  assert.deepEqual(told(receiver), ["funds:72", "funds:24", "funds:1", "funds:0"]);
  assert.equal((await infoOf(of, bob.user)).status, "active");
  await hours(of, 23);
  assert.equal((await infoOf(of, bob.user)).status, "active");
  assert.equal(await phaseOf(cloud, server), "active");
  await hours(of, 1);
  const { status, reason } = await infoOf(of, bob.user);
  assert.deepEqual([status, reason], ["suspended", "its funds have ended"]);
  await cloud.settled();
  // It is not persistent, and there all the same.
  assert.equal(await phaseOf(cloud, server), "stopped");
  const start = await api.ask({ user: bob.user }, `servers/${server}/start`, {});
  assert.deepEqual([start.status, start.code], [402, "account_suspended"]);
  // One that leaves the balance where it was at most ends nothing.
  await credit(of, "1");
  const { balance, status: before } = await infoOf(of, bob.user);
  assert.equal(before, "suspended");
  // Nor does one that leaves nothing.
  await credit(of, String(balance).replace(/^-/, ""));
  const paid = await infoOf(of, bob.user);
  assert.deepEqual([paid.balance, paid.status], ["0", "suspended"]);
  await credit(of, String(balance));
  await credit(of, "150");
  assert.deepEqual((({ status, reason }) => [status, reason])(await infoOf(of, bob.user)), [
    "active",
    undefined,
  ]);
  assert.equal(await phaseOf(cloud, server), "stopped");
  await goOn(of);
  assert.deepEqual(told(receiver).slice(4), ["account.suspended", "account.resumed"]);
  await acted(api, bob.user, `servers/${server}/start`, {});
  await credit(of, "-110");
  await goOn(of);
  assert.equal(told(receiver).at(-1), "funds:24");
  const all = await warningsOf(of);
  assert.ok(all.every(({ delivered }) => delivered !== null));
  assert.deepEqual(cloud.unheard, []);
});

test("a warning is delivered once the account asks for itself, and not by an admin who asks in its place", async (t) => {
  const of = await opened(t);
  const { cloud, api, receiver, bob } = of;
  receiver.answer = (response) => response.writeHead(500).end();
  await running(of, "50");
  await goOn(of);
  const delivered = async () => (await warningsOf(of)).map((row) => row.delivered !== null);
  await api.ask({ user: cloud.user }, `accounts/${bob.user}/info`);
  await api.ask({ user: cloud.user, acting: bob.user }, "profile/info");
  assert.deepEqual(await delivered(), [false]);
  await api.ask({ user: bob.user, secret: bob.secret }, "profile/info");
  assert.deepEqual(await delivered(), [true]);
  const { store } = cloud.daemon();
  const before = await store.snapshot((tx) => tx.selectFrom("warnings").selectAll().execute());
  cloud.refuse = () => true;
  assert.equal((await api.ask({ user: bob.user, secret: bob.secret }, "profile/info")).status, 200);
  cloud.refuse = () => false;
  assert.deepEqual(await store.snapshot((tx) => tx.selectFrom("warnings").selectAll().execute()), before);
});

/** An account that was suspended for its funds just now, with its drive. */
async function suspended(t: TestContext, terms?: Terms) {
  const of = await opened(t, terms);
  const made = await running(of, "3");
  await hours(of, 4);
  await days(of, 1);
  await of.cloud.settled();
  assert.equal((await infoOf(of, of.bob.user)).status, "suspended");
  of.receiver.received.length = 0;
  return { of, ...made };
}

/** So many days pass, of which the daemon sees each; what it charges for them is nothing that matters. */
async function days({ cloud }: Pick<Opened, "cloud">, count: number): Promise<void> {
  for (let day = 0; day < count; day++) {
    cloud.later(DAY_MS);
    await cloud.daemon().funds.look();
    await cloud.daemon().deliverer.idle();
  }
}

test("drives of who does not pay cost on, are warned of, and are kept where the operator does not say otherwise", async (t) => {
  const { of } = await suspended(t);
  await goOn(of);
  const { balance } = await infoOf(of, of.bob.user);
  await days(of, 60);
  assert.deepEqual(told(of.receiver), ["drives:14", "drives:7", "drives:1"]);
  assert.equal(await drivesOf(of, of.bob.user), 1);
  // Two of those days are enough to see it.
  of.cloud.later(-58 * DAY_MS);
  await goOn(of);
  const cost = Number(balance) - Number((await infoOf(of, of.bob.user)).balance);
  // With what its server still ran of the hour in which it was suspended.
  assert.ok(cost > 2 * 24 * 0.1 - 0.2 && cost < 2 * 24 * 0.1 + 1.2, `${cost}`);
});

test("where the operator says so they are destroyed after keep, and what else the account has stays", async (t) => {
  const { of, server } = await suspended(t, DESTROYS);
  await days(of, 44);
  assert.equal(await drivesOf(of, of.bob.user), 1);
  assert.deepEqual(told(of.receiver), ["drives:14", "drives:7", "drives:1"]);
  await days(of, 3);
  await of.cloud.settled();
  assert.equal(await drivesOf(of, of.bob.user), 0);
  assert.equal(await phaseOf(of.cloud, server), "stopped");
  // Nothing more is charged: those are a thousand hours, and another test's.
  await of.cloud.daemon().deliverer.idle();
  assert.equal(told(of.receiver).at(-1), "drive.destroyed");
  await assertAgreement(of.cloud);
});

test("nothing is destroyed whose warnings nobody took; once they did, their days are waited for", async (t) => {
  const { of } = await suspended(t, DESTROYS);
  const { cloud, api, receiver, bob } = of;
  receiver.answer = (response) => response.writeHead(503).end();
  await days(of, 80);
  assert.equal(await drivesOf(of, bob.user), 1);
  await api.ask({ user: bob.user }, "profile/info");
  await days(of, 6);
  assert.equal(await drivesOf(of, bob.user), 1);
  await days(of, 2);
  await cloud.settled();
  assert.equal(await drivesOf(of, bob.user), 0);
});

test("a daemon that was away over grace and keep warns first, and leaves what it warns of its days", async (t) => {
  const of = await opened(t, DESTROYS);
  const { cloud, receiver, bob } = of;
  const { server } = await running(of, "80");
  await goOn(of);
  receiver.received.length = 0;
  cloud.later(8 * DAY_MS);
  await cloud.restart();
  await goOn(of);
  assert.deepEqual(told(receiver), ["funds:0"]);
  assert.equal(await phaseOf(cloud, server), "active");
  await hours(of, 23);
  assert.equal(await phaseOf(cloud, server), "active");
  await hours(of, 2);
  await cloud.settled();
  assert.deepEqual(told(receiver), ["funds:0", "account.suspended"]);
  cloud.later(99 * DAY_MS);
  await cloud.restart();
  await days(of, 1);
  assert.deepEqual(told(receiver).slice(2), ["drives:7"]);
  await days(of, 5);
  cloud.later(100 * DAY_MS);
  await days(of, 1);
  assert.deepEqual(told(receiver).slice(2), ["drives:7", "drives:1"]);
  assert.equal(await drivesOf(of, bob.user), 1);
  await days(of, 2);
  await cloud.settled();
  assert.equal(await drivesOf(of, bob.user), 0);
});

test("a credit that comes as drives are being destroyed keeps those that are left", async (t) => {
  const of = await opened(t, DESTROYS);
  const { cloud, bob } = of;
  const { bobs } = await running(of, "3");
  for (let more = 0; more < 3; more++) await makeDrive(bobs, { size: "1M" });
  await hours(of, 4);
  await days(of, 1);
  await cloud.settled();
  await days(of, 44);
  const { dependencies } = cloud.daemon();
  let taken = 0;
  const { funds } = cloud.daemon();
  cloud.later(2 * DAY_MS);
  const command = dependencies.worker.command.bind(dependencies.worker);
  dependencies.worker.command = async (...args: Parameters<typeof command>) => {
    const result = await command(...args);
    if (++taken === 2) await credit(of, "1000");
    return result as never;
  };
  await funds.look();
  await cloud.settled();
  assert.equal(await drivesOf(of, bob.user), 2);
  assert.equal((await infoOf(of, bob.user)).status, "active");
});

test("a suspension by an operator is none for funds: a credit does not end it, and one who is resumed is warned anew", async (t) => {
  const of = await opened(t);
  const { cloud, api, receiver, bob } = of;
  await running(of);
  await acted(api, cloud.user, `accounts/${bob.user}/suspend`, { reason: "abuse" });
  await cloud.settled();
  await credit(of, "1000");
  await hours(of, 2);
  assert.equal((await infoOf(of, bob.user)).reason, "abuse");
  await credit(of, "-1200");
  await days(of, 3);
  assert.equal((await infoOf(of, bob.user)).reason, "abuse");
  await acted(api, cloud.user, `accounts/${bob.user}/resume`, {});
  await goOn(of);
  assert.equal((await infoOf(of, bob.user)).status, "active");
  assert.deepEqual(told(receiver).slice(-2), ["account.resumed", "funds:0"]);
  await days(of, 1);
  assert.equal((await infoOf(of, bob.user)).reason, "its funds have ended");
  await acted(api, cloud.user, `accounts/${bob.user}/suspend`, { reason: "abuse once more" });
  await credit(of, "1000");
  assert.equal((await infoOf(of, bob.user)).reason, "abuse once more");
});

test("the last admin is warned, and never suspended", async (t) => {
  const of = await opened(t);
  const { cloud, receiver } = of;
  await credit(of, "-1", cloud.user);
  await days(of, 3);
  assert.deepEqual(told(receiver), ["funds:0"]);
  assert.equal((await infoOf(of, cloud.user)).status, "active");
});

test("a cloud without prices looks at nothing and warns of nothing", async (t) => {
  const cloud = await openCloud(t);
  await makeServer(cloud);
  cloud.later(4 * DAY_MS);
  await goOn({ cloud });
  const rows = await cloud.daemon().store.snapshot((tx) => tx.selectFrom("funds").selectAll().execute());
  assert.deepEqual([rows, await warningsOf({ cloud })], [[], []]);
});

const COURSE = ["funds:72", "funds:24", "funds:1", "funds:0", "account.suspended"];

test("wherever the daemon dies on the way to a suspension and a destruction, each warning is given once, and all comes about", async (t) => {
  const of = await opened(t, DESTROYS);
  const { cloud, receiver, bob } = of;
  const { server } = await running(of);
  let cuts = 0;
  /** A look that is cut off at each of its commits in turn, until it comes to its end. */
  const look = async () => {
    for (let commits = 0; ; commits++) {
      let left = commits;
      cloud.refuse = () => left-- <= 0;
      await Promise.allSettled([cloud.daemon().funds.look()]);
      await cloud.daemon().worker.idle();
      const isCut = left < 0;
      cloud.refuse = () => false;
      if (!isCut) return;
      cuts++;
      await cloud.restart();
    }
  };
  for (let hour = 0; hour < 24; hour++) {
    cloud.later(5 * HOUR_MS);
    await cloud.daemon().charge();
    await look();
    await cloud.daemon().deliverer.idle();
  }
  await cloud.settled();
  assert.equal(await phaseOf(cloud, server), "stopped");
  const course = told(receiver);
  assert.deepEqual(
    course,
    COURSE.filter((event) => course.includes(event) || event !== "funds:1"),
  );
  for (let day = 0; day < 24; day++) {
    cloud.later(2 * DAY_MS);
    await look();
    await cloud.daemon().deliverer.idle();
  }
  await cloud.settled();
  await cloud.daemon().deliverer.idle();
  assert.deepEqual(told(receiver).slice(course.length), [
    "drives:14",
    "drives:7",
    "drives:1",
    "drive.destroyed",
  ]);
  assert.equal(await drivesOf(of, bob.user), 0);
  assert.ok(cuts >= 8, `${cuts} cuts`);
  // What daemons said while nothing came about any more.
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});
