import assert from "node:assert/strict";
import { test } from "node:test";
import { loginOf } from "../../testing/http/accounts.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeDrive, makeLasting, makeServer } from "../../testing/state-objects.ts";
import { closeAccount } from "../accounts/lifecycle/close.ts";
import { accountInfo } from "../accounts/records.ts";
import { createUser } from "../accounts/users.ts";
import { LOCAL_HOST } from "../hosts/hosts.ts";
import { createResource } from "../resources/lifecycle.ts";
import type { Tx } from "../store/store.ts";
import { type DamagedRecord, damagedRecords } from "./damaged-records.ts";
import { statusOf } from "./status.ts";

const STANDARD = { media: "disk", format: null, rawSizeBytes: 4096, sha256: "00" };
const NAMED = "record_damaged";

/** Changes the rows of a cloud that is whole. */
const change = (cloud: Cloud, work: (tx: Tx) => Promise<unknown>) => cloud.daemon().store.transaction(work);

const found = async (cloud: Cloud) =>
  (await damagedRecords(cloud.daemon().store)).map(({ kind, name, columns }) => [kind, name, columns]);

for (const [properties, standard, columns] of [
  ["{", null, ["properties"]],
  ['{"name":1}', null, ["properties"]],
  ["{}", "[]", ["standard"]],
  ["[]", JSON.stringify({ ...STANDARD, rawSizeBytes: null }), ["properties", "standard"]],
  ["{}", JSON.stringify(STANDARD), []],
] as const) {
  test(`of a drive with ${properties} and ${standard} is told: ${columns.join(" and ") || "nothing"}`, async (t) => {
    const cloud = await openCloud(t);
    const [drive] = [await makeDrive(cloud), await makeDrive(cloud)];
    await change(cloud, (tx) =>
      tx.updateTable("drives").set({ properties, standard }).where("uuid", "=", drive).execute(),
    );
    assert.deepEqual(await found(cloud), columns.length === 0 ? [] : [["drive", drive, columns]]);
  });
}

test("an image whose content is still to come is not damaged", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const standard = JSON.stringify({ ...STANDARD, rawSizeBytes: null, sha256: null, work: null });
  await change(cloud, (tx) =>
    tx.updateTable("drives").set({ standard, phase: "creating" }).where("uuid", "=", drive).execute(),
  );
  assert.deepEqual(await found(cloud), []);
});

for (const [config, run, columns] of [
  ["{", null, ["config"]],
  ["{}", null, ["config"]],
  [null, '{"started":"now"}', ["run"]],
  ["", "", ["config", "run"]],
] as const) {
  test(`of a server whose ${columns.join(" and ")} cannot be read, as ${config} and ${run}, that is told`, async (t) => {
    const cloud = await openCloud(t);
    const [server] = [await makeServer(cloud, {}, false), await makeServer(cloud)];
    await change(cloud, (tx) =>
      tx
        .updateTable("servers")
        .set({ ...(config !== null && { config }), run })
        .where("uuid", "=", server)
        .execute(),
    );
    assert.deepEqual(await found(cloud), [["server", server, columns]]);
  });
}

test("what is wrong with resources, pools, hosts and operations is told, each by its name", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies, store } = cloud.daemon();
  const vlan = await createResource(dependencies, cloud.user, "vlan", new Map());
  const drive = await makeDrive(cloud);
  assert.deepEqual(await found(cloud), []);
  await change(cloud, async (tx) => {
    await tx.updateTable("resources").set({ properties: "" }).where("resource", "=", vlan.resource).execute();
    await tx.updateTable("pools").set({ first: "", nameservers: "{ }" }).execute();
    await tx.updateTable("hosts").set({ facts: "{}" }).execute();
    const operation = {
      object: drive,
      noun: "drive",
      host: LOCAL_HOST,
      action: "resize",
      params: "[",
    } as const;
    await tx
      .insertInto("operations")
      .values({
        ...{ ...operation, generation: 2, attempts: 0, next_try_ms: 2 ** 50, recorded_ms: 2 ** 50 },
        ...{ owner: null, lease_until_ms: null, last_error: null, request: null },
      })
      .execute();
  });
  const [pool] = await store.snapshot((tx) => tx.selectFrom("pools").select("network").execute());
  assert.deepEqual(await found(cloud), [
    ["vlan", vlan.resource, ["properties"]],
    ["pool", pool?.network, ["first", "nameservers"]],
    ["host", LOCAL_HOST, ["facts"]],
    ["operation", drive, ["params"]],
  ]);
  const { hosts, damaged } = await statusOf(dependencies);
  assert.equal(hosts[0]?.room, null, "and the status is told all the same");
  assert.equal(damaged.length, 4);
  await change(cloud, (tx) => tx.deleteFrom("operations").execute());
});

test("each is found, however many rows are before it", async (t) => {
  const cloud = await openCloud(t);
  const drives: string[] = [];
  for (let made = 0; made < 60; made++) drives.push(await makeDrive(cloud, { "encryption:cipher": "none" }));
  const bad = [drives[0], drives[16], drives[59]];
  await change(cloud, (tx) =>
    tx
      .updateTable("drives")
      .set({ properties: "{" })
      .where(
        "uuid",
        "in",
        bad.filter((uuid) => uuid !== undefined),
      )
      .execute(),
  );
  assert.deepEqual(
    (await found(cloud)).map(([, name]) => name),
    bad,
  );
});

for (const [columns, damaged] of [
  [{ limits: "{" }, ["limits"]],
  [{ limits: '{"cpu":-1}' }, ["limits"]],
  [{ role: "root", status: "gone" }, ["role", "status"]],
  [{ limits: '{"cpu":0}', status: "suspended" }, []],
] as const) {
  test(`of an account with ${JSON.stringify(columns)} is told: ${damaged.join(" and ") || "nothing"}`, async (t) => {
    const cloud = await openCloud(t);
    const { uuid } = await createUser(cloud.daemon().store, "bob");
    await change(cloud, (tx) =>
      tx
        .updateTable("users")
        .set(columns as object)
        .where("uuid", "=", uuid)
        .execute(),
    );
    assert.deepEqual(await found(cloud), damaged.length === 0 ? [] : [["account", uuid, damaged]]);
  });
}

test("of a key is told which of its columns is damaged, and what is said of what that costs an account is so", async (t) => {
  const cloud = await openCloud(t);
  const { store, dependencies } = cloud.daemon();
  const { uuid } = await createUser(store, "bob");
  const [key] = await store.snapshot((tx) =>
    tx.selectFrom("api_keys").select("uuid").where("user", "=", uuid).execute(),
  );
  const damage = { scope: "everything", sha256: "no digest" };
  await change(cloud, (tx) => tx.updateTable("api_keys").set(damage).where("user", "=", uuid).execute());
  assert.deepEqual(await found(cloud), [["key", key?.uuid, ["scope", "sha256"]]]);
  await change(cloud, (tx) =>
    tx.updateTable("users").set({ limits: "{" }).where("uuid", "=", uuid).execute(),
  );
  await assert.rejects(accountInfo(dependencies, uuid), { code: NAMED });
  await assert.rejects(makeDrive({ ...cloud, user: uuid }), { code: NAMED });
  const [admin] = await store.snapshot((tx) =>
    tx.selectFrom("api_keys").select("uuid").where("user", "=", cloud.user).execute(),
  );
  const login = { ...loginOf(cloud.user), key: String(admin?.uuid) };
  await closeAccount({ ...dependencies }, login, uuid, false, null);
});

test("what is said of the costs of a damaged drive and a damaged host is so", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const runs = await makeLasting(cloud, { "ide:0:0": drive });
  await change(cloud, (tx) =>
    tx.updateTable("drives").set({ properties: "{" }).where("uuid", "=", drive).execute(),
  );
  assert.match(
    costsOf(await damagedRecords(cloud.daemon().store), "drive"),
    /starts of its servers too.*goes on/,
  );
  assert.equal(cloud.machine.servers.has(runs), true);
  await lifecycle(cloud).stop(runs);
  await assert.rejects(lifecycle(cloud).start(runs), { code: NAMED });
  await change(cloud, (tx) => tx.updateTable("hosts").set({ facts: "{" }).execute());
  assert.match(costsOf(await damagedRecords(cloud.daemon().store), "host"), /neither made nor started/);
  await assert.rejects(makeDrive(cloud), { code: NAMED });
  await assert.rejects(makeServer(cloud), { code: NAMED });
});

const costsOf = (records: readonly DamagedRecord[], kind: DamagedRecord["kind"]): string =>
  records.find((record) => record.kind === kind)?.costs ?? "";
