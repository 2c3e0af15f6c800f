/** The audit trail over a state cloud: what is in it, what is not, and that neither a change nor its event is there alone. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { pruneEvents } from "../../src/audit/records.ts";
import type { UserId } from "../../src/base/ids.ts";
import { type Api, type As, got, type Row, stateApi } from "../../testing/state-api.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { until } from "../../testing/until.ts";

async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const { uuid, secret } = await createUser(cloud.daemon().store, "bob");
  return { cloud, api: await stateApi(t, cloud), ann: { user: cloud.user }, bob: { user: uuid, secret } };
}

const eventsOf = (api: Api, as: As) => got<readonly Row[]>(api, as, "profile/events");

/** What an event says of what was done: the command, the object, the outcome. */
const told = ({ command, object = "", outcome }: Row) => [command, object, outcome];

test("each change is one event, which names what it made or changed", async (t) => {
  const { cloud, api, bob } = await opened(t);
  const made = async (path: string, given: Row, key: string) =>
    String((await got(api, bob, path, given))[key]);
  const drive = await made("drives/create", { name: "d", size: 4096 }, "drive");
  const target = await made("drives/create", { name: "t", size: 4096 }, "drive");
  const server = await made("servers/create", { name: "s", cpu: 100, mem: 32, persistent: true }, "server");
  const vlan = await made("resources/vlan/create", {}, "resource");
  const key = await made("profile/keys/create", { name: "k" }, "key");
  const changes: readonly (readonly [path: string, given: Row])[] = [
    [`drives/${drive}/set`, { name: "d2" }],
    [`drives/${drive}/set`, { size: 8192 }],
    [`drives/${drive}/set`, { size: 4096 }],
    [`drives/${target}/image/${drive}`, {}],
    [`servers/${server}/set`, { cpu: 200 }],
    [`servers/${server}/reset`, {}],
    [`servers/${server}/start`, {}],
    [`servers/${server}/stop`, {}],
    [`servers/${server}/stop`, {}],
    [`servers/${server}/start`, {}],
    [`servers/${server}/shutdown`, {}],
    [`resources/vlan/${vlan}/set`, { name: "v" }],
    [`resources/vlan/${vlan}/destroy`, {}],
    ["profile/set", { email: "b@example.com" }],
    [`profile/keys/${key}/set`, { name: "k2" }],
    [`profile/keys/${key}/destroy`, {}],
  ];
  for (const [path, given] of changes) await got(api, bob, path, given);
  await cloud.daemon().look();
  await got(api, bob, `servers/${server}/destroy`, {});
  await got(api, bob, `drives/${drive}/destroy`, {}).catch(() => cloud.settled());
  const events = await eventsOf(api, bob);
  assert.deepEqual(events.slice(0, 22).map(told), [
    ["drives/create", drive, "begun"],
    ["drives/create", target, "begun"],
    ["servers/create", server, "begun"],
    ["resources/TYPE/create", vlan, "done"],
    ["profile/keys/create", key, "done"],
    ["drives/DRIVE/set", drive, "done"],
    ["drives/DRIVE/set", drive, "begun"],
    ["drives/DRIVE/set", drive, "begun"],
    ["drives/DRIVE/image/SOURCE[/CONVERSION]", target, "begun"],
    ["servers/SERVER/set", server, "begun"],
    ["servers/SERVER/reset", server, "done"],
    ["servers/SERVER/start", server, "done"],
    ["servers/SERVER/stop", server, "begun"],
    ["servers/SERVER/stop", server, "done"],
    ["servers/SERVER/start", server, "begun"],
    ["servers/SERVER/shutdown", server, "done"],
    ["resources/TYPE/RESOURCE/set", vlan, "done"],
    ["resources/TYPE/RESOURCE/destroy", vlan, "done"],
    ["profile/set", "", "done"],
    ["profile/keys/KEY/set", key, "done"],
    ["profile/keys/KEY/destroy", key, "done"],
    ["servers/SERVER/destroy", server, "done"],
  ]);
  const numbers = events.map(({ event }) => Number(event));
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((one, other) => one - other),
    "in one order",
  );
  const [{ user, actor, address } = {}] = events;
  assert.deepEqual([user, actor, address], [bob.user, bob.user, "127.0.0.1"]);
});

test("what is written to a drive is on record for each who wrote", async (t) => {
  const { cloud, api, bob } = await opened(t);
  const drive = String((await got(api, bob, "drives/create", { name: "d", size: 4096 })).drive);
  const bytes = { ...bob, headers: { "content-type": "application/octet-stream" } };
  for (const offset of ["0", "64"])
    await got(api, bytes, `drives/${drive}/write/${offset}`, { some: "bytes" });
  const acting = { ...bytes, user: cloud.user, secret: "secret", acting: bob.user };
  await got(api, acting, `drives/${drive}/write`, { other: "bytes" });
  const events = await until("they are on record", async () => {
    const all = await eventsOf(api, bob);
    return all.length >= 3 ? all : null;
  });
  const write = ["drives/DRIVE/write[/OFFSET]", drive, "done"];
  for (const event of events.slice(1)) assert.deepEqual(told(event), write);
  assert.deepEqual(new Set(events.slice(1).map(({ actor }) => actor)), new Set([bob.user, cloud.user]));
});

test("what is refused, and what is one's own to read, is no event", async (t) => {
  const { api, bob } = await opened(t);
  const drive = String((await got(api, bob, "drives/create", { name: "d", size: 4096 })).drive);
  for (const [path, given, status] of [
    ["drives/create", { name: "d" }, 400],
    ["drives/create", { name: "d", size: 2 ** 40 }, 507],
    ["drives/00000000-0000-4000-8000-000000000000/destroy", {}, 404],
    ["accounts/create", { name: "x" }, 404],
    ["drives/list", undefined, 200],
    ["drives/info", {}, 200],
    [`drives/${drive}/info`, undefined, 200],
    ["profile/info", undefined, 200],
  ] as const) {
    assert.equal((await api.ask(bob, path, given)).status, status, path);
  }
  assert.deepEqual((await eventsOf(api, bob)).map(told), [["drives/create", drive, "begun"]]);
});

test("what a host could not do is one more event, with the code of the error", async (t) => {
  const { cloud, api, bob } = await opened(t);
  const given = { name: "s", cpu: 100, mem: 32 };
  const server = String((await got(api, bob, "servers/create/stopped", given)).server);
  cloud.before = async (effect) => {
    if (effect === "launch") throw new Error("it does not start");
  };
  const { status, code } = await api.ask(bob, `servers/${server}/start`, {});
  assert.ok(status >= 500);
  assert.deepEqual((await eventsOf(api, bob)).map(told), [
    ["servers/create/stopped", server, "done"],
    ["servers/SERVER/start", server, "begun"],
    ["servers/SERVER/start", server, code],
  ]);
});

const CUT: readonly (readonly [path: string, given: Row])[] = [
  ["resources/vlan/create", { name: "v" }],
  ["drives/create", { name: "d", size: 4096 }],
  ["profile/set", { name: "changed" }],
  ["profile/keys/create", { name: "k" }],
];

for (const [path, given] of CUT) {
  test(`neither the change of ${path} nor its event is there alone, wherever the daemon is cut off`, async (t) => {
    for (let commits = 0; commits < 3; commits++) {
      const { cloud, api, bob } = await opened(t);
      const before = await changedIn(cloud, bob.user);
      let left = commits;
      cloud.refuse = () => left-- <= 0;
      await api.ask(bob, path, given);
      const after = await changedIn(cloud, bob.user);
      cloud.refuse = () => false;
      const isThere = JSON.stringify(after) !== JSON.stringify(before);
      const events = await eventsOf(api, bob);
      assert.equal(events.length > 0, isThere, `after ${commits} commits`);
    }
  });
}

/** All that those commands change. */
const changedIn = (cloud: Cloud, user: UserId) =>
  cloud
    .daemon()
    .store.snapshot(async (tx) => [
      await tx.selectFrom("resources").select("resource").where("user", "=", user).execute(),
      await tx.selectFrom("drives").select("uuid").where("user", "=", user).execute(),
      await tx.selectFrom("users").select("name").where("uuid", "=", user).execute(),
      await tx.selectFrom("api_keys").select("uuid").where("user", "=", user).execute(),
    ]);

test("what an admin reads and changes of another's is in both trails, and the other is not told from where", async (t) => {
  const { api, ann, bob } = await opened(t);
  const acting = { ...ann, acting: bob.user };
  await got(api, acting, "drives/list");
  const drive = String((await got(api, acting, "drives/create", { name: "d", size: 4096 })).drive);
  await got(api, ann, `accounts/${bob.user}/info`);
  await got(api, ann, "accounts/list");
  await got(api, ann, `accounts/${bob.user}/set`, { "limit:ip": 1 });
  assert.equal((await api.ask(ann, "accounts/00000000-0000-4000-8000-000000000000/info")).status, 404);
  const expected = [
    ["drives/list", "", "done"],
    ["drives/create", drive, "begun"],
    ["accounts/USER/info", bob.user, "done"],
    ["accounts/USER/set", bob.user, "done"],
  ];
  const bobs = await eventsOf(api, bob);
  assert.deepEqual(bobs.map(told), expected);
  for (const event of bobs) {
    assert.deepEqual([event.user, event.actor], [bob.user, ann.user]);
    assert.deepEqual([event.key, event.address], [undefined, undefined]);
  }
  const all = await got<readonly Row[]>(api, ann, "events");
  const [list, read] = ["accounts/list", "events[/FROM]"].map((command) => [command, "", "done"]);
  assert.deepEqual(all.map(told), [...expected.slice(0, 3), list, ...expected.slice(3), read]);
  assert.equal(all[0]?.address, "127.0.0.1");
});

test("an account that is made is whom the event is about", async (t) => {
  const { api, ann } = await opened(t);
  const { user } = await got(api, ann, "accounts/create", { name: "eve" });
  const all = await got<readonly Row[]>(api, ann, "events");
  assert.deepEqual(
    all.slice(0, 1).map((event) => [event.user, event.actor, ...told(event)]),
    [[user, ann.user, "accounts/create", user, "done"]],
  );
});

test("no secret is in the trail", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const secrets = [bob.secret];
  secrets.push(String((await got(api, ann, "accounts/create", { name: "eve" })).secret));
  secrets.push(String((await got(api, bob, "profile/keys/create", { name: "k" })).secret));
  const vnc = {
    ...{ name: "s", cpu: 100, mem: 32, vnc: "auto", "vnc:password": "t0ps3cr3" },
    "user-data": "#!/bin/sh t0ps3cr3t",
  };
  await got(api, bob, "servers/create/stopped", vnc);
  const rows = await cloud.daemon().store.snapshot((tx) => tx.selectFrom("events").selectAll().execute());
  assert.equal(rows.length, 3);
  for (const secret of [...secrets, "t0ps3cr3", "eve"])
    assert.ok(!JSON.stringify(rows).includes(secret), secret);
});

test("the trail is answered in pages, from an event's number on", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  await cloud.daemon().store.transaction(async (tx) => {
    for (let written = 0; written < 1_100; written++) {
      const event = { ...{ user: bob.user, actor: bob.user, key: "", address: "" }, outcome: "done" };
      await tx
        .insertInto("events")
        .values({ ...event, time: 2_000_000_000, command: "c", object: String(written) })
        .execute();
    }
  });
  const page = async (path: string) =>
    (await got<readonly Row[]>(api, bob, path)).map(({ object }) => Number(object));
  const last = await page("profile/events");
  assert.deepEqual([last.length, last[0], last.at(-1)], [1_000, 100, 1_099]);
  const all = await got<readonly Row[]>(api, ann, "events/0");
  assert.deepEqual([all.length, all[0]?.object, all.at(-1)?.object], [1_000, "0", "999"]);
  const next = await page(`profile/events/${Number(all.at(-1)?.event) + 1}`);
  assert.deepEqual([next.length, next[0]], [100, 1_000]);
  assert.equal((await api.ask(bob, "profile/events/x")).status, 400);
});

test("the trail is answered by object, and backwards from any event, each account's own", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const object = "aaaaaaaa-0000-4000-8000-000000000001";
  await cloud.daemon().store.transaction(async (tx) => {
    for (let written = 0; written < 2_300; written++) {
      const user = written === 5 ? cloud.user : bob.user;
      const event = { ...{ user, actor: user, key: "", address: "" }, outcome: "done", time: 2_000_000_000 };
      await tx
        .insertInto("events")
        .values({ ...event, command: String(written), object: written % 2 === 0 ? "" : object })
        .execute();
    }
  });
  const page = async (path: string, as: As = bob) =>
    (await got<readonly Row[]>(api, as, path)).map(({ event, command }) => ({
      event: Number(event),
      command: Number(command),
    }));
  const ends = (events: readonly { readonly command: number }[]) => [
    events.length,
    events[0]?.command,
    events.at(-1)?.command,
  ];
  const last = await page("profile/events");
  assert.deepEqual(ends(last), [1_000, 1_300, 2_299]);
  const before = await page(`profile/events/before/${last[0]?.event}`);
  assert.deepEqual(ends(before), [1_000, 300, 1_299]);
  const first = await page(`profile/events/before/${before[0]?.event}`);
  assert.deepEqual(ends(first), [299, 0, 299]);
  assert.deepEqual(await page(`profile/events/before/${first[0]?.event}`), []);
  const of = await page(`profile/events/of/${object.toUpperCase()}`);
  assert.deepEqual(ends(of), [1_000, 301, 2_299]);
  const ofBefore = await page(`profile/events/of/${object}/before/${of[0]?.event}`);
  assert.deepEqual(ends(ofBefore), [149, 1, 299]);
  const ofFrom = await page(`profile/events/of/${object}/${of.at(-2)?.event}`);
  assert.deepEqual(ends(ofFrom), [2, 2_297, 2_299]);
  assert.deepEqual(ends(await page(`profile/events/of/${object}`, ann)), [1, 5, 5]);
  for (const path of ["of/x", "of/x/before/1", `of/${object}/x`, "before/x", `of/${object}/before/-1`])
    assert.equal((await api.ask(bob, `profile/events/${path}`)).status, 400, path);
});

test("an event of a webhook or of a subscription says which", async (t) => {
  const { cloud, api, ann } = await opened(t);
  const prices = { currency: "EUR", from: "now", "cpu:subscription": "1", "cpu:burst": "1" };
  await got(api, ann, "pricing/set", prices);
  await got(api, ann, `accounts/${cloud.user}/credit`, { amount: "100", reference: "r" });
  const bought = { resource: "cpu", amount: 1, period: "month" };
  const subscription = String((await got(api, ann, "subscriptions/create", bought)).subscription);
  await got(api, ann, `subscriptions/${subscription}/set`, { renew: true });
  const hook = { url: "https://example.com/", events: "account.warning" };
  const webhook = String((await got(api, ann, "webhooks/create", hook)).webhook);
  await got(api, ann, `webhooks/${webhook}/set`, { events: "ledger.entry" });
  await got(api, ann, `webhooks/${webhook}/destroy`, {});
  assert.deepEqual((await eventsOf(api, ann)).slice(-5).map(told), [
    ["subscriptions/create", subscription, "done"],
    ["subscriptions/SUBSCRIPTION/set", subscription, "done"],
    ["webhooks/create", webhook, "done"],
    ["webhooks/WEBHOOK/set", webhook, "done"],
    ["webhooks/WEBHOOK/destroy", webhook, "done"],
  ]);
});

test("what is older than the operator says goes, and nothing else does", async (t) => {
  const { cloud } = await opened(t);
  const { store } = cloud.daemon();
  const nowMs = Date.now();
  const days = (ago: number) => Math.floor(nowMs / 1000) - ago * 86_400;
  const event = { ...{ user: "u", actor: "u", key: "", address: "", object: "" }, outcome: "done" };
  const ages = [...new Array(1_050).fill(40), 31, 10, 33, 0];
  await store.transaction(async (tx) => {
    for (const age of ages)
      await tx
        .insertInto("events")
        .values({ ...event, time: days(age), command: String(age) })
        .execute();
  });
  await pruneEvents(store, 30, nowMs);
  const left = () =>
    store.snapshot((tx) => tx.selectFrom("events").select("command").orderBy("serial").execute());
  assert.deepEqual(
    (await left()).map(({ command }) => command),
    ["10", "0"],
  );
  await assert.rejects(
    store.transaction((tx) => tx.updateTable("events").set({ outcome: "x" }).execute()),
    /never changed/,
  );
  await assert.rejects(
    store.transaction((tx) => tx.deleteFrom("events").where("command", "=", "0").execute()),
    /kept for a day/,
  );
  assert.equal((await left()).length, 2);
});

test("events that are old go although there are younger ones before them, as where a clock was ahead", async (t) => {
  const { cloud } = await opened(t);
  const { store } = cloud.daemon();
  const days = (ago: number) => Math.floor(Date.now() / 1000) - ago * 86_400;
  const event = { ...{ user: "u", actor: "u", key: "", address: "", object: "" }, outcome: "done" };
  const ages = [...new Array(2_100).fill(-300), ...new Array(2_100).fill(40), 1, 0];
  await store.transaction(async (tx) => {
    for (const age of ages)
      await tx
        .insertInto("events")
        .values({ ...event, time: days(age), command: String(age) })
        .execute();
  });
  await pruneEvents(store, 30);
  const left = await store.snapshot((tx) => tx.selectFrom("events").select("command").execute());
  const old = left.filter(({ command }) => command === "40");
  // Those that stand between younger ones go with the last thousand before them.
  assert.ok(old.length < 1_000, `${old.length}`);
  assert.equal(left.length - old.length, 2_102);
});

test("pruning goes on where the store's clock is behind, which lets nothing go that is a day old", async (t) => {
  const { cloud } = await opened(t);
  const { store } = cloud.daemon();
  const event = { ...{ user: "u", actor: "u", key: "", address: "", object: "" }, outcome: "done" };
  const nowMs = Date.now();
  const hours = (ago: number) => Math.floor(nowMs / 1000) - ago * 3_600;
  await store.transaction(async (tx) => {
    for (const ago of [30, 20, 1])
      await tx
        .insertInto("events")
        .values({ ...event, time: hours(ago), command: String(ago) })
        .execute();
  });
  await pruneEvents(store, 1, nowMs + 10 * 3_600_000);
  const left = await store.snapshot((tx) => tx.selectFrom("events").select("command").execute());
  assert.deepEqual(
    left.map(({ command }) => command),
    ["20", "1"],
  );
});

test("the last event stays however old it is, so that numbers grow", async (t) => {
  const { cloud } = await opened(t);
  const { store } = cloud.daemon();
  const event = { ...{ user: "u", actor: "u", key: "", address: "", object: "" }, outcome: "done" };
  await store.transaction(async (tx) => {
    for (const command of ["first", "last"])
      await tx
        .insertInto("events")
        .values({ ...event, time: 1_000_000_000, command })
        .execute();
  });
  await pruneEvents(store, 30);
  const left = await store.snapshot((tx) => tx.selectFrom("events").select("command").execute());
  assert.deepEqual(left, [{ command: "last" }]);
});
