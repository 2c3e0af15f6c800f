/** `ssh:keys` and `user-data`: what a launch is told, what the store keeps of them, and who is answered what. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { serverAnswer } from "../../src/servers/answer.ts";
import { ServerRecords } from "../../src/servers/records.ts";
import { ed25519 } from "../../testing/public-keys.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { configOf, input, lifecycle, makeLasting, makeServer } from "../../testing/state-objects.ts";

const SECRET = "h0rse-b4ttery";
const USER_DATA = `#!/bin/sh\\necho ${SECRET}`;
const KEYS = `${ed25519("ann")}\\n${ed25519("bob", 8)}`;

const seedOf = (cloud: Cloud, server: string) =>
  Object.fromEntries(
    (cloud.machine.servers.get(server)?.spec.seed ?? []).map(({ name, content }) => [name, content]),
  );

const metaData = (cloud: Cloud, server: string) => JSON.parse(seedOf(cloud, server)["meta-data"] ?? "{}");

const rowOf = (cloud: Cloud, server: string) =>
  cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("servers").selectAll().where("uuid", "=", server).executeTakeFirstOrThrow(),
    );

/** All that the store has, as text. */
async function everything(cloud: Cloud): Promise<string> {
  const { store } = cloud.daemon();
  const tables = ["servers", "operations", "events", "idempotency_keys"] as const;
  const rows = await Promise.all(
    tables.map((table) => store.transaction((tx) => tx.selectFrom(table).selectAll().execute())),
  );
  return JSON.stringify(rows);
}

async function answered(cloud: Cloud, server: string): Promise<Readonly<Record<string, unknown>>> {
  const records = new ServerRecords(cloud.daemon().store);
  return Object.fromEntries(serverAnswer(await records.own(server, cloud.user), null));
}

test("a launch is told of keys and user data, and so is every later one", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud, { name: "web 1", "ssh:keys": KEYS, "user-data": USER_DATA });
  const first = metaData(cloud, server);
  assert.deepEqual(first["public-keys"], [ed25519("ann"), ed25519("bob", 8)]);
  assert.equal(first["local-hostname"], "web-1");
  assert.equal(seedOf(cloud, server)["user-data"], `#!/bin/sh\necho ${SECRET}`);
  await lifecycle(cloud).stop(server);
  await cloud.restart();
  await lifecycle(cloud).start(server);
  assert.deepEqual(metaData(cloud, server), first, "it is the same instance");
  await assertAgreement(cloud);
});

test("a server without either is launched as ever", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud);
  assert.ok(!("seed" in (cloud.machine.servers.get(server)?.spec ?? {})));
});

test("what was changed while it was stopped makes it another instance, and what was unset is gone", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud, { "ssh:keys": ed25519("ann"), "user-data": USER_DATA });
  const first = metaData(cloud, server)["instance-id"];
  await lifecycle(cloud).stop(server);
  await lifecycle(cloud).set(server, input({ "ssh:keys": ed25519("eve", 9) }));
  await lifecycle(cloud).start(server);
  assert.deepEqual(metaData(cloud, server)["public-keys"], [ed25519("eve", 9)]);
  assert.notEqual(metaData(cloud, server)["instance-id"], first);
  assert.match(seedOf(cloud, server)["user-data"] ?? "", new RegExp(SECRET), "what is not named stays");
  await lifecycle(cloud).stop(server);
  await lifecycle(cloud).set(server, input({ "ssh:keys": null, "user-data": "" }));
  assert.deepEqual(await answered(cloud, server).then((info) => info["user-data:size"]), undefined);
  const { wrapped_secret, user_data_bytes } = await rowOf(cloud, server);
  assert.deepEqual([wrapped_secret, user_data_bytes], [null, null]);
  await lifecycle(cloud).start(server);
  assert.deepEqual(seedOf(cloud, server), {});
});

test("a server that runs keeps both until it is stopped", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud, { "ssh:keys": KEYS, "user-data": USER_DATA });
  for (const change of [
    { "ssh:keys": ed25519("eve") },
    { "ssh:keys": null },
    { "user-data": "#!" },
    { "user-data": "" },
  ])
    await assert.rejects(lifecycle(cloud).set(server, input(change)), { code: "server_not_stopped" });
  await lifecycle(cloud).set(server, input({ cpu: 600 }));
  assert.equal((await answered(cloud, server))["user-data:size"], USER_DATA.length - 1);
});

test("user data is answered to nobody but by its size, and in the store it is wrapped alone", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud, { "ssh:keys": KEYS, "user-data": USER_DATA }, false);
  const info = await answered(cloud, server);
  assert.equal(info["ssh:keys"], KEYS);
  assert.equal(info["user-data:size"], USER_DATA.length - 1);
  assert.ok(!("user-data" in info));
  assert.ok(!("user-data" in ((await configOf(cloud, server)) as object)));
  // Its start, and a change of what runs, which is recorded with what was there before.
  await lifecycle(cloud).start(server);
  cloud.before = async (effect) => {
    if (effect === "apply") assert.ok(!(await everything(cloud)).includes(SECRET));
  };
  await lifecycle(cloud).set(server, input({ cpu: 600 }));
  assert.ok(!(await everything(cloud)).includes(SECRET));
  assert.ok(
    !JSON.stringify(cloud.machine.servers.get(server)?.spec).includes(SECRET),
    "a change tells it to no host",
  );
});

test("a server whose user data a backup left out does not start without it", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud, { "user-data": USER_DATA }, false);
  await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.updateTable("servers").set({ wrapped_secret: null }).where("uuid", "=", server).execute(),
    );
  await assert.rejects(lifecycle(cloud).start(server), { code: "user_data_lost", key: "user-data" });
  await assertAgreement(cloud);
  await lifecycle(cloud).set(server, input({ "user-data": "#!/bin/true" }));
  await lifecycle(cloud).start(server);
  assert.equal(seedOf(cloud, server)["user-data"], "#!/bin/true");
});

test("user data that the master key does not open fails the start, and leaves the server as it was", async (t) => {
  const cloud = await openCloud(t);
  const [server, other] = [
    await makeServer(cloud, { "user-data": USER_DATA }, false),
    await makeServer(cloud, { "user-data": "#!/bin/true" }, false),
  ];
  const { wrapped_secret } = await rowOf(cloud, other);
  await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.updateTable("servers").set({ wrapped_secret }).where("uuid", "=", server).execute(),
    );
  await assert.rejects(lifecycle(cloud).start(server));
  await cloud.settled();
  assert.equal((await rowOf(cloud, server)).phase, "stopped");
  await assertAgreement(cloud);
});
