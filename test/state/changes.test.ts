/** What becomes of an account's objects, as it is noted and streamed: in its order, without a gap, and to nobody else. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import type { UserId } from "../../src/base/ids.ts";
import { pruneChanges } from "../../src/changes/prune.ts";
import { ChangeRecords } from "../../src/changes/records.ts";
import { Followed } from "../../testing/followed.ts";
import { stateApi } from "../../testing/state-api.ts";
import { openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { until } from "../../testing/until.ts";

/** A cloud whose first user, ann, is its admin, and bob. */
async function opened(t: TestContext) {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const bob = await createUser(store, "bob");
  const http = await serveState(t, cloud);
  const follow = async (headers: Readonly<Record<string, string>>, url = http.url) => {
    const aborting = new AbortController();
    const response = await fetch(`${url}profile/changes`, {
      headers: { accept: "text/event-stream", ...headers },
      signal: aborting.signal,
    });
    const followed = new Followed(response, aborting);
    t.after(() => followed.leave());
    return followed;
  };
  const as = (user: UserId) => ({ authorization: http.authorizationOf(user) });
  const api = await stateApi(t, cloud);
  return { cloud, store, bob, follow, as, api, http };
}

const SERVER = { name: "one", cpu: "500", mem: "64", persistent: "true" };

const objectOf = ({ told }: Followed, index: number) => told[index]?.data.object;

test("what becomes of a server is told in its order, with its status, and numbers without a gap", async (t) => {
  const { cloud, follow, as, api } = await opened(t);
  const stream = await follow(as(cloud.user));
  assert.equal(stream.response.status, 200);
  assert.equal(stream.response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  assert.deepEqual(await stream.first(1), ["reset"]);
  const ann = { user: cloud.user };
  const made = await api.ask(ann, "servers/create", SERVER);
  const { server } = made.body as { server: string };
  assert.deepEqual(await stream.first(2), ["reset", "created server active"]);
  await api.ask(ann, `servers/${server}/stop`, {});
  await api.ask(ann, `servers/${server}/set`, { name: "two" });
  await api.ask(ann, `servers/${server}/start`, {});
  await api.ask(ann, `servers/${server}/destroy`, {});
  assert.deepEqual((await stream.first(6)).slice(2), [
    "status server stopped",
    "changed server stopped",
    "status server active",
    "destroyed server",
  ]);
  assert.deepEqual(
    stream.told.map(({ id }) => id),
    [0, 1, 2, 3, 4, 5],
  );
  assert.equal(objectOf(stream, 1), server);
});

test("a server whose guest dies, pauses or ends by itself is told of, once each", async (t) => {
  const { cloud, follow, as, api } = await opened(t);
  const ann = { user: cloud.user };
  const made = await api.ask(ann, "servers/create", SERVER);
  const { server } = made.body as { server: string };
  const stream = await follow(as(cloud.user));
  await stream.first(1);
  const becomes = async (state: "paused" | "dead" | "active") => {
    const run = cloud.machine.servers.get(server);
    assert.ok(run !== undefined);
    run.instance = { ...run.instance, state } as typeof run.instance;
    // Looked at twice, it is told once.
    await cloud.daemon().look();
    await cloud.daemon().look();
  };
  await becomes("paused");
  await becomes("active");
  await becomes("dead");
  await api.ask(ann, `servers/${server}/stop`, {});
  await api.ask(ann, `servers/${server}/start`, {});
  assert.deepEqual(await stream.first(6), [
    "reset",
    "status server paused",
    "status server active",
    "status server dead",
    "status server stopped",
    "status server active",
  ]);
});

test("what becomes of drives, their imaging and resources is told", async (t) => {
  const { cloud, follow, as, api } = await opened(t);
  const ann = { user: cloud.user };
  const stream = await follow(as(cloud.user));
  await stream.first(1);
  const drive = async (name: string) => {
    const { body } = await api.ask(ann, "drives/create", { name, size: "1M" });
    return (body as { drive: string }).drive;
  };
  const [source, target] = [await drive("source"), await drive("target")];
  await api.ask(ann, `drives/${target}/image/${source}`, {});
  await cloud.settled();
  await api.ask(ann, `drives/${target}/set`, { name: "other" });
  await api.ask(ann, `drives/${target}/destroy`, {});
  const vlan = (await api.ask(ann, "resources/vlan/create", { name: "inner" })).body as { resource: string };
  await api.ask(ann, `resources/vlan/${vlan.resource}/set`, { name: "outer" });
  await api.ask(ann, `resources/vlan/${vlan.resource}/destroy`, {});
  assert.deepEqual(await stream.first(11), [
    "reset",
    "created drive ready",
    "created drive ready",
    "status drive queued",
    "status drive imaging",
    "status drive ready",
    "changed drive ready",
    "destroyed drive",
    "created vlan",
    "changed vlan",
    "destroyed vlan",
  ]);
});

test("bytes that a drive's counters count are no change of it", async (t) => {
  const { cloud, store, api } = await opened(t);
  const { body } = await api.ask({ user: cloud.user }, "drives/create", { name: "one", size: "1M" });
  const records = new ChangeRecords(store);
  const before = await records.last(cloud.user);
  await store.transaction((tx) =>
    tx
      .updateTable("drives")
      .set({ read_bytes: 1 })
      .where("uuid", "=", (body as { drive: string }).drive)
      .execute(),
  );
  assert.equal(await records.last(cloud.user), before);
});

test("nobody is told of another's objects, nor an admin but in another's place, which is on record", async (t) => {
  const { cloud, bob, follow, as, api } = await opened(t);
  const [anns, bobs] = [await follow(as(cloud.user)), await follow(as(bob.uuid))];
  const acting = await follow({ ...as(cloud.user), "x-elastic-user": bob.uuid });
  await Promise.all([anns.first(1), bobs.first(1), acting.first(1)]);
  await api.ask({ user: cloud.user }, "drives/create", { name: "anns", size: "1M" });
  await api.ask({ user: bob.uuid }, "drives/create", { name: "bobs", size: "1M" });
  await Promise.all([anns.first(2), bobs.first(2), acting.first(2)]);
  assert.equal(objectOf(bobs, 1), objectOf(acting, 1));
  assert.notEqual(objectOf(anns, 1), objectOf(bobs, 1));
  assert.deepEqual([anns.told.length, bobs.told.length, acting.told.length], [2, 2, 2]);
  const { body } = await api.ask({ user: bob.uuid }, "profile/events");
  const commands = (body as { command: string; actor: string }[]).map(({ command, actor }) => [
    command,
    actor,
  ]);
  assert.deepEqual(commands[0], ["profile/changes", cloud.user]);
});

test("a stream goes on behind the number that was taken last, over a restart of the daemon, with no loss and nothing twice", async (t) => {
  const { cloud, follow, as, api } = await opened(t);
  const ann = { user: cloud.user };
  const drive = (name: string) => api.ask(ann, "drives/create", { name, size: "1M" });
  const before = await follow(as(cloud.user));
  await drive("one");
  await before.first(2);
  await before.leave();
  await drive("two");
  await drive("three");
  await cloud.restart();
  const { url } = await serveState(t, cloud);
  const after = await follow({ ...as(cloud.user), "last-event-id": before.lastId }, url);
  assert.deepEqual(await after.first(2), ["created drive ready", "created drive ready"]);
  assert.deepEqual(
    [...before.told, ...after.told].map(({ id }) => id),
    [0, 1, 2, 3],
  );
});

test("whoever was away for longer than is kept, or names what never was, begins anew", async (t) => {
  const { cloud, store, follow, as, api } = await opened(t);
  const ann = { user: cloud.user };
  for (const name of ["one", "two", "three"]) await api.ask(ann, "drives/create", { name, size: "1M" });
  await store.transaction((tx) =>
    tx.updateTable("changes").set({ time: 1 }).where("serial", "<", 3).execute(),
  );
  await pruneChanges(store);
  const from = async (id: string) => {
    const stream = await follow({ ...as(cloud.user), "last-event-id": id });
    const [first] = await stream.first(1);
    const told = stream.told[0];
    await stream.leave();
    return [first, told?.id];
  };
  assert.deepEqual(await from("2"), ["created drive ready", 3]);
  assert.deepEqual(await from("1"), ["reset", 3]);
  assert.deepEqual(await from("0"), ["reset", 3]);
  assert.deepEqual(await from("4"), ["reset", 3]);
  assert.deepEqual(await from("a word"), ["reset", 3]);
  await store.transaction((tx) => tx.updateTable("changes").set({ time: 1 }).execute());
  await pruneChanges(store);
  assert.deepEqual(await from("2"), ["reset", 3]);
  await api.ask(ann, "drives/create", { name: "four", size: "1M" });
  assert.deepEqual(await from("3"), ["created drive ready", 4]);
});

test("of one account a thousand are kept, and its next transaction leaves no more", async (t) => {
  const { cloud, store, bob } = await opened(t);
  const name = (user: string, from: number, to: number) =>
    store.transaction(async (tx) => {
      for (let made = from; made < to; made++) {
        const properties = JSON.stringify({ name: made });
        await tx
          .insertInto("resources")
          .values({ type: "vlan", resource: `${user}-${made}`, user, properties })
          .execute();
      }
    });
  await name(bob.uuid, 0, 3);
  await name(cloud.user, 0, 1100);
  const kept = await store.snapshot((tx) =>
    tx
      .selectFrom("changes")
      .select(["user", (row) => row.fn.min("serial").as("first"), (row) => row.fn.countAll().as("count")])
      .groupBy("user")
      .execute(),
  );
  const of = (user: string) => kept.find((each) => each.user === user);
  assert.deepEqual([Number(of(cloud.user)?.first), Number(of(cloud.user)?.count)], [101, 1000]);
  assert.deepEqual([Number(of(bob.uuid)?.first), Number(of(bob.uuid)?.count)], [1, 3]);
});

test("what was rolled back is told of nowhere, and its number is given again", async (t) => {
  const { cloud, store } = await opened(t);
  const records = new ChangeRecords(store);
  const make = (name: string, fails: boolean) =>
    store.transaction(async (tx) => {
      await tx
        .insertInto("resources")
        .values({ type: "vlan", resource: name, user: cloud.user, properties: "{}" })
        .execute();
      if (fails) throw new Error("it came to nothing");
    });
  await make("one", false);
  await assert.rejects(make("two", true), /came to nothing/);
  await make("three", false);
  const told = await records.after(cloud.user, 0);
  assert.deepEqual(
    told.map(({ id, data }) => [id, data[1]?.[1]]),
    [
      [1, "one"],
      [2, "three"],
    ],
  );
});

test("a reader misses nothing of what many transactions commit at once", async (t) => {
  const { cloud, store, follow, as, api } = await opened(t);
  void api;
  const stream = await follow(as(cloud.user));
  await stream.first(1);
  const make = (name: string) =>
    store.transaction(async (tx) => {
      const values = { type: "vlan", resource: name, user: cloud.user, properties: "{}" } as const;
      await tx.insertInto("resources").values(values).execute();
      // Others get their turn between the number and the commit, where the engine lets them.
      await tx.selectFrom("resources").select("resource").execute();
    });
  const names = Array.from({ length: 60 }, (_, index) => `vlan-${index}`);
  await Promise.all(names.map(make));
  await stream.first(61);
  assert.deepEqual(
    stream.told.map(({ id }) => id),
    Array.from({ length: 61 }, (_, index) => index),
  );
  const objects = stream.told.slice(1).map(({ data }) => data.object);
  assert.deepEqual(objects.sort(), [...names].sort());
});

test("a stream ends once its key is gone, and once its session is", async (t) => {
  const { bob, follow, http, cloud } = await opened(t);
  const basic = { authorization: `Basic ${Buffer.from(`${bob.uuid}:${bob.secret}`).toString("base64")}` };
  const ask = (path: string, headers: Readonly<Record<string, string>>) =>
    fetch(http.url + path, { method: "POST", headers: { "content-type": "application/json", ...headers } });
  const begun = await ask("session", basic);
  const cookie = (begun.headers.getSetCookie()[0] ?? "").split(";", 1)[0] ?? "";
  const page = { cookie, "sec-fetch-site": "same-origin" };
  const paged = await follow(page);
  assert.deepEqual(await paged.first(1), ["reset"]);
  await ask("session/end", page);
  await paged.over;
  assert.equal((await follow(page)).response.status, 401);
  const keyed = await follow(basic);
  assert.deepEqual(await keyed.first(1), ["reset"]);
  const { store } = cloud.daemon();
  const key = await store.snapshot((tx) =>
    tx.selectFrom("api_keys").select("uuid").where("user", "=", bob.uuid).executeTakeFirstOrThrow(),
  );
  const gone = await ask(`profile/keys/${key.uuid}/destroy`, basic);
  if (!gone.ok) {
    // The last key of all stays: it goes with the account.
    await ask(`accounts/${bob.uuid}/close`, { authorization: http.authorizationOf(cloud.user) });
  }
  await keyed.over;
});

test("a cookie counts only where a page of this origin follows", async (t) => {
  const { bob, follow, http } = await opened(t);
  const basic = { authorization: `Basic ${Buffer.from(`${bob.uuid}:${bob.secret}`).toString("base64")}` };
  const begun = await fetch(`${http.url}session`, {
    method: "POST",
    headers: { "content-type": "application/json", ...basic },
  });
  const cookie = (begun.headers.getSetCookie()[0] ?? "").split(";", 1)[0] ?? "";
  for (const site of ["cross-site", "same-site", "none"]) {
    const stream = await follow({ cookie, "sec-fetch-site": site });
    assert.equal(stream.response.status, 401, site);
  }
});

test("an account has sixteen streams at most, whoever else has none left for it; one that is left makes room", async (t) => {
  const { cloud, bob, follow, as } = await opened(t);
  const streams = await Promise.all(Array.from({ length: 16 }, () => follow(as(cloud.user))));
  assert.ok(streams.every(({ response }) => response.status === 200));
  const beyond = await follow(as(cloud.user));
  assert.equal(beyond.response.status, 429);
  assert.equal(beyond.response.headers.get("x-lodge-error"), "too_many_streams");
  assert.equal(beyond.response.headers.get("retry-after"), "30");
  // In whosever place they ask, it is they who have them open.
  const acting = await follow({ ...as(cloud.user), "x-elastic-user": bob.uuid });
  assert.equal(acting.response.status, 429);
  assert.equal((await follow(as(bob.uuid))).response.status, 200);
  await streams[0]?.leave();
  await until("there is room for one more", async () => {
    const again = await follow(as(cloud.user));
    const { status } = again.response;
    if (status === 200) return true;
    await again.leave();
    return null;
  });
});

test("a store that cannot be read ends no stream, and what came meanwhile is told then", async (t) => {
  const { cloud } = await opened(t);
  const { store } = cloud.daemon();
  const records = new ChangeRecords(store);
  const { ChangeStream } = await import("../../src/changes/stream.ts");
  let wake = () => {};
  let isAway = true;
  const troubles: unknown[] = [];
  const stream = new ChangeStream({
    records: {
      after: (user, from) => (isAway ? Promise.reject(new Error("away")) : records.after(user, from)),
    },
    user: cloud.user,
    from: 0,
    follow(given) {
      wake = given;
      return () => {};
    },
    onTrouble: (error) => troubles.push(error),
  });
  await store.transaction((tx) =>
    tx
      .insertInto("resources")
      .values({ type: "vlan", resource: "one", user: cloud.user, properties: "{}" })
      .execute(),
  );
  const next = stream.next(600_000);
  await until("it could not be read", async () => (troubles.length > 0 ? true : null));
  isAway = false;
  wake();
  assert.deepEqual(
    (await next)?.map(({ id, event }) => [id, event]),
    [[1, "created"]],
  );
  const waiting = stream.next(600_000);
  stream.end();
  assert.equal(await waiting, null);
});
