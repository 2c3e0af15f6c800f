/** What must hold of drives whatever is interrupted and whatever a host refuses, on a simulated host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KyselyPlugin } from "kysely";
import { createUser } from "../../src/accounts/users.ts";
import { failed } from "../../src/base/errors.ts";
import { wholeOf } from "../../src/base/pages.ts";
import { RESIZE } from "../../src/drives/changing.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import { disagreementOn } from "../../src/drives/look.ts";
import { DriveRecords } from "../../src/drives/records.ts";
import { changeRow } from "../../src/drives/rows.ts";
import { adoptDrive, forgetDrive } from "../../src/drives/unknown.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import { allocate, diskOf, Hosts, LOCAL_HOST } from "../../src/hosts/hosts.ts";
import { overriding } from "../../testing/overriding.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { input, lifecycle, makeDrive, makeServer, writeDrive } from "../../testing/state-objects.ts";
import { withTransactions } from "../../testing/transactions.ts";

const rowOf = (cloud: Cloud, uuid: string) =>
  cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("drives").selectAll().where("uuid", "=", uuid).executeTakeFirst(),
    );

const grow = (cloud: Cloud, uuid: string) =>
  setDrive(
    cloud.daemon().dependencies,
    uuid,
    new Map<string, string | number>([
      ["size", 8192],
      ["name", "grown"],
    ]),
  );

test("a drive whose file cannot be removed is gone for its user, and in nobody's way, until it can be", async (t) => {
  const cloud = await openCloud(t);
  const [doomed, other] = [await makeDrive(cloud), await makeDrive(cloud)];
  const refuse = async (effect: string, uuid: string) => {
    if (effect === "drive destroy" && uuid === doomed) throw new Error("no such luck");
  };
  cloud.before = refuse;
  await assert.rejects(destroyDrive(cloud.daemon().dependencies, doomed), /no such luck/);
  assert.deepEqual(
    [(await rowOf(cloud, doomed))?.phase, (await rowOf(cloud, doomed))?.wrapped_secret],
    ["destroying", null],
  );
  await assert.rejects(destroyDrive(cloud.daemon().dependencies, doomed), { type: "missing" });
  await cloud.daemon().kill();
  const restarting = cloud.restart();
  cloud.before = refuse;
  await restarting.catch(() => {});
  await grow(cloud, other);
  await makeServer(cloud, { "ide:0:0": other });
  cloud.before = async () => {};
  await assertAgreement(cloud);
  assert.equal(cloud.machine.drives.has(doomed), false);
});

test("a drive that its host could not make leaves nothing, and its caller is told why", async (t) => {
  const cloud = await openCloud(t);
  cloud.before = async (effect) => {
    if (effect === "drive create") throw new Error("no such luck");
  };
  await assert.rejects(makeDrive(cloud), /no such luck/);
  await assertAgreement(cloud);
});

for (const effect of ["drive create", "drive resize", "drive destroy"] as const) {
  test(`kill -9 at a ${effect}: what was begun is undone or finished, and nothing of it is left`, async (t) => {
    const cloud = await openCloud(t);
    const drive = await makeDrive(cloud);
    const reached = Promise.withResolvers<void>();
    cloud.before = async (begun) => {
      if (begun !== effect) return;
      reached.resolve();
      await new Promise(() => {});
    };
    if (effect === "drive create") void makeDrive(cloud);
    else if (effect === "drive resize") void grow(cloud, drive);
    else void destroyDrive(cloud.daemon().dependencies, drive);
    await reached.promise;
    await cloud.restart();
    await assertAgreement(cloud);
    const expected = { "drive create": [4096], "drive resize": [8192], "drive destroy": [] }[effect];
    assert.deepEqual(
      [...cloud.machine.drives.values()].map(({ bytes }) => bytes.length),
      expected,
    );
  });
}

test("a drive whose growth its host refuses is as it was, its other keys included", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  cloud.before = async (effect) => {
    if (effect === "drive resize") throw new Error("no such luck");
  };
  await assert.rejects(grow(cloud, drive), /no such luck/);
  const row = await rowOf(cloud, drive);
  assert.deepEqual([row?.size_bytes, JSON.parse(row?.properties ?? "")], [4096, { name: "d" }]);
  await assertAgreement(cloud);
});

/** What is allocated of the host's disk. */
async function allocatedBytes(cloud: Cloud): Promise<number> {
  const { allocatedDiskBytes } = await cloud.daemon().store.transaction((tx) => diskOf(tx, LOCAL_HOST));
  return allocatedDiskBytes;
}

const shrink = (cloud: Cloud, uuid: string) =>
  setDrive(cloud.daemon().dependencies, uuid, new Map([["size", 1024]]));

test("what a shrink gives back can be given to others once the host has done it, and not before", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const during: number[] = [];
  cloud.before = async (effect) => {
    if (effect !== "drive resize") return;
    during.push(await allocatedBytes(cloud));
    if (during.length === 1) throw new Error("no such luck");
  };
  await assert.rejects(shrink(cloud, drive), /no such luck/);
  assert.equal(await allocatedBytes(cloud), 4096);
  await shrink(cloud, drive);
  assert.deepEqual(during, [4096, 4096]);
  assert.equal(await allocatedBytes(cloud), 1024);
  await assertAgreement(cloud);
});

test("a shrink that an earlier version recorded gives its space back once", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  await cloud.daemon().store.transaction(async (tx) => {
    await allocate(tx, LOCAL_HOST, { diskBytes: 1024 - 4096 });
    await changeRow(tx, drive, { generation: 2 });
    const intent = { object: drive, noun: "drive", host: LOCAL_HOST, action: RESIZE } as const;
    await cloud.daemon().worker.leave(tx, { ...intent, generation: 2, params: { sizeBytes: 1024 } });
  });
  await assertAgreement(cloud);
  assert.equal(await allocatedBytes(cloud), 1024);
});

test("a shrink that was done and could not be recorded is not undone when its host refuses it again", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  let resizes = 0;
  cloud.before = async (effect) => {
    if (effect !== "drive resize") return;
    if (++resizes > 1) throw failed("no such luck");
    // One of the next commits is that which settles it, and one may be that which says that it is worked on still.
    cloud.refuse = () => true;
  };
  await assert.rejects(shrink(cloud, drive), /full/);
  cloud.refuse = () => false;
  // What the worker said of those.
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
  assert.equal(resizes, 2);
  assert.equal((await rowOf(cloud, drive))?.size_bytes, 1024);
});

test("a growth of which nothing is known comes about in the end, and the drive is busy until then", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  cloud.before = async (effect) => {
    if (effect === "drive resize") throw new Unreachable("the host is away");
  };
  await assert.rejects(grow(cloud, drive));
  await assert.rejects(grow(cloud, drive), { type: "busy" });
  await assert.rejects(makeServer(cloud, { "ide:0:0": drive }), { type: "busy" });
  await assert.rejects(writeDrive(cloud, drive, 0, Buffer.from("x")), {
    code: "drive_resizing",
  });
  cloud.before = async () => {};
  await assertAgreement(cloud);
  assert.equal((await rowOf(cloud, drive))?.size_bytes, 8192);
});

test("an outcome that could not be recorded, as on a full disk, is recorded once it can be", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  cloud.before = async (effect) => {
    if (effect === "drive destroy") cloud.full = true;
  };
  await assert.rejects(destroyDrive(cloud.daemon().dependencies, drive), /full/);
  assert.equal(cloud.machine.drives.size, 0);
  cloud.full = false;
  cloud.before = async () => {};
  cloud.unheard.length = 0;
  cloud.later(60_000);
  await assertAgreement(cloud);
});

test("a file that the store does not know is kept over restarts, until an operator has it adopted or removed", async (t) => {
  const cloud = await openCloud(t);
  const [open, sealed] = [
    await makeDrive(cloud, { "encryption:cipher": "none" }),
    await makeDrive(cloud, { name: "encrypted" }),
  ];
  // The store is one of yesterday, which knew neither.
  await cloud.daemon().store.transaction(async (tx) => {
    await tx.deleteFrom("drives").execute();
    await tx.deleteFrom("spans").execute();
    await tx.updateTable("hosts").set({ allocated_disk_bytes: 0 }).execute();
  });
  await cloud.restart();
  assert.deepEqual([...cloud.machine.drives.keys()], [open, sealed]);
  const { dependencies } = cloud.daemon();
  assert.deepEqual((await disagreementOn(dependencies, LOCAL_HOST)).unknown, [
    { drive: open, encrypted: false },
    { drive: sealed, encrypted: true },
  ]);
  const file = (drive: string) => ({ host: LOCAL_HOST, drive });
  await assert.rejects(adoptDrive(dependencies, file(sealed), cloud.user), {
    type: "failed",
    message: /encrypted/,
  });
  await forgetDrive(dependencies, file(sealed));
  await adoptDrive(dependencies, file(open), cloud.user);
  await assert.rejects(adoptDrive(dependencies, file(open), cloud.user), { type: "busy" });
  await assert.rejects(forgetDrive(dependencies, file(sealed)), { type: "missing" });
  await assertAgreement(cloud);
  await destroyDrive(dependencies, open);
  await assertAgreement(cloud);
});

test("a drive whose file is lost is told", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  cloud.machine.drives.delete(drive);
  assert.deepEqual(await disagreementOn(cloud.daemon().dependencies, LOCAL_HOST), {
    unknown: [],
    lost: [drive],
  });
});

test("a drive that is lost and a file that the store does not know are told once, until they were well again", async (t) => {
  const cloud = await openCloud(t);
  const [lost, unknown] = [await makeDrive(cloud), await makeDrive(cloud)];
  const file = cloud.machine.drives.get(lost);
  assert.ok(file !== undefined);
  const look = () => cloud.daemon().look();
  await look();
  assert.deepEqual(cloud.disagreements, []);
  cloud.machine.drives.delete(lost);
  await cloud
    .daemon()
    .store.transaction((tx) => tx.deleteFrom("drives").where("uuid", "=", unknown).execute());
  for (let looks = 0; looks < 2; looks++) await look();
  const isLost = { drive: lost, host: LOCAL_HOST, is: "lost" };
  assert.deepEqual(cloud.disagreements, [{ drive: unknown, host: LOCAL_HOST, is: "unknown" }, isLost]);
  cloud.disagreements.length = 0;
  cloud.machine.drives.set(lost, file);
  await look();
  cloud.machine.drives.delete(lost);
  await look();
  assert.deepEqual(cloud.disagreements, [isLost]);
});

test("a drive that is made or destroyed while a host's files are listed is neither lost nor unknown", async (t) => {
  const cloud = await openCloud(t);
  const doomed = await makeDrive(cloud);
  const { dependencies, host } = cloud.daemon();
  const list = async () => {
    const files = await host.drives.list();
    await makeDrive(cloud);
    await destroyDrive(dependencies, doomed);
    return files;
  };
  const hosts = new Hosts(new Map([[LOCAL_HOST, { ...host, drives: overriding(host.drives, { list }) }]]));
  assert.deepEqual(await disagreementOn({ ...dependencies, hosts }, LOCAL_HOST), { unknown: [], lost: [] });
});

test("a drive that is made and destroyed again while a host is looked at is not lost", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies, host } = cloud.daemon();
  const list = async () => {
    const files = await host.drives.list();
    await makeDrive(cloud);
    return files;
  };
  const describe = async (uuid: string) => {
    await destroyDrive(dependencies, uuid);
    return host.drives.describe(uuid);
  };
  const drives = overriding(host.drives, { list, describe });
  const hosts = new Hosts(new Map([[LOCAL_HOST, { ...host, drives }]]));
  assert.deepEqual(await disagreementOn({ ...dependencies, hosts }, LOCAL_HOST), { unknown: [], lost: [] });
});

test("a command that the store cannot record, as on a full disk, changes nothing", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies } = cloud.daemon();
  const [drive, server] = [await makeDrive(cloud), await makeServer(cloud, { persistent: true }, false)];
  const all = () =>
    cloud.daemon().store.snapshot(async (tx) => ({
      drives: await tx.selectFrom("drives").selectAll().execute(),
      servers: await tx.selectFrom("servers").selectAll().execute(),
      hosts: await tx.selectFrom("hosts").selectAll().execute(),
      operations: await tx.selectFrom("operations").selectAll().execute(),
    }));
  const before = await all();
  const effects: string[] = [];
  cloud.before = async (effect) => {
    effects.push(effect);
  };
  cloud.full = true;
  const commands: readonly (() => Promise<unknown>)[] = [
    () => makeDrive(cloud),
    () => grow(cloud, drive),
    () => destroyDrive(dependencies, drive),
    () => makeServer(cloud, { "ide:0:0": drive }),
    () => makeServer(cloud, {}, false),
    () => lifecycle(cloud).set(server, input({ cpu: 600 })),
    () => lifecycle(cloud).start(server),
    () => lifecycle(cloud).destroy(server),
  ];
  for (const command of commands) await assert.rejects(command(), /full/);
  assert.deepEqual(effects, []);
  assert.deepEqual(await all(), before);
  cloud.full = false;
  await lifecycle(cloud).start(server);
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});

test("the store itself holds an exclusive drive against a second claimant", async (t) => {
  const cloud = await openCloud(t);
  const [exclusive, shared] = [await makeDrive(cloud), await makeDrive(cloud, { "claim:type": "shared" })];
  const other = await makeServer(cloud, {}, false);
  await makeServer(cloud, { "ide:0:0": exclusive, "ide:0:1": shared });
  const second = (drive: string, claimed: 0 | 1) =>
    cloud
      .daemon()
      .store.transaction((tx) =>
        tx.insertInto("claims").values({ drive, server: other, exclusive: claimed }).execute(),
      );
  await assert.rejects(second(exclusive, 1), /UNIQUE|duplicate key/);
  await assert.rejects(
    cloud.daemon().store.transaction(async (tx) => {
      await tx.insertInto("claims").values({ drive: shared, server: other, exclusive: 0 }).execute();
      throw new Error("it could be entered");
    }),
    /it could be entered/,
  );
});

test("what a create reads does not grow with the drives of others", async (t) => {
  const cloud = await openCloud(t);
  const daemon = cloud.daemon();
  const { uuid: eve } = await createUser(daemon.store, "eve");
  let rows = 0;
  // Every row that a transaction reads comes through its connection.
  const count: KyselyPlugin = {
    transformQuery: ({ node }) => node,
    async transformResult({ result }) {
      rows += result.rows.length;
      return result;
    },
  };
  const store = withTransactions(daemon.store, (work) =>
    daemon.store.transaction((tx) => work(tx.withPlugin(count) as typeof tx)),
  );
  const counted = {
    ...cloud,
    daemon: () => ({ ...daemon, dependencies: { ...daemon.dependencies, store } }),
  };
  const measured = async () => {
    rows = 0;
    await makeDrive(counted);
    return rows;
  };
  const before = await measured();
  for (let made = 0; made < 50; made++) await makeDrive({ ...cloud, user: eve });
  assert.ok(before > 0);
  assert.equal(await measured(), before);
});

test("what fails at a generation that was raised for its host is tried again soon, and its reason known", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  cloud.machine.fences.set(drive, 7);
  cloud.before = async (effect) => {
    if (effect === "drive destroy") throw new Unreachable("destroy was lost");
  };
  const { dependencies, store } = cloud.daemon();
  await assert.rejects(destroyDrive(dependencies, drive), Unreachable);
  const [left] = await store.transaction((tx) => tx.selectFrom("operations").selectAll().execute());
  assert.deepEqual([left?.generation, left?.owner, left?.last_error], [8, null, "destroy was lost"]);
  cloud.before = async () => {};
  await cloud.settled();
  assert.equal(cloud.machine.drives.size, 0);
});

test("a row that is damaged hides no other drive", async (t) => {
  const cloud = await openCloud(t);
  const [bad, good] = [await makeDrive(cloud), await makeDrive(cloud)];
  const { store } = cloud.daemon();
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ properties: "{" }).where("uuid", "=", bad).execute(),
  );
  assert.deepEqual(
    (await wholeOf(new DriveRecords(store).ofUser(cloud.user))).map((drive) => [
      drive.uuid,
      "unreadable" in drive,
    ]),
    [
      [bad, true],
      [good, false],
    ],
  );
});

test("a creation that comes late, of a drive that its caller was told there is not, makes no file", async (t) => {
  const cloud = await openCloud(t);
  const { drives } = cloud.daemon().host;
  const create = drives.create.bind(drives);
  let late = () => Promise.resolve();
  drives.create = async (...given) => {
    late = () => create(...given);
    throw new Unreachable("create is on its way");
  };
  await assert.rejects(makeDrive(cloud), Unreachable);
  await assertAgreement(cloud);
  await assert.rejects(late(), Outdated);
  await assertAgreement(cloud);
});

test("a drive whose row is damaged is destroyed all the same, by its owner alone", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const { dependencies, store } = cloud.daemon();
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ properties: "{" }).where("uuid", "=", drive).execute(),
  );
  const records = new DriveRecords(store);
  const { uuid: eve } = await createUser(store, "eve");
  await assert.rejects(records.locate(drive, eve));
  assert.equal((await records.locate(drive, cloud.user)).uuid, drive);
  await destroyDrive(dependencies, drive);
  await assertAgreement(cloud);
  assert.equal(cloud.machine.drives.size, 0);
});
