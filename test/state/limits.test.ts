/** What one account may have: so many objects of each kind, and no more of a pool than leaves something to others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { DEFAULT_LIMITS, type Limits } from "../../src/limits/resources.ts";
import { createResource, destroyResource } from "../../src/resources/lifecycle.ts";
import { operatorPool } from "../../src/resources/pool.ts";
import { addPool } from "../../src/resources/pools.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeDrive, makeServer } from "../../testing/state-objects.ts";

const limited = (cloud: Cloud, limits: Partial<Limits>) => ({
  ...cloud,
  daemon() {
    const daemon = cloud.daemon();
    const dependencies = { ...daemon.dependencies, limits: { ...DEFAULT_LIMITS, ...limits } };
    return { ...daemon, dependencies };
  },
});

const hold = (cloud: Cloud, type: "ip" | "vlan") =>
  createResource(cloud.daemon().dependencies, cloud.user, type, new Map());

const KINDS: readonly [
  what: keyof Limits,
  make: (cloud: Cloud) => Promise<unknown>,
  destroyOne: (cloud: Cloud, made: unknown) => Promise<void>,
][] = [
  ["drives", makeDrive, (cloud, made) => destroyDrive(cloud.daemon().dependencies, made as string)],
  [
    "servers",
    (cloud) => makeServer(cloud, {}, false),
    (cloud, made) => lifecycle(cloud).destroy(made as string),
  ],
  ...(["ip", "vlan"] as const).map((type): (typeof KINDS)[number] => [
    type,
    (cloud) => hold(cloud, type),
    (cloud, made) => destroyResource(cloud.daemon().dependencies, cloud.user, made as never),
  ]),
];

for (const [what, make, destroyOne] of KINDS) {
  test(`an account has as many ${what} as its limit says, and another has its own`, async (t) => {
    const opened = await openCloud(t);
    const cloud = limited(opened, { [what]: 2 });
    await make(cloud);
    const last = await make(cloud);
    await assert.rejects(make(cloud), { type: "billing", code: "limit_reached", message: /has at most 2 / });
    const { uuid: eve } = await createUser(cloud.daemon().store, "eve");
    await make({ ...cloud, user: eve });
    await destroyOne(cloud, last);
    await make(cloud);
    await assert.rejects(make(cloud), { type: "billing" });
  });

  test(`of two who make the last of ${what} at once, one is refused`, async (t) => {
    const cloud = limited(await openCloud(t), { [what]: 1 });
    const results = await Promise.allSettled([make(cloud), make(cloud)]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  });
}

test("what a request names that is not there comes before the limit, and the limit before what is in the way", async (t) => {
  const cloud = limited(await openCloud(t), { servers: 1, drives: 1 });
  const nowhere = "00000000-0000-4000-8000-000000000000";
  const drive = await makeDrive(cloud);
  await makeServer(cloud, { "ide:0:0": drive });
  await assert.rejects(makeServer(cloud, { "ide:0:0": nowhere }), { type: "missing" });
  await assert.rejects(makeServer(cloud, { "ide:0:0": drive }), { type: "billing" });
  await assert.rejects(makeDrive(cloud, { size: 2 ** 50 }), { type: "billing" });
});

test("no account takes a pool of static addresses to its end while another has fewer", async (t) => {
  const cloud = await openCloud(t);
  const { store } = cloud.daemon();
  const { uuid: eve } = await createUser(store, "eve");
  await addPool(store, operatorPool({ network: "203.0.113.0/27", gateway: "203.0.113.1", nameservers: [] }));
  const refusedAt = async (user: typeof eve) => {
    for (let held = 0; ; held++) {
      const error = await hold({ ...cloud, user }, "ip").then(
        () => null,
        (reason: { code: string }) => reason.code,
      );
      if (error !== null) return [held, error];
    }
  };
  const [anns, why] = await refusedAt(cloud.user);
  assert.deepEqual([anns, why], [15, "address_share_taken"], "of 29 that there are");
  assert.deepEqual(await refusedAt(eve), [14, "no_free_address"]);
});

test("no account's servers take all temporary addresses while another has fewer", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: eve } = await createUser(cloud.daemon().store, "eve");
  const start = (user: typeof eve) => makeServer({ ...cloud, user }, { "nic:0:dhcp": "auto" });
  await assert.rejects(
    async () => {
      for (;;) await start(cloud.user);
    },
    { type: "full", code: "address_share_taken" },
  );
  await start(eve);
});
