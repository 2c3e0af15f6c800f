/** What an `Idempotency-Key` holds for a create, whoever comes at once and whatever is interrupted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { readInput } from "../../src/api/input.ts";
import type { InputValue } from "../../src/api/properties.ts";
import { DRIVE_KEYS } from "../../src/drives/keys.ts";
import { createDrive } from "../../src/drives/lifecycle/create.ts";
import { repeatOf } from "../../src/operations/idempotency.ts";
import { createServer } from "../../src/servers/lifecycle/create.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { input } from "../../testing/state-objects.ts";

const SIZE = 4096;

type Make = (cloud: Cloud, key: string, name?: string, user?: Cloud["user"]) => Promise<string>;

const driveCalled: Make = (cloud, key, name = "d", user = cloud.user) => {
  const given = input({ name, size: SIZE } satisfies Record<string, InputValue>);
  const repeat = repeatOf(user, key, "drives/create", given);
  const changes = readInput(DRIVE_KEYS, given, "create");
  return createDrive(cloud.daemon().dependencies, user, changes, null, repeat);
};

const serverCalled: Make = (cloud, key, name = "s", user = cloud.user) => {
  const given = input({ name, cpu: 500, mem: 64 });
  const repeat = repeatOf(user, key, "servers/create", given);
  return createServer(cloud.daemon().dependencies, { user, input: given, start: true, repeat });
};

const count = (cloud: Cloud, table: "drives" | "servers") =>
  cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom(table).select("uuid").execute())
    .then((rows) => rows.length);

const nouns: readonly [
  noun: string,
  table: "drives" | "servers",
  make: Make,
  effect: "drive create" | "launch",
][] = [
  ["drive", "drives", driveCalled, "drive create"],
  ["server", "servers", serverCalled, "launch"],
];

for (const [noun, table, make, effect] of nouns) {
  test(`a ${noun} is made once by all requests with one key, one after the other and at once`, async (t) => {
    const cloud = await openCloud(t);
    const made = await Promise.all([1, 2, 3].map(() => make(cloud, "k")));
    assert.equal(new Set([...made, await make(cloud, "k")]).size, 1);
    assert.equal(await count(cloud, table), 1);
    assert.notEqual(await make(cloud, "other"), made[0]);
    await assertAgreement(cloud);
  });

  test(`a key that made a ${noun} makes nothing else`, async (t) => {
    const cloud = await openCloud(t);
    await make(cloud, "k");
    await assert.rejects(make(cloud, "k", "another"), { type: "usage" });
    assert.equal(await count(cloud, table), 1);
  });

  test(`a key is its user's alone: another's makes another ${noun}`, async (t) => {
    const cloud = await openCloud(t);
    const { uuid: eve } = await createUser(cloud.daemon().store, "eve");
    const first = await make(cloud, "k");
    assert.notEqual(await make(cloud, "k", undefined, eve), first);
    assert.equal(await count(cloud, table), 2);
  });

  test(`a ${noun} whose creation came to nothing takes its key along, and the request makes another`, async (t) => {
    const cloud = await openCloud(t);
    cloud.before = async (now) => {
      if (now === effect) throw new Error("no such luck");
    };
    await assert.rejects(make(cloud, "k"), /no such luck/);
    cloud.before = async () => {};
    await cloud.settled();
    await make(cloud, "k");
    assert.equal(await count(cloud, table), 1);
    await assertAgreement(cloud);
  });

  test(`a ${noun} whose caller was cut off by kill -9 is one when the request is repeated`, async (t) => {
    const cloud = await openCloud(t);
    const begun = Promise.withResolvers<void>();
    cloud.before = async (now) => {
      if (now !== effect) return;
      begun.resolve();
      await new Promise(() => {});
    };
    void make(cloud, "k");
    await begun.promise;
    await cloud.restart();
    const made = await make(cloud, "k");
    assert.equal(await make(cloud, "k"), made);
    assert.equal(await count(cloud, table), 1);
    await assertAgreement(cloud);
  });
}
