/** Webhooks over a state cloud: what is told, in which order, how often, and what is left of it by a crash. */
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { HOOK_EVENT_NAMES } from "../../src/webhooks/events.ts";
import { MOST_WAITING, tellHooks } from "../../src/webhooks/outbox.ts";
import { pruneDeliveries } from "../../src/webhooks/prune.ts";
import { openReceiver, type Receiver } from "../../testing/hook-receiver.ts";
import { type Api, stateApi } from "../../testing/state-api.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { lifecycle, makeDrive, makeLasting, makeServer } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";

const DAY_MS = 86_400_000;

type Row = Readonly<Record<string, unknown>>;

async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const bob = await createUser(cloud.daemon().store, "bob");
  const [api, receiver] = [await stateApi(t, cloud), await openReceiver(t)];
  return { cloud, api, receiver, ann: { user: cloud.user }, bob: bob.uuid };
}

async function hookTo(
  api: Api,
  { user }: Pick<Cloud, "user">,
  { url }: Pick<Receiver, "url">,
  events: readonly string[] = HOOK_EVENT_NAMES,
): Promise<{ readonly webhook: string; readonly secret: string }> {
  const { status, text, body } = await api.ask({ user }, "webhooks/create", { url, events: [...events] });
  assert.equal(status, 200, text);
  return body as { webhook: string; secret: string };
}

const logOf = async (api: Api, { user }: Pick<Cloud, "user">, webhook: string): Promise<readonly Row[]> =>
  (await api.ask({ user }, `webhooks/${webhook}/log`)).body as readonly Row[];

const told = ({ received }: Receiver) => received.map(({ json }) => json.event);

/** Records so many events of an account, each with its number. */
const tell = (cloud: Pick<Cloud, "daemon">, user: string, count: number, from = 0) =>
  cloud.daemon().store.transaction(async (tx) => {
    for (let entry = from; entry < from + count; entry++)
      await tellHooks(tx, "ledger.entry", user, { entry });
  });

const entriesOf = ({ received }: Receiver, user: string) =>
  received.filter(({ json }) => json.user === user).map(({ json }) => json.data.entry);

test("what is done with drives, servers and accounts is told in its order, signed", async (t) => {
  const { cloud, api, receiver, ann, bob } = await opened(t);
  const { secret } = await hookTo(api, cloud, receiver);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud);
  await lifecycle(cloud).stop(server);
  await lifecycle(cloud).destroy(server);
  const volatile = await makeServer(cloud);
  await lifecycle(cloud).destroy(volatile);
  await destroyDrive(cloud.daemon().dependencies, drive);
  await api.ask(ann, `accounts/${bob}/suspend`, { reason: "unpaid" });
  await api.ask(ann, `accounts/${bob}/resume`, {});
  await api.ask(ann, `accounts/${bob}/close`, {});
  await cloud.settled();
  await cloud.daemon().deliverer.idle();
  const of = (user: string) =>
    receiver.received
      .filter(({ json }) => json.user === user)
      .map(({ json: { event, data } }) => [event, data]);
  assert.deepEqual(of(cloud.user), [
    ["drive.created", { drive, size: 4096 }],
    ["server.started", { server }],
    ["server.ended", { server, left: "stopped" }],
    ["server.started", { server: volatile }],
    ["server.ended", { server: volatile, left: "nothing" }],
    ["drive.destroyed", { drive }],
  ]);
  assert.deepEqual(of(bob), [
    ["account.suspended", { reason: "unpaid" }],
    ["account.resumed", {}],
    ["account.closed", {}],
  ]);
  for (const { headers, body, json } of receiver.received) {
    const [, time, sum] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers["lodge-signature"])) ?? [];
    assert.equal(createHmac("sha256", secret).update(`${time}.${body}`).digest("hex"), sum);
    assert.deepEqual([headers["lodge-event"], headers["lodge-message"]], [json.event, json.id]);
  }
  assert.deepEqual(cloud.unheard, []);
});

test("a hook is made, told, changed and taken away, in both content types", async (t) => {
  const { cloud, receiver } = await opened(t);
  const { url, authorizationOf } = await serveState(t, cloud);
  for (const type of ["text/plain", "application/json"]) {
    const ask = async (path: string, given?: Row) => {
      const lines = Object.entries(given ?? {}).map(([key, value]) => `${key} ${value}\n`);
      const answer = await fetch(`${url}${path}`, {
        method: given === undefined ? "GET" : "POST",
        headers: { authorization: authorizationOf(cloud.user), accept: type, "content-type": type },
        ...(given && { body: type === "text/plain" ? lines.join("") : JSON.stringify(given) }),
      });
      return { status: answer.status, text: await answer.text() };
    };
    const made = await ask("webhooks/create", { url: receiver.url, events: "drive.created account.closed" });
    const [uuid = ""] = /[0-9a-f-]{36}/.exec(made.text) ?? [];
    assert.match(made.text, /secret\W{1,3}[0-9a-f]{64}/);
    assert.match(made.text, /events\W{1,3}account.closed drive.created/);
    await makeDrive(cloud);
    for (const path of ["webhooks/info", `webhooks/${uuid}/info`]) {
      const { text } = await ask(path);
      assert.match(text, /waiting\W{1,3}1/);
      assert.ok(text.includes(receiver.url) && !text.includes("secret") && text.includes("created"));
    }
    assert.ok((await ask("webhooks/list")).text.includes(uuid));
    await cloud.daemon().deliverer.idle();
    const log = (await ask(`webhooks/${uuid}/log`)).text;
    for (const part of [/drive.created/, /delivered/, /attempts\W{1,3}1/, /tried/, /status\W{1,3}204/])
      assert.match(log, part);
    const set = await ask(`webhooks/${uuid}/set`, { url: "https://example.com/hook" });
    assert.match(set.text, /https:..example.com.hook/);
    assert.equal((await ask(`webhooks/${uuid}/destroy`, {})).status, 204);
    assert.equal((await ask(`webhooks/${uuid}/info`)).status, 404);
  }
});

test("a hook is told of the events that it names, from its creation on, and of no other", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  await makeDrive(cloud);
  const { webhook } = await hookTo(api, cloud, receiver, ["server.started", "drive.created"]);
  await makeDrive(cloud);
  await lifecycle(cloud).stop(await makeLasting(cloud));
  await api.ask({ user: cloud.user }, `webhooks/${webhook}/set`, { events: "server.ended" });
  await lifecycle(cloud).stop(await makeLasting(cloud));
  await api.ask({ user: cloud.user }, `webhooks/${webhook}/destroy`, {});
  await makeDrive(cloud);
  const { store } = cloud.daemon();
  const rows = await store.snapshot((tx) =>
    tx.selectFrom("deliveries").select("event").orderBy("serial").execute(),
  );
  assert.deepEqual(
    rows.map(({ event }) => event),
    ["drive.created", "server.started", "server.ended"],
  );
});

test("where there is no hook nothing is recorded, nor is one asked for twice", async (t) => {
  const { cloud } = await opened(t);
  await makeDrive(cloud);
  const { store } = cloud.daemon();
  const asked: string[] = [];
  await store.transaction(async (tx) => {
    const seen = tx.withPlugin({
      transformQuery: ({ node }) => {
        asked.push(node.kind);
        return node;
      },
      transformResult: async ({ result }) => result,
    });
    await tellHooks(seen, "drive.created", cloud.user, {});
  });
  assert.deepEqual(asked, []);
  for (const table of ["deliveries", "delivery_queues"] as const)
    assert.deepEqual(await store.snapshot((tx) => tx.selectFrom(table).selectAll().execute()), []);
});

test("an event is recorded with what comes about, or neither is", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  await hookTo(api, cloud, receiver);
  cloud.refuse = () => true;
  await assert.rejects(tell(cloud, cloud.user, 1));
  cloud.refuse = () => false;
  await cloud.daemon().deliverer.idle();
  assert.deepEqual(receiver.received, []);
});

test("a hook that fails is tried again later and later, what came after waits, and then all comes in its order", async (t) => {
  const { cloud, api, receiver, bob } = await opened(t);
  const { webhook } = await hookTo(api, cloud, receiver);
  receiver.answer = (response, { json }) => response.writeHead(json.user === bob ? 204 : 500).end();
  await tell(cloud, cloud.user, 3);
  await tell(cloud, bob, 2);
  const { deliverer } = cloud.daemon();
  await deliverer.idle();
  assert.deepEqual(entriesOf(receiver, cloud.user), [0]);
  assert.deepEqual(entriesOf(receiver, bob), [0, 1]);
  for (const seconds of [5, 10, 20]) {
    // What a busy machine takes in between passes too.
    cloud.later(seconds * 1000 - 4_500);
    await deliverer.idle();
    const before = entriesOf(receiver, cloud.user).length;
    cloud.later(5_000);
    await deliverer.idle();
    assert.equal(entriesOf(receiver, cloud.user).length, before + 1);
  }
  const [first] = await logOf(api, cloud, webhook);
  assert.deepEqual(
    [first?.state, first?.attempts, first?.status, first?.error],
    ["waiting", 4, 500, "it answered 500"],
  );
  receiver.answer = (response) => response.writeHead(204).end();
  cloud.later(60_000);
  await deliverer.idle();
  assert.deepEqual(entriesOf(receiver, cloud.user), [0, 0, 0, 0, 0, 1, 2]);
  const ids = receiver.received.filter(({ json }) => json.data.entry === 0 && json.user !== bob);
  assert.equal(new Set(ids.map(({ json }) => json.id)).size, 1);
  assert.ok((await logOf(api, cloud, webhook)).every(({ state }) => state === "delivered"));
});

test("what a hook did not take for three days is given up, and it is said; what is younger waits on", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  const { webhook } = await hookTo(api, cloud, receiver);
  receiver.answer = (response) => response.writeHead(500).end();
  const { deliverer } = cloud.daemon();
  await tell(cloud, cloud.user, 2);
  const log = async () => (await logOf(api, cloud, webhook)).map(({ state }) => state);
  const hours = async (count: number) => {
    for (let hour = 0; hour < count; hour++) {
      cloud.later(3_601_000);
      await deliverer.idle();
    }
  };
  await hours(71);
  assert.deepEqual(await log(), ["waiting", "waiting"]);
  // It is of now by the wall clock, and so older than the two others are by the daemon's.
  await cloud.daemon().store.transaction(async (tx) => {
    await tellHooks(tx, "ledger.entry", cloud.user, { entry: 9 });
    await tx
      .updateTable("deliveries")
      .set({ time: Math.floor((Date.now() + 3 * DAY_MS) / 1000) })
      .where("body", "like", '%"entry":9}%')
      .execute();
  });
  await hours(3);
  assert.deepEqual(await log(), ["failed", "failed", "waiting"]);
  assert.match(String(cloud.unheard.at(-1)), /did not take 2 events in three days/);
  receiver.answer = (response) => response.writeHead(204).end();
  await hours(1);
  assert.deepEqual(await log(), ["failed", "failed", "delivered"]);
});

test("a clock that jumps gives nothing up, and lets nothing wait longer", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  const { webhook } = await hookTo(api, cloud, receiver);
  receiver.answer = (response) => response.writeHead(500).end();
  const { deliverer } = cloud.daemon();
  await tell(cloud, cloud.user, 1);
  await deliverer.idle();
  cloud.later(30 * DAY_MS);
  await deliverer.idle();
  assert.equal((await logOf(api, cloud, webhook))[0]?.state, "waiting");
  cloud.later(-30 * DAY_MS);
  receiver.answer = (response) => response.writeHead(204).end();
  await deliverer.idle();
  assert.equal((await logOf(api, cloud, webhook))[0]?.state, "delivered");
});

test("a hook that is slow keeps no other, is told of few accounts at once, and does not keep the daemon", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  const slow = await openReceiver(t);
  slow.answer = () => {};
  await hookTo(api, cloud, slow);
  await hookTo(api, cloud, receiver);
  const users = Array.from({ length: 12 }, (_, at) => `user-${at}`);
  for (const user of users) await tell(cloud, user, 2);
  const { deliverer } = cloud.daemon();
  void deliverer.look();
  await until("the quick hook has all", async () => (receiver.received.length === 24 ? true : null));
  await until("the slow one has some", async () => (slow.received.length > 0 ? true : null));
  await deliverer.close();
  // What was being sent was left where it was, and not waited for.
  const sent = await cloud
    .daemon()
    .store.snapshot((tx) => tx.selectFrom("deliveries").select("state").where("attempts", ">", 0).execute());
  assert.ok(sent.every(({ state }) => state === "delivered"));
  assert.ok(slow.mostAtOnce <= 4, `${slow.mostAtOnce} at once`);
  assert.ok(receiver.mostAtOnce <= 4);
  for (const user of users) assert.deepEqual(entriesOf(receiver, user), [0, 1]);
});

test("what was sent and not recorded when the daemon died is sent again, as the same message", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  await hookTo(api, cloud, receiver);
  await tell(cloud, cloud.user, 3);
  let answered = 0;
  receiver.answer = (response) => {
    answered++;
    // From the second on nothing is recorded any more.
    if (answered === 2) cloud.refuse = () => true;
    response.writeHead(204).end();
  };
  await cloud.daemon().deliverer.look();
  await until("the store takes nothing", async () => (cloud.unheard.length > 0 ? true : null));
  assert.deepEqual(entriesOf(receiver, cloud.user), [0, 1]);
  await cloud.restart();
  await cloud.daemon().deliverer.idle();
  assert.deepEqual(entriesOf(receiver, cloud.user), [0, 1, 1, 2]);
  const ids = receiver.received.map(({ json }) => json.id);
  assert.equal(ids[1], ids[2]);
  assert.equal(new Set(ids).size, 3);
});

test("what one account brings about waits for a hook up to a bound, and what the cloud tells of it beyond that", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  await hookTo(api, cloud, receiver);
  const waiting = async () => {
    const { count } = await cloud.daemon().store.snapshot((tx) =>
      tx
        .selectFrom("deliveries")
        .select((row) => row.fn.countAll().as("count"))
        .executeTakeFirstOrThrow(),
    );
    return Number(count);
  };
  await cloud.daemon().store.transaction(async (tx) => {
    await tellHooks(tx, "server.started", cloud.user, {});
    await tx
      .updateTable("delivery_queues")
      .set({ waiting: MOST_WAITING - 1 })
      .execute();
    for (let at = 0; at < 5; at++) await tellHooks(tx, "server.started", cloud.user, {});
  });
  assert.equal(await waiting(), 2);
  await tell(cloud, cloud.user, 1);
  assert.equal(await waiting(), 3);
});

test("a cloud has a bounded number of hooks, and what is no hook is refused", async (t) => {
  const { cloud, api, receiver, bob } = await opened(t);
  const ann = { user: cloud.user };
  for (let at = 0; at < 20; at++) await hookTo(api, cloud, receiver);
  const given = { url: receiver.url, events: "ledger.entry" };
  const refused = async (as: typeof ann, properties: Row) => {
    const { status, code } = await api.ask(as, "webhooks/create", properties);
    return [status, code];
  };
  assert.deepEqual(await refused(ann, given), [409, "too_many_webhooks"]);
  assert.deepEqual(await refused({ user: bob }, given), [404, "no_such_command"]);
  for (const url of ["ftp://x/", "file:///etc/passwd", "http://u:p@x/", "x", `http://x/${"x".repeat(2_048)}`])
    assert.deepEqual(await refused(ann, { ...given, url }), [400, "malformed_value"]);
  for (const events of ["nothing", "ledger.entry nothing"])
    assert.deepEqual(await refused(ann, { ...given, events }), [400, "malformed_value"]);
  assert.deepEqual(await refused(ann, { ...given, events: "" }), [400, "key_required"]);
});

test("a test of a hook is sent at once, whatever waits, and tells what came of it", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  const { webhook } = await hookTo(api, cloud, receiver);
  await tell(cloud, cloud.user, 1);
  const ask = async () => (await api.ask({ user: cloud.user }, `webhooks/${webhook}/test`, {})).body;
  assert.deepEqual(await ask(), { status: 204 });
  assert.deepEqual(told(receiver), ["webhook.test"]);
  receiver.answer = (response) => response.writeHead(503).end();
  assert.deepEqual(await ask(), { status: 503, error: "it answered 503" });
});

test("the log goes in time and beyond its bound, never what waits, and what is left of a hook that is gone", async (t) => {
  const { cloud, api, receiver } = await opened(t);
  const [gone, kept] = [await hookTo(api, cloud, receiver), await hookTo(api, cloud, receiver)];
  await tell(cloud, cloud.user, 1_200);
  const { store } = cloud.daemon();
  await api.ask({ user: cloud.user }, `webhooks/${gone.webhook}/destroy`, {});
  await store.transaction(async (tx) => {
    const { last } = await tx
      .selectFrom("deliveries")
      .select((row) => row.fn.max("serial").as("last"))
      .executeTakeFirstOrThrow();
    await tx
      .updateTable("deliveries")
      .set({ state: "delivered", body: "" })
      .where("serial", "<=", Number(last) - 10)
      .execute();
  });
  const left = async () => {
    const rows = await store.snapshot((tx) =>
      tx.selectFrom("deliveries").select(["webhook", "state"]).execute(),
    );
    assert.ok(rows.every(({ webhook }) => webhook === kept.webhook));
    return rows.length;
  };
  await pruneDeliveries(store, Date.now());
  assert.equal(await left(), 1_200);
  await pruneDeliveries(store, Date.now(), 100);
  assert.equal(await left(), 100);
  await pruneDeliveries(store, Date.now() + 31 * DAY_MS, 100);
  assert.equal(await left(), 5);
});
