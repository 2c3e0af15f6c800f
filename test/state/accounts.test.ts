/** Accounts over a state cloud: keys, roles, limits, suspension, closing, and what is left of them by a crash. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { createKey, setKey } from "../../src/accounts/api-keys.ts";
import { createAccount, setAccount } from "../../src/accounts/lifecycle/change.ts";
import { closeAccount } from "../../src/accounts/lifecycle/close.ts";
import { resumeAccount, suspendAccount } from "../../src/accounts/lifecycle/suspend.ts";
import { Logins } from "../../src/accounts/login.ts";
import { ensureAdmin } from "../../src/accounts/standing.ts";
import { createUser } from "../../src/accounts/users.ts";
import type { UserId } from "../../src/base/ids.ts";
import { creditAccount } from "../../src/billing/commands/ledger.ts";
import { setPrices } from "../../src/billing/commands/pricing.ts";
import { imageDrive } from "../../src/drives/imaging/image.ts";
import { createWebhook, destroyWebhook, setWebhook } from "../../src/webhooks/changes.ts";
import { loginOf } from "../../testing/http/accounts.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Api, stateApi } from "../../testing/state-api.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { lifecycle, makeDrive, makeLasting, makeServer, phaseOf } from "../../testing/state-objects.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";

/** A cloud whose first user, ann, is its admin, and bob, who is none. */
async function opened(t: TestContext, settings: Parameters<typeof openCloud>[2] = {}) {
  const cloud = await openCloud(t, undefined, settings);
  const { uuid, secret } = await createUser(cloud.daemon().store, "bob");
  const bob = { user: uuid, secret };
  return {
    cloud,
    api: await stateApi(t, cloud),
    ann: { user: cloud.user },
    bob,
    bobs: { ...cloud, user: uuid },
  };
}

type Properties = Readonly<Record<string, unknown>>;

async function got(api: Api, ...[as, path, given]: Parameters<Api["ask"]>): Promise<Properties> {
  const { status, text, body } = await api.ask(as, path, given);
  assert.equal(status, 200, text);
  return body as Properties;
}

async function acted(api: Api, ...[as, path, given]: Parameters<Api["ask"]>): Promise<void> {
  const { status, text } = await api.ask(as, path, given ?? {});
  assert.equal(status, 204, text);
}

/** The status and the code of what is refused. */
async function refused(api: Api, ...[as, path, given]: Parameters<Api["ask"]>): Promise<unknown> {
  const { status, code } = await api.ask(as, path, given);
  return [status, code];
}

test("a key that ends opens nothing any more from the answer on, however often it was just used", async (t) => {
  const { api, bob } = await opened(t);
  const { key, secret } = await got(api, bob, "profile/keys/create", { name: "second" });
  const second = { user: bob.user, secret: String(secret) };
  for (let asked = 0; asked < 3; asked++) assert.equal((await api.ask(second, "profile/info")).status, 200);
  await acted(api, bob, `profile/keys/${key}/destroy`);
  assert.deepEqual(await refused(api, second, "profile/info"), [401, "credentials_wrong"]);
  assert.equal((await api.ask(bob, "profile/info")).status, 200);
});

test("the last key that opens everything is not ended, nor given an end, and of two who end the last two one is refused", async (t) => {
  const { api, bob } = await opened(t);
  const [first] = (await got(api, bob, "profile/keys/info")) as unknown as Properties[];
  const own = `profile/keys/${first?.key}`;
  await got(api, bob, "profile/keys/create", { name: "reader", scope: "read" });
  assert.deepEqual(await refused(api, bob, `${own}/destroy`, {}), [409, "last_key"]);
  assert.deepEqual(await refused(api, bob, `${own}/set`, { expires: 4_000_000_000 }), [409, "last_key"]);
  await acted(api, bob, `${own}/set`, { name: "mine" });
  const { key } = await got(api, bob, "profile/keys/create", { name: "second" });
  const outcomes = await Promise.all(
    [first?.key, key].map((each) => api.ask({ user: bob.user }, `profile/keys/${each}/destroy`, {})),
  );
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), [204, 409]);
});

test("a key that ends by itself does not count as one that opens everything", async (t) => {
  const { api, bob } = await opened(t);
  const [first] = (await got(api, bob, "profile/keys/info")) as unknown as Properties[];
  const own = `profile/keys/${first?.key}`;
  const expires = Math.floor(Date.now() / 1000) + 1_000;
  const { key } = await got(api, bob, "profile/keys/create", { name: "passing", expires });
  assert.deepEqual(await refused(api, bob, `${own}/destroy`, {}), [409, "last_key"]);
  assert.deepEqual(await refused(api, bob, `${own}/set`, { expires }), [409, "last_key"]);
  await acted(api, bob, `profile/keys/${key}/destroy`);
});

/** A POST with that body, of which the server takes nothing before `meanwhile` is done: its status. */
async function slowly(
  url: string,
  given: Readonly<Record<string, string>>,
  body: string | Uint8Array,
  meanwhile: () => Promise<void>,
) {
  const headers = { "content-type": "application/json", ...given, expect: "100-continue" };
  const asked = request(url, { method: "POST", headers });
  asked.flushHeaders();
  await once(asked, "continue");
  await meanwhile();
  const answered = once(asked, "response");
  asked.end(body);
  const [answer] = (await answered) as [IncomingMessage];
  answer.resume();
  return answer.statusCode;
}

test("a request whose key ends while it comes is not let in, nor one of an admin who is none any more", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const { url } = await serveState(t, cloud);
  const { key, secret } = await got(api, bob, "profile/keys/create", { name: "second" });
  const as = (each: unknown) => ({
    authorization: `Basic ${Buffer.from(`${bob.user}:${each}`).toString("base64")}`,
  });
  const end = () => acted(api, bob, `profile/keys/${key}/destroy`);
  assert.equal(await slowly(`${url}drives/create`, as(secret), '{"name":"d","size":4096}', end), 401);
  assert.deepEqual(await got(api, bob, "drives/list"), []);
  await got(api, ann, `accounts/${bob.user}/set`, { role: "admin" });
  const unmake = async () => void (await got(api, ann, `accounts/${bob.user}/set`, { role: "user" }));
  const mate = '{"name":"mate","role":"admin"}';
  assert.equal(await slowly(`${url}accounts/create`, as(bob.secret), mate, unmake), 404);
});

test("a write whose key ends while its gzipped bytes come writes nothing", async (t) => {
  const { cloud, api, bob, bobs } = await opened(t);
  const { url } = await serveState(t, cloud);
  const drive = await makeDrive(bobs);
  const { key, secret } = await got(api, bob, "profile/keys/create", { name: "second" });
  const bytes = gzipSync("written");
  const given = {
    authorization: `Basic ${Buffer.from(`${bob.user}:${secret}`).toString("base64")}`,
    ...{ "content-type": "application/octet-stream", "content-encoding": "gzip" },
    "content-length": `${bytes.length}`,
  };
  const end = () => acted(api, bob, `profile/keys/${key}/destroy`);
  const status = await slowly(`${url}drives/${drive}/write`, given, bytes, end);
  assert.equal(status, 401);
});

test("a key that has ended, or is to end, makes no other that goes on, however soon it asked", async (t) => {
  const { cloud, api, bob } = await opened(t);
  const { store, dependencies } = cloud.daemon();
  const { key, secret } = await got(api, bob, "profile/keys/create", { name: "second" });
  const logins = new Logins(store, assert.ifError);
  const login = await logins.authenticate(bob.user, String(secret));
  await logins.flush();
  assert.ok(login !== null);
  const caller = { user: bob.user, role: login.role, login };
  const make = () => createKey(dependencies, caller, new Map([["name", "third"]]), null);
  const expires = Math.floor(Date.now() / 1000) + 1_000;
  await acted(api, bob, `profile/keys/${key}/set`, { expires });
  const { uuid } = await make();
  assert.equal((await got(api, bob, `profile/keys/${uuid}/info`)).expires, expires);
  const endless = setKey(dependencies, caller, uuid, new Map([["expires", null]]));
  await assert.rejects(endless, { code: "malformed_value" });
  await acted(api, bob, `profile/keys/${key}/destroy`);
  await assert.rejects(make(), { code: "credentials_wrong" });
});

test("an account that is closed is given no key any more", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const { store, dependencies } = cloud.daemon();
  const anns = await got(api, ann, "profile/keys/info");
  const [{ key }] = anns as unknown as [{ key: string }];
  const login = { ...loginOf(ann.user), key };
  const caller = { user: bob.user, role: "user", login } as const;
  await acted(api, ann, `accounts/${bob.user}/close`);
  const made = createKey(dependencies, caller, new Map([["name", "k"]]), null);
  await assert.rejects(made, { code: "account_over" });
  assert.equal(await new Logins(store, assert.ifError).find(bob.user), null);
});

test("a key makes, changes and ends no key that opens more than itself, nor does one outlive it", async (t) => {
  const { api, bob } = await opened(t);
  const [first] = (await got(api, bob, "profile/keys/info")) as unknown as Properties[];
  const expires = Math.floor(Date.now() / 1000) + 1_000;
  const narrow = await got(api, bob, "profile/keys/create", {
    ...{ name: "narrow", scope: ["profile", "drives"], expires },
  });
  assert.equal(narrow.scope, "drives profile");
  const as = { user: bob.user, secret: String(narrow.secret) };
  for (const scope of ["all", "read", "servers", "drives servers"]) {
    const given = { name: "wider", scope };
    assert.deepEqual(await refused(api, as, "profile/keys/create", given), [404, "outside_scope"], scope);
  }
  for (const [path, given] of [
    ["destroy", {}],
    ["set", { name: "taken" }],
  ] as const) {
    const asked = await refused(api, as, `profile/keys/${first?.key}/${path}`, given);
    assert.deepEqual(asked, [404, "outside_scope"]);
  }
  assert.deepEqual(await refused(api, as, "profile/keys/create", { name: "none", scope: [] }), [
    400,
    "malformed_value",
  ]);
  const later = { name: "later", scope: "drives", expires: expires + 1 };
  assert.deepEqual(await refused(api, as, "profile/keys/create", later), [400, "malformed_value"]);
  const made = await got(api, as, "profile/keys/create", { name: "within", scope: "drives" });
  assert.equal(made.expires, expires);
  assert.deepEqual(await refused(api, as, `profile/keys/${made.key}/set`, { expires: "" }), [
    ...[400, "malformed_value"],
  ]);
  await acted(api, as, `profile/keys/${made.key}/destroy`);
});

test("a create that is repeated with its Idempotency-Key makes one key, and tells its secret once", async (t) => {
  const { api, bob } = await opened(t);
  const as = { ...bob, headers: { "idempotency-key": "one" } };
  const made = await got(api, as, "profile/keys/create", { name: "k" });
  const again = await got(api, as, "profile/keys/create", { name: "k" });
  assert.equal(again.key, made.key);
  assert.deepEqual([typeof made.secret, again.secret], ["string", undefined]);
});

test("an account has a hundred keys at most", async (t) => {
  const { api, bob } = await opened(t);
  const make = () => api.ask(bob, "profile/keys/create", { name: "k" });
  for (let made = 1; made < 100; made++) assert.equal((await make()).status, 200);
  assert.deepEqual([(await make()).status, (await make()).code], [409, "too_many_api_keys"]);
});

test("what an account uses is counted by its own rows, what is being changed included", async (t) => {
  const { cloud, api, bob, bobs } = await opened(t);
  await makeDrive(cloud, { size: 1_000_000 });
  const drive = await makeDrive(bobs, { size: 5000 });
  await makeDrive(bobs, { size: 3000 });
  const server = await makeLasting(bobs, { cpu: 700, mem: 128, "ide:0:0": drive });
  await makeServer(bobs, { cpu: 900, mem: 64 }, false);
  await got(api, bob, "resources/vlan/create", {});
  const used = async () => {
    const info = await got(api, bob, "profile/info");
    return ["cpu", "mem", "disk", "ip", "vlan", "servers", "drives"].map((each) => info[`used:${each}`]);
  };
  assert.deepEqual(await used(), [700, 128, 8000, 0, 1, 2, 2]);
  await lifecycle(cloud).stop(server);
  assert.deepEqual(await used(), [0, 0, 8000, 0, 1, 2, 2]);
});

test("two growths at once do not pass a limit together", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  const drives = [await makeDrive(bobs, { size: 4096 }), await makeDrive(bobs, { size: 4096 })];
  await got(api, ann, `accounts/${bob.user}/set`, { "limit:disk": 12_288 });
  const held = Promise.withResolvers<void>();
  const both = Promise.withResolvers<never>();
  let resizes = 0;
  cloud.before = async (effect) => {
    if (effect !== "drive resize") return;
    resizes++;
    if (resizes === 2) both.reject(new Error("both are under way"));
    await held.promise;
  };
  const [first, second] = drives.map((drive) => api.ask(bob, `drives/${drive}/set`, { size: 8192 }));
  const refusal = await Promise.race([first, second, both.promise]).finally(held.resolve);
  assert.deepEqual([refusal?.status, refusal?.code], [402, "limit_reached"]);
  const statuses = (await Promise.all([first, second])).map((answer) => answer?.status);
  assert.deepEqual(statuses.sort(), [200, 402]);
});

test("a suspended account's servers shut down, and are there stopped, persistent or not; nothing is started by itself", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  const [lasting, passing] = [await makeLasting(bobs), await makeServer(bobs)];
  const anns = await makeServer(cloud);
  await acted(api, ann, `accounts/${bob.user}/suspend`, { reason: "no money" });
  const info = await got(api, bob, "profile/info");
  assert.deepEqual([info.status, info.reason], ["suspended", "no money"]);
  await cloud.settled();
  assert.deepEqual([await phaseOf(cloud, lasting), await phaseOf(cloud, passing)], ["stopped", "stopped"]);
  assert.equal(await phaseOf(cloud, anns), "active");
  await acted(api, ann, `accounts/${bob.user}/resume`);
  const after = await got(api, bob, "profile/info");
  assert.deepEqual([after.status, after.reason], ["active", undefined]);
  await cloud.settled();
  assert.equal(await phaseOf(cloud, lasting), "stopped");
  await lifecycle(cloud).start(lasting);
  await assertAgreement(cloud);
});

test("a guest that does not hear is told again, and killed after five minutes and no sooner", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t, { stands: true });
  const server = await makeServer(bobs);
  let told = 0;
  cloud.before = async (effect) => {
    if (effect !== "power down") return;
    told++;
    throw new Error("the guest does not hear");
  };
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  await cloud.daemon().worker.idle();
  assert.equal(told, 1);
  for (const [passedMs, times] of [
    [10_000, 2],
    [285_000, 3],
  ] as const) {
    cloud.later(passedMs);
    await cloud.daemon().worker.idle();
    assert.deepEqual([told, await phaseOf(cloud, server)], [times, "active"]);
  }
  cloud.later(10_000);
  await cloud.daemon().worker.idle();
  assert.deepEqual([told, await phaseOf(cloud, server)], [3, "stopped"]);
  await cloud.settled();
  await assertAgreement(cloud);
});

/** Steps of a suspension whose guests hear nothing, a look each ten seconds, until the server is stopped: how many there were. */
async function stepsUntilStopped(cloud: Cloud, server: string, most: number): Promise<number> {
  for (let step = 0; step < most; step++) {
    await cloud.daemon().worker.idle();
    if ((await phaseOf(cloud, server)) === "stopped") return step;
    cloud.later(10_000);
  }
  return most;
}

const deaf = async (effect: string) => {
  if (effect === "power down") throw new Error("the guest does not hear");
};

for (const [way, jumpMs] of [
  ["ahead", 86_400_000],
  ["back", -86_400_000],
] as const) {
  test(`a clock that is set a day ${way} has no guest killed sooner or later than after five minutes`, async (t) => {
    const { cloud, api, ann, bob, bobs } = await opened(t, { stands: true });
    const server = await makeServer(bobs);
    cloud.before = deaf;
    await acted(api, ann, `accounts/${bob.user}/suspend`);
    assert.equal(await stepsUntilStopped(cloud, server, 10), 10);
    cloud.jump(jumpMs);
    assert.equal(await stepsUntilStopped(cloud, server, 40), 20);
    await assertAgreement(cloud);
  });
}

test("the time that guests have had goes on with the next daemon, without that in which there was none", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t, { stands: true });
  const server = await makeServer(bobs);
  cloud.before = deaf;
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  assert.equal(await stepsUntilStopped(cloud, server, 20), 20);
  await cloud.daemon().worker.idle();
  await cloud.daemon().kill();
  cloud.later(3_600_000);
  await cloud.start();
  cloud.before = deaf;
  assert.equal(await stepsUntilStopped(cloud, server, 40), 10);
});

test("a suspension asks eight servers at once, however many there are", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  for (let made = 0; made < 20; made++) await makeServer(bobs);
  let atOnce = 0;
  let most = 0;
  const { promise: enough, resolve: open } = Promise.withResolvers<void>();
  cloud.before = async (effect) => {
    if (effect !== "power down") return;
    most = Math.max(most, ++atOnce);
    // Whoever else is asked at once comes while the store is asked.
    if (atOnce === 8)
      for (let turn = 0; turn < 10; turn++) await cloud.daemon().store.snapshot(async () => {});
    if (atOnce >= 8) open();
    await enough;
    atOnce--;
  };
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  await cloud.settled();
  assert.equal(most, 8);
});

test("a suspension whose daemon dies is carried out by the next one", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  const server = await makeServer(bobs);
  cloud.before = (effect) => (effect === "power down" ? new Promise(() => {}) : Promise.resolve());
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  assert.equal(await phaseOf(cloud, server), "active");
  await cloud.restart();
  assert.equal(await phaseOf(cloud, server), "stopped");
  await assertAgreement(cloud);
});

test("a suspension that is taken back in time kills nobody", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  const server = await makeLasting(bobs);
  cloud.before = async (effect) => {
    if (effect === "power down") throw new Error("the guest does not hear");
  };
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  await cloud.daemon().worker.idle();
  await acted(api, ann, `accounts/${bob.user}/resume`);
  cloud.later(600_000);
  await cloud.settled();
  assert.equal(await phaseOf(cloud, server), "active");
});

/** All that a user may have, in every state: servers that run and do not, drives in use and free, an imaging, resources. */
async function muchOf(bobs: Cloud, api: Api, bob: { user: UserId; secret: string }): Promise<void> {
  const [used, free, target] = [await makeDrive(bobs), await makeDrive(bobs), await makeDrive(bobs)];
  await makeLasting(bobs, { "ide:0:0": used });
  await makeServer(bobs);
  await makeServer(bobs, {}, false);
  await imageDrive(bobs.daemon().dependencies, { target, source: free, user: bob.user, conversion: null });
  for (const type of ["ip", "vlan"]) await got(api, bob, `resources/${type}/create`, {});
}

const leftOf = (cloud: Cloud, user: UserId) =>
  cloud.daemon().store.snapshot(async (tx) => {
    const count = async (table: "servers" | "drives" | "resources" | "api_keys") =>
      (await tx.selectFrom(table).select("user").where("user", "=", user).execute()).length;
    return [await count("servers"), await count("drives"), await count("resources"), await count("api_keys")];
  });

test("an account that has something is not closed, and with everything true all that it has goes", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  await muchOf(bobs, api, bob);
  const anns = await makeDrive(cloud);
  const close = `accounts/${bob.user}/close`;
  assert.deepEqual(await refused(api, ann, close, {}), [409, "account_in_use"]);
  assert.equal((await got(api, bob, "profile/info")).status, "active");
  await acted(api, ann, close, { everything: true });
  assert.deepEqual(await refused(api, bob, "profile/info"), [401, "credentials_wrong"]);
  await cloud.settled();
  assert.deepEqual(await leftOf(cloud, bob.user), [0, 0, 0, 0]);
  assert.deepEqual([...cloud.machine.drives.keys()], [anns]);
  assert.equal(cloud.machine.servers.size, 0);
  assert.equal((await got(api, ann, `accounts/${bob.user}/info`)).status, "closed");
  for (const path of ["set", "suspend", "resume"]) {
    const given = path === "set" ? { name: "x" } : {};
    assert.deepEqual(await refused(api, ann, `accounts/${bob.user}/${path}`, given), [409, "account_over"]);
  }
  await acted(api, ann, close);
  await assertAgreement(cloud);
});

test("the keys of all drives go before it is waited for the file of any", async (t) => {
  const { cloud, api, ann, bob, bobs } = await opened(t);
  for (let made = 0; made < 12; made++) await makeDrive(bobs);
  const held = Promise.withResolvers<void>();
  let destroying = 0;
  cloud.before = async (effect) => {
    if (effect !== "drive destroy") return;
    destroying++;
    await held.promise;
  };
  await acted(api, ann, `accounts/${bob.user}/close`, { everything: "true" });
  const keys = () =>
    cloud.daemon().store.snapshot(async (tx) => {
      const rows = tx.selectFrom("drives").select("uuid").where("user", "=", bob.user);
      return (await rows.where("wrapped_secret", "is not", null).execute()).length;
    });
  while (destroying === 0) await new Promise(setImmediate);
  assert.equal(await keys(), 0);
  held.resolve();
  await cloud.settled();
  assert.deepEqual(await leftOf(cloud, bob.user), [0, 0, 0, 0]);
});

/** More than a close of all that commits; each is a cloud of its own. */
const CUTS = [0, 1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 60];

for (const commits of CUTS) {
  test(`a close that is cut off after ${commits} transactions is finished by the next daemon`, async (t) => {
    const { cloud, api, ann, bob, bobs } = await opened(t);
    await muchOf(bobs, api, bob);
    const cut = Promise.withResolvers<void>();
    let left = commits;
    cloud.refuse = () => {
      if (left-- > 0) return false;
      cut.resolve();
      return true;
    };
    cloud.before = async () => {
      if (left < 0) await new Promise(() => {});
    };
    const { status } = await api.ask(ann, `accounts/${bob.user}/close`, { everything: true });
    await Promise.race([cloud.daemon().worker.idle(), cut.promise]);
    if (commits === CUTS.at(-1)) assert.ok(left > 0, "the last is not cut off");
    await cloud.restart();
    // What the daemon said while nothing came about any more.
    cloud.unheard.length = 0;
    if (status === 204) assert.deepEqual(await leftOf(cloud, bob.user), [0, 0, 0, 0]);
    await assertAgreement(cloud);
  });
}

test("the last admin is not suspended, closed or made a user, and of two who unmake each other one is refused", async (t) => {
  const { api, ann, bob } = await opened(t);
  const own = `accounts/${ann.user}`;
  for (const [path, given] of [
    ["suspend", {}],
    ["close", { everything: true }],
    ["set", { role: "user" }],
    ["set", { role: "" }],
  ] as const) {
    assert.deepEqual(await refused(api, ann, `${own}/${path}`, given), [409, "last_admin"], path);
  }
  await got(api, ann, `accounts/${bob.user}/set`, { role: "admin" });
  const outcomes = await Promise.all([
    api.ask(ann, `accounts/${bob.user}/set`, { role: "user" }),
    api.ask(bob, `${own}/suspend`, {}),
  ]);
  assert.equal(outcomes.filter(({ status }) => status >= 400).length, 1);
});

test("of two admins who unmake each other at once one is refused, though a third is left", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const eve = await createUser(cloud.daemon().store, "eve");
  for (const { user } of [bob, { user: eve.uuid }])
    await got(api, ann, `accounts/${user}/set`, { role: "admin" });
  for (const [path, given] of [
    ["set", { role: "user" }],
    ["suspend", {}],
  ] as const) {
    const outcomes = await Promise.all([
      api.ask(ann, `accounts/${bob.user}/${path}`, given),
      api.ask(bob, `accounts/${ann.user}/${path}`, given),
    ]);
    const refusals = outcomes.filter(({ status }) => status >= 400).map(({ code }) => code);
    assert.deepEqual(refusals, ["no_such_command"], path);
    const as = { user: eve.uuid, secret: eve.secret };
    for (const { user } of [ann, bob]) await api.ask(as, `accounts/${user}/resume`, {});
    for (const { user } of [ann, bob]) await got(api, as, `accounts/${user}/set`, { role: "admin" });
  }
});

test("the cloud itself suspends an account, and ends that, in nobody's name", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const { dependencies } = cloud.daemon();
  const statusOf = async () => (await got(api, ann, `accounts/${bob.user}/info`)).status;
  await suspendAccount(dependencies, null, bob.user, "no money", null);
  assert.equal(await statusOf(), "suspended");
  await resumeAccount(dependencies, null, bob.user);
  assert.equal(await statusOf(), "active");
});

test("what an admin asked for is not done once they are none any more, or their key has ended, however soon they asked", async (t) => {
  const { cloud, api, ann, bob } = await opened(t);
  const { store, dependencies } = cloud.daemon();
  const eve = await createUser(store, "eve");
  await got(api, ann, `accounts/${bob.user}/set`, { role: "admin" });
  const logins = new Logins(store, assert.ifError);
  const login = await logins.authenticate(bob.user, bob.secret);
  await logins.flush();
  assert.ok(login?.role === "admin");
  const named = new Map([["name", "mate"]]);
  const acting = { user: eve.uuid, role: "user", login } as const;
  const [key] = (await got(api, { user: eve.uuid, secret: eve.secret }, "profile/keys/info")) as unknown as [
    Properties,
  ];
  const hook = { url: "https://example.com/", events: "account.warning" };
  const { webhook } = await got(api, ann, "webhooks/create", hook);
  const hooks = { ...dependencies, ensureAdmin, sendNow: async () => ({ status: null, error: "" }) };
  const prices = { currency: "EUR", from: null, prices: { cpu: { burst: "1" } } };
  const asked: readonly (() => Promise<unknown>)[] = [
    () => createAccount(dependencies, login, named, null),
    () => setAccount(dependencies, login, eve.uuid, new Map([["role", "admin"]])),
    () => suspendAccount(dependencies, login, eve.uuid, "", null),
    () => resumeAccount(dependencies, login, eve.uuid),
    () => closeAccount(dependencies, login, eve.uuid, true, null),
    () => createKey(dependencies, acting, named, null),
    () => setKey(dependencies, acting, String(key.key), named),
    () => creditAccount(dependencies, login, eve.uuid, { amount: 1n, reference: "r", text: "" }),
    () => setPrices(dependencies, login, prices),
    () => createWebhook(hooks, login, new Map(Object.entries(hook)), null),
    () => setWebhook(hooks, login, String(webhook), new Map([["url", "https://example.net/"]])),
    () => destroyWebhook(hooks, login, String(webhook)),
  ];
  await got(api, ann, `accounts/${bob.user}/set`, { role: "user" });
  for (const ask of asked) await assert.rejects(ask(), { code: "no_such_command" }, String(ask));
  await got(api, ann, `accounts/${bob.user}/set`, { role: "admin" });
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  for (const ask of asked) await assert.rejects(ask(), { code: "no_such_command" }, String(ask));
  await acted(api, ann, `accounts/${bob.user}/resume`);
  await store.transaction((tx) => tx.deleteFrom("api_keys").where("user", "=", bob.user).execute());
  for (const ask of asked) await assert.rejects(ask(), { code: "credentials_wrong" }, String(ask));
  assert.deepEqual(await got(api, ann, "pricing/info"), []);
  const [left] = (await got(api, ann, "webhooks/info")) as unknown as [Properties];
  assert.deepEqual([left.webhook, left.url], [webhook, hook.url]);
});

test("an admin who is suspended, or a user again, is told of no accounts from then on", async (t) => {
  const { api, ann, bob } = await opened(t);
  await got(api, ann, `accounts/${bob.user}/set`, { role: "admin" });
  assert.equal((await api.ask(bob, "accounts/list")).status, 200);
  await acted(api, ann, `accounts/${bob.user}/suspend`);
  assert.deepEqual(await refused(api, bob, "accounts/list"), [404, "no_such_command"]);
  await acted(api, ann, `accounts/${bob.user}/resume`);
  assert.equal((await api.ask(bob, "accounts/list")).status, 200);
  await got(api, ann, `accounts/${bob.user}/set`, { role: "user" });
  assert.deepEqual(await refused(api, bob, "accounts/list"), [404, "no_such_command"]);
});

test("who acts as another has what is theirs and no more than they may, and nobody but an admin does", async (t) => {
  const { api, ann, bob, bobs } = await opened(t);
  const drive = await makeDrive(bobs);
  const acting = { ...ann, acting: bob.user };
  assert.deepEqual(await got(api, acting, "drives/list"), [{ drive }]);
  assert.equal((await got(api, { ...ann, acting: bob.user.toUpperCase() }, "profile/info")).user, bob.user);
  assert.deepEqual(await refused(api, acting, "accounts/list"), [404, "no_such_command"]);
  for (const [as, named] of [
    [ann, NOBODY],
    [ann, "bob"],
    [ann, "00000000-0000-0000-0000-000000000001"],
    [bob, ann.user],
    [bob, bob.user],
    [bob, NOBODY],
  ] as const) {
    const { status, code, text } = await api.ask({ ...as, acting: named }, "drives/list");
    assert.deepEqual([status, code, text], [404, "no_such_user", `there is no user ${named}\n`]);
  }
});
