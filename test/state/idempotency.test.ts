/** Creates that are repeated with their key, whatever was interrupted and whoever comes at once, on a simulated host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { readInput } from "../../src/api/input.ts";
import type { InputValue } from "../../src/api/properties.ts";
import type { UserId } from "../../src/base/ids.ts";
import { DRIVE_KEYS } from "../../src/drives/keys.ts";
import { createDrive } from "../../src/drives/lifecycle/create.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { repeatOf } from "../../src/operations/idempotency.ts";
import { createResource, destroyResource } from "../../src/resources/lifecycle.ts";
import type { ResourceType } from "../../src/resources/resource.ts";
import { createServer } from "../../src/servers/lifecycle/create.ts";
import type { Effect } from "../../testing/simulated/machine.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { input, lifecycle } from "../../testing/state-objects.ts";

const DAY_MS = 24 * 3_600_000;
/** How many keys of one user are remembered. */
const MOST_KEYS = 10_000;

type Properties = Record<string, InputValue>;
type Create = (cloud: Cloud, key: string | null, properties?: Properties, user?: UserId) => Promise<string>;

const drive: Create = (cloud, key, properties = {}, user = cloud.user) => {
  const given = input({ name: "d", size: 4096, ...properties });
  const repeat = repeatOf(user, key, "drives/create", given);
  const changes = readInput(DRIVE_KEYS, given, "create");
  return createDrive(cloud.daemon().dependencies, user, changes, null, repeat);
};

const serverThat = (path: string, start: boolean): Create => {
  return (cloud, key, properties = {}, user = cloud.user) => {
    const given = input({ name: "s", cpu: 500, mem: 64, ...properties });
    const repeat = repeatOf(user, key, path, given);
    return createServer(cloud.daemon().dependencies, { user, input: given, start, repeat });
  };
};

const resourceOf = (type: ResourceType): Create => {
  return async (cloud, key, properties = {}, user = cloud.user) => {
    const repeat = repeatOf(user, key, `resources/${type}/create`, input(properties));
    const { dependencies } = cloud.daemon();
    return (await createResource(dependencies, user, type, new Map(), repeat)).resource;
  };
};

const server = serverThat("servers/create", true);
const address = resourceOf("ip");

const CREATES: Readonly<Record<string, Create>> = {
  "drives/create": drive,
  "servers/create": server,
  "servers/create/stopped": serverThat("servers/create/stopped", false),
  "resources/ip/create": address,
  "resources/vlan/create": resourceOf("vlan"),
};

/** All that was made, by its names. */
const objects = (cloud: Cloud): Promise<string[]> =>
  cloud.daemon().store.transaction(async (tx) => {
    const drives = await tx.selectFrom("drives").select("uuid").execute();
    const servers = await tx.selectFrom("servers").select("uuid").execute();
    const resources = await tx.selectFrom("resources").select("resource").execute();
    return [...[...drives, ...servers].map(({ uuid }) => uuid), ...resources.map(({ resource }) => resource)];
  });

const keys = (cloud: Cloud) =>
  cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("idempotency_keys").select(["user", "key", "object"]).orderBy("key").execute(),
    );

/** Lets it be that long since a key was recorded. */
const aged = (cloud: Cloud, key: string, ms: number) =>
  cloud.daemon().store.transaction((tx) =>
    tx
      .updateTable("idempotency_keys")
      .set({ recorded_ms: Date.now() - ms })
      .where("key", "=", key)
      .execute(),
  );

for (const [path, create] of Object.entries(CREATES)) {
  test(`${path} with one key makes one object, however often it comes and though the daemon is another`, async (t) => {
    const cloud = await openCloud(t);
    const made = await create(cloud, "k");
    assert.equal(await create(cloud, "k"), made);
    await cloud.restart();
    assert.equal(await create(cloud, "k"), made);
    assert.deepEqual(await objects(cloud), [made]);
    assert.notEqual(await create(cloud, "l"), made);
    assert.notEqual(await create(cloud, null), made);
    assert.equal((await objects(cloud)).length, 3);
    await assertAgreement(cloud);
  });

  test(`${path} with a key that was used for another request is refused, and nothing is made`, async (t) => {
    const cloud = await openCloud(t);
    const made = await create(cloud, "k");
    await assert.rejects(create(cloud, "k", { name: "other" }), {
      type: "usage",
      code: "idempotency_key_reused",
    });
    assert.deepEqual(await objects(cloud), [made]);
    assert.equal(await create(cloud, "k"), made);
    await assertAgreement(cloud);
  });

  test(`${path} with another user's key makes an object of its own`, async (t) => {
    const cloud = await openCloud(t);
    const { uuid: eve } = await createUser(cloud.daemon().store, "eve");
    const [made, other] = [await create(cloud, "k"), await create(cloud, "k", { name: "other" }, eve)];
    assert.deepEqual((await objects(cloud)).sort(), [made, other].sort());
    assert.equal(await create(cloud, "k", { name: "other" }, eve), other);
  });

  test(`${path} that comes three times at once with one key makes one object`, async (t) => {
    const cloud = await openCloud(t);
    const [first, ...others] = await Promise.all([1, 2, 3].map(() => create(cloud, "k")));
    assert.deepEqual(others, [first, first]);
    assert.deepEqual(await objects(cloud), [first]);
    await assertAgreement(cloud);
  });
}

test("the same command for another kind of object is another request", async (t) => {
  const cloud = await openCloud(t);
  await server(cloud, "k");
  const stopped = CREATES["servers/create/stopped"] as Create;
  await assert.rejects(stopped(cloud, "k"), { code: "idempotency_key_reused" });
});

const EFFECTS: readonly [effect: Effect, create: Create][] = [
  ["drive create", drive],
  ["launch", server],
];

for (const [effect, create] of EFFECTS) {
  test(`a creation that fails at its ${effect} takes its key along, and is made when it is repeated`, async (t) => {
    const cloud = await openCloud(t);
    cloud.before = async (now) => {
      if (now === effect) throw new Error("no such luck");
    };
    await assert.rejects(create(cloud, "k"), /no such luck/);
    assert.deepEqual(await keys(cloud), []);
    cloud.before = async () => {};
    const made = await create(cloud, "k");
    assert.deepEqual(await objects(cloud), [made]);
    await assertAgreement(cloud);
  });

  test(`a creation that waits for one with its key that fails at its ${effect} makes the object`, async (t) => {
    const cloud = await openCloud(t);
    const [begun, failing] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
    cloud.before = async (now) => {
      if (now !== effect) return;
      cloud.before = async () => {};
      begun.resolve();
      await failing.promise;
    };
    const first = create(cloud, "k");
    await begun.promise;
    const second = create(cloud, "k");
    failing.reject(new Error("no such luck"));
    await assert.rejects(first, /no such luck/);
    const made = await second;
    assert.deepEqual(await objects(cloud), [made]);
    await assertAgreement(cloud);
  });

  test(`a creation whose daemon is killed at its ${effect} makes one object when it is repeated`, async (t) => {
    const cloud = await openCloud(t);
    const begun = Promise.withResolvers<void>();
    cloud.before = async (now) => {
      if (now !== effect) return;
      begun.resolve();
      await new Promise(() => {});
    };
    void create(cloud, "k");
    await begun.promise;
    await cloud.restart();
    const made = await create(cloud, "k");
    assert.equal(await create(cloud, "k"), made);
    assert.deepEqual(await objects(cloud), [made]);
    await assertAgreement(cloud);
  });
}

test("a creation that is refused takes its key along", async (t) => {
  const cloud = await openCloud(t);
  const missing = { "ide:0:0": "00000000-0000-4000-8000-000000000000" };
  await assert.rejects(server(cloud, "k", missing), { type: "missing" });
  assert.deepEqual(await keys(cloud), []);
  await server(cloud, "k");
});

test("an object that is gone is not made a second time", async (t) => {
  const cloud = await openCloud(t);
  const one = await drive(cloud, "d");
  const [other, transient] = [await server(cloud, "s"), await server(cloud, "t")];
  const vlan = resourceOf("vlan");
  const id = { type: "vlan", resource: await vlan(cloud, "v") } as const;
  await destroyDrive(cloud.daemon().dependencies, one);
  await lifecycle(cloud).destroy(other);
  await lifecycle(cloud).stop(transient);
  await destroyResource(cloud.daemon().dependencies, cloud.user, id);
  const repeated = [() => drive(cloud, "d"), () => server(cloud, "s"), () => server(cloud, "t")];
  for (const repeat of [...repeated, () => vlan(cloud, "v")]) {
    await assert.rejects(repeat, { type: "missing", code: "repeated_object_gone" });
  }
  assert.deepEqual(await objects(cloud), []);
});

test("the key of an address that was destroyed does not name the address that has its place now", async (t) => {
  const cloud = await openCloud(t);
  const given = await address(cloud, "k");
  // The others are taken, so it is the one that comes next.
  for (const key of ["a", "b"]) await address(cloud, key);
  await destroyResource(cloud.daemon().dependencies, cloud.user, { type: "ip", resource: given });
  assert.equal(await address(cloud, "l"), given);
  await assert.rejects(address(cloud, "k"), { type: "missing", code: "repeated_object_gone" });
  assert.equal((await objects(cloud)).length, 3);
});

test("a key that is older than a day is forgotten, and one that is younger is not", async (t) => {
  const cloud = await openCloud(t);
  const [old, young] = [await drive(cloud, "old"), await drive(cloud, "young")];
  await aged(cloud, "old", DAY_MS + 1000);
  await aged(cloud, "young", DAY_MS - 60_000);
  assert.equal(await drive(cloud, "young"), young);
  assert.deepEqual(
    (await keys(cloud)).map(({ key }) => key),
    ["young"],
  );
  assert.notEqual(await drive(cloud, "old"), old);
});

test("of one user so many keys are remembered and no more, the last ones; others' are let be", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const { uuid: eve } = await createUser(store, "eve");
  const hers = await drive(cloud, "hers", {}, eve);
  await aged(cloud, "hers", 3 * MOST_KEYS);
  const start = Date.now() - 2 * MOST_KEYS;
  const rows = Array.from({ length: MOST_KEYS }, (_, n) => ({
    ...{ user: cloud.user, key: `n${n}`, fingerprint: "", object: `o${n}`, recorded_ms: start + n },
  }));
  await store.transaction(async (tx) => {
    for (let at = 0; at < rows.length; at += 1000) {
      await tx
        .insertInto("idempotency_keys")
        .values(rows.slice(at, at + 1000))
        .execute();
    }
  });
  const made = await drive(cloud, "new");
  const left = await keys(cloud);
  const mine = left.filter(({ user }) => user === cloud.user).map(({ key }) => key);
  assert.equal(mine.length, MOST_KEYS);
  assert.deepEqual([mine.includes("n0"), mine.includes("n1")], [false, true]);
  assert.equal(await drive(cloud, "new"), made);
  assert.equal(await drive(cloud, "hers", {}, eve), hers);
});
