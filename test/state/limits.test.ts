/** What one account may have: so many objects of each kind, and no more of a pool than leaves something to others. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import {
  type Amounts,
  DEFAULT_LIMITS,
  type Limits,
  ownLimitsText,
  type Resource,
} from "../../src/limits/resources.ts";
import { createResource, destroyResource } from "../../src/resources/lifecycle.ts";
import { operatorPool } from "../../src/resources/pool.ts";
import { addPool } from "../../src/resources/pools.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { input, lifecycle, makeDrive, makeLasting, makeServer } from "../../testing/state-objects.ts";

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

/** What uses a resource up, what would take more of it then, and what takes none; all in the name of one account. */
type Used = {
  readonly limit: Amounts;
  readonly have: (cloud: Cloud) => Promise<unknown>;
  readonly more: readonly ((cloud: Cloud, made: unknown) => Promise<unknown>)[];
  readonly else: readonly ((cloud: Cloud, made: unknown) => Promise<unknown>)[];
};

const grow = (cloud: Cloud, drive: unknown, size: number) =>
  setDrive(cloud.daemon().dependencies, String(drive), new Map([["size", size]]));

const stopped = (cloud: Cloud, cpu: number, mem: number) => makeServer(cloud, { cpu, mem }, false);

const USED: Readonly<Record<Resource, Used>> = {
  cpu: {
    limit: { cpu: 1000 },
    have: (cloud) => makeLasting(cloud, { cpu: 800 }),
    more: [
      (cloud) => makeServer(cloud, { cpu: 201 }),
      async (cloud) => lifecycle(cloud).start(await stopped(cloud, 201, 32)),
      (cloud, server) => lifecycle(cloud).set(String(server), input({ cpu: 1001 })),
    ],
    else: [
      (cloud) => stopped(cloud, 5000, 32),
      (cloud, server) => lifecycle(cloud).set(String(server), input({ cpu: 1000 })),
      (cloud, server) => lifecycle(cloud).set(String(server), input({ cpu: 700 })),
      (cloud) => makeServer(cloud, { cpu: 300 }),
    ],
  },
  mem: {
    limit: { mem: 256 },
    have: (cloud) => makeLasting(cloud, { mem: 128 }),
    more: [
      (cloud) => makeServer(cloud, { mem: 129 }),
      async (cloud) => lifecycle(cloud).start(await stopped(cloud, 200, 129)),
    ],
    else: [
      (cloud) => stopped(cloud, 200, 512),
      (cloud, server) => lifecycle(cloud).set(String(server), input({ cpu: 600 })),
      (cloud) => makeServer(cloud, { mem: 128 }),
    ],
  },
  disk: {
    limit: { disk: 10_000 },
    have: (cloud) => makeDrive(cloud, { size: 8_000 }),
    more: [(cloud) => makeDrive(cloud, { size: 2_001 }), (cloud, drive) => grow(cloud, drive, 10_001)],
    else: [
      (cloud, drive) => grow(cloud, drive, 10_000),
      (cloud, drive) => grow(cloud, drive, 4_096),
      (cloud) => makeDrive(cloud, { size: 5_904 }),
    ],
  },
  ip: {
    limit: { ip: 1 },
    have: (cloud) => hold(cloud, "ip"),
    more: [(cloud) => hold(cloud, "ip")],
    else: [(cloud) => hold(cloud, "vlan"), (cloud) => makeServer(cloud, { "nic:0:dhcp": "auto" })],
  },
  vlan: {
    limit: { vlan: 1 },
    have: (cloud) => hold(cloud, "vlan"),
    more: [(cloud) => hold(cloud, "vlan")],
    else: [(cloud) => hold(cloud, "ip")],
  },
  servers: {
    limit: { servers: 1 },
    have: (cloud) => stopped(cloud, 200, 32),
    more: [(cloud) => makeServer(cloud), (cloud) => stopped(cloud, 200, 32)],
    else: [(cloud, server) => lifecycle(cloud).start(String(server)), (cloud) => makeDrive(cloud)],
  },
  drives: {
    limit: { drives: 1 },
    have: (cloud) => makeDrive(cloud),
    more: [(cloud) => makeDrive(cloud)],
    else: [(cloud, drive) => grow(cloud, drive, 8_192), (cloud) => makeServer(cloud)],
  },
};

for (const [resource, { limit, have, more, else: others }] of Object.entries(USED)) {
  test(`an account whose limit of ${resource} is used up is refused what takes more, and nothing else`, async (t) => {
    const opened = await openCloud(t);
    const { store } = opened.daemon();
    const { uuid } = await createUser(store, "eve");
    const cloud = { ...opened, user: uuid };
    await store.transaction((tx) =>
      tx
        .updateTable("users")
        .set({ limits: ownLimitsText(limit) })
        .where("uuid", "=", uuid)
        .execute(),
    );
    const made = await have(cloud);
    for (const [at, take] of more.entries()) {
      const refused = { type: "billing", code: "limit_reached", message: / has at most \d+ / };
      await assert.rejects(take(cloud, made), refused, `${resource} ${at}`);
    }
    for (const take of others) await take(cloud, made);
  });
}

test("of two who start what a limit covers once, one is refused", async (t) => {
  const cloud = await openCloud(t);
  await cloud.daemon().store.transaction((tx) =>
    tx
      .updateTable("users")
      .set({ limits: ownLimitsText({ cpu: 900 }) })
      .execute(),
  );
  const results = await Promise.allSettled([makeServer(cloud), makeServer(cloud)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

test("what a start names that is gone is told before its account's limits, and they before what is in the way", async (t) => {
  const cloud = await openCloud(t);
  const { store, dependencies } = cloud.daemon();
  const [shared, gone] = [await makeDrive(cloud), await makeDrive(cloud)];
  const inTheWay = await makeServer(cloud, { "ide:0:0": shared });
  const lacks = await makeServer(cloud, { "ide:0:0": gone }, false);
  const waits = await makeServer(cloud, { "ide:0:0": shared }, false);
  await destroyDrive(dependencies, gone);
  await assert.rejects(lifecycle(cloud).start(waits), { type: "busy" });
  await store.transaction((tx) => tx.updateTable("users").set({ status: "suspended" }).execute());
  await assert.rejects(lifecycle(cloud).start(lacks), { type: "missing" });
  await assert.rejects(lifecycle(cloud).start(waits), { type: "billing", code: "account_suspended" });
  await lifecycle(cloud).stop(inTheWay);
});
