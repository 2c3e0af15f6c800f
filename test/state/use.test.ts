/** From when to when what is used counts, in time that stands until a test moves it. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { closeAccount } from "../../src/accounts/lifecycle/close.ts";
import { createUser } from "../../src/accounts/users.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import { adoptDrive } from "../../src/drives/unknown.ts";
import { Unreachable } from "../../src/host/errors.ts";
import { LOCAL_HOST } from "../../src/hosts/hosts.ts";
import { miscounted } from "../../src/operator/miscounted.ts";
import { createResource, destroyResource } from "../../src/resources/lifecycle.ts";
import { operatorPool } from "../../src/resources/pool.ts";
import { addPool } from "../../src/resources/pools.ts";
import { adoptServer } from "../../src/servers/unknown.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import {
  input,
  lifecycle,
  makeDrive,
  makeLasting,
  makeServer,
  phaseOf,
} from "../../testing/state-objects.ts";

const BEGIN = 1_800_000_000;

type Time = { seconds: number; offSince?: number; now(): number };

/** A cloud whose time stands, at 0 seconds, until the test moves it. */
async function stillCloud(t: TestContext): Promise<{ readonly cloud: Cloud; readonly time: Time }> {
  const time: Time = {
    seconds: 0,
    now() {
      return BEGIN + this.seconds;
    },
  };
  return { cloud: await openCloud(t, time), time };
}

/** The spans of some resources of an object, or of all that there are, in seconds since the beginning. */
async function spansOf(cloud: Cloud, object: string, ...resources: readonly string[]) {
  const rows = await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("spans").selectAll().where("object", "=", object).orderBy("serial").execute(),
    );
  return rows
    .filter(({ resource }) => resources.length === 0 || resources.includes(resource))
    .map(({ resource, amount, begins, ends }) => [
      ...[resource, amount, begins - BEGIN],
      ends === null ? null : ends - BEGIN,
    ]);
}

test("a server counts from its creation to its destruction, its speed and memory from each start to each end", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const { start, stop, destroy } = lifecycle(cloud);
  time.seconds = 10;
  const server = await makeServer(cloud, { persistent: true }, false);
  time.seconds = 20;
  await start(server);
  time.seconds = 30;
  await stop(server);
  time.seconds = 40;
  await start(server);
  time.seconds = 50;
  await destroy(server);
  assert.deepEqual(await spansOf(cloud, server), [
    ["servers", 1, 10, 50],
    ["cpu", 500, 20, 30],
    ["mem", 64, 20, 30],
    ["cpu", 500, 40, 50],
    ["mem", 64, 40, 50],
  ]);
  await assertAgreement(cloud);
});

test("a server that is created and started counts from when it runs, and one whose creation fails never", async (t) => {
  const { cloud, time } = await stillCloud(t);
  cloud.before = async (effect) => {
    if (effect === "launch") time.seconds += 7;
  };
  const server = await makeServer(cloud);
  assert.deepEqual(await spansOf(cloud, server), [
    ["servers", 1, 7, null],
    ["cpu", 500, 7, null],
    ["mem", 64, 7, null],
  ]);
  cloud.before = async (effect) => {
    if (effect === "launch" || effect === "drive create") throw new Error("it fails");
  };
  await assert.rejects(makeServer(cloud));
  await assert.rejects(makeDrive(cloud));
  cloud.unheard.length = 0;
  cloud.before = async () => {};
  await cloud.settled();
  const { store } = cloud.daemon();
  const objects = await store.transaction((tx) =>
    tx.selectFrom("spans").select("object").distinct().execute(),
  );
  assert.deepEqual(objects, [{ object: server }]);
});

test("a change of speed counts from when it is applied, and one that is refused not at all", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const server = await makeLasting(cloud);
  cloud.before = async (effect) => {
    if (effect === "apply") time.seconds += 5;
  };
  await lifecycle(cloud).set(server, input({ cpu: 700 }));
  await lifecycle(cloud).set(server, input({ name: "other" }));
  let failures = 1;
  cloud.before = async (effect) => {
    if (effect === "apply" && failures-- > 0) throw new Error("it fails");
  };
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 900 })));
  await assertAgreement(cloud);
  assert.deepEqual(await spansOf(cloud, server, "cpu"), [
    ["cpu", 500, 0, 5],
    ["cpu", 700, 5, null],
  ]);
});

test("a change of speed that comes after the run has ended does not count", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const server = await makeLasting(cloud);
  cloud.before = async (effect) => {
    if (effect !== "apply") return;
    endRun(cloud.machine, server);
    time.seconds = 30;
  };
  time.seconds = 10;
  await lifecycle(cloud).set(server, input({ cpu: 700 }));
  await assertAgreement(cloud);
  assert.deepEqual(await spansOf(cloud, server, "cpu"), [["cpu", 500, 0, 10]]);
});

test("a server whose host does not end it counts until it has", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const server = await makeLasting(cloud);
  cloud.before = async (effect) => {
    if (effect === "end") throw new Unreachable("it does not end");
  };
  time.seconds = 10;
  await assert.rejects(lifecycle(cloud).stop(server));
  assert.deepEqual(await spansOf(cloud, server, "cpu"), [["cpu", 500, 0, null]]);
  cloud.before = async () => {};
  time.seconds = 20;
  await assertAgreement(cloud);
  assert.deepEqual(await spansOf(cloud, server, "cpu"), [["cpu", 500, 0, 20]]);
});

for (const [what, properties, left] of [
  ["persistent", { persistent: true }, "stopped"],
  ["that goes with its end", {}, null],
] as const) {
  test(`a server ${what} and ended while the daemon was away counts until it ended, not until that was seen`, async (t) => {
    const { cloud, time } = await stillCloud(t);
    const server = await makeServer(cloud, properties);
    time.seconds = 100;
    await cloud.daemon().kill();
    time.seconds = 130;
    endRun(cloud.machine, server);
    time.seconds = 5_000;
    await cloud.restart();
    assert.equal(await phaseOf(cloud, server), left);
    assert.deepEqual(await spansOf(cloud, server, "cpu", "mem"), [
      ["cpu", 500, 0, 130],
      ["mem", 64, 0, 130],
    ]);
    assert.deepEqual(await spansOf(cloud, server, "servers"), [
      ["servers", 1, 0, left === null ? 130 : null],
    ]);
    await assertAgreement(cloud);
  });
}

test("a server of which its host knows nothing counts until that is seen, or until the machine's boot was the last time", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const [one, other] = [await makeLasting(cloud), await makeLasting(cloud)];
  time.seconds = 50;
  cloud.machine.servers.delete(one);
  await cloud.daemon().look();
  assert.deepEqual(await spansOf(cloud, one, "cpu"), [["cpu", 500, 0, 50]]);
  // The machine lost power, and was off for a day.
  cloud.machine.servers.delete(other);
  Object.assign(time, { seconds: 86_400, offSince: BEGIN + 60 });
  const later = await makeLasting(cloud);
  cloud.machine.servers.delete(later);
  time.seconds = 86_500;
  await cloud.restart();
  assert.deepEqual(await spansOf(cloud, other, "cpu"), [["cpu", 500, 0, 60]]);
  assert.deepEqual(await spansOf(cloud, later, "cpu"), [["cpu", 500, 86_400, 86_500]]);
});

test("a drive counts from when it is made until its destruction is asked for, and its size from when it has that", async (t) => {
  const { cloud, time } = await stillCloud(t);
  cloud.before = async (effect) => {
    if (effect.startsWith("drive")) time.seconds += 5;
  };
  const { dependencies } = cloud.daemon();
  const drive = await makeDrive(cloud);
  await setDrive(dependencies, drive, new Map([["size", 8192]]));
  await setDrive(dependencies, drive, new Map([["name", "other"]]));
  await destroyDrive(dependencies, drive);
  assert.deepEqual(await spansOf(cloud, drive), [
    ["disk", 4096, 5, 10],
    ["drives", 1, 5, 10],
    ["disk", 8192, 10, 10],
  ]);
  await assertAgreement(cloud);
});

test("addresses and VLANs count while they are held", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const { store, dependencies } = cloud.daemon();
  await addPool(store, operatorPool({ network: "203.0.113.0/30", gateway: "203.0.113.1", nameservers: [] }));
  for (const type of ["ip", "vlan"] as const) {
    time.seconds += 10;
    const begins = time.seconds;
    const id = await createResource(dependencies, cloud.user, type, new Map());
    time.seconds += 10;
    await destroyResource(dependencies, cloud.user, id);
    assert.deepEqual(await spansOf(cloud, id.resource), [[type, 1, begins, begins + 10]]);
  }
});

test("an account that is closed with everything uses nothing any more", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const { store, dependencies } = cloud.daemon();
  const { uuid: bob } = await createUser(store, "bob");
  const his = { daemon: cloud.daemon, user: bob };
  const drive = await makeDrive(his);
  await makeServer(his, { "ide:0:0": drive });
  const { resource } = await createResource(dependencies, bob, "vlan", new Map());
  time.seconds = 10;
  await closeAccount(dependencies, bob, true, null);
  time.seconds = 20;
  await assertAgreement(cloud);
  const open = await store.transaction((tx) =>
    tx.selectFrom("spans").select("resource").where("user", "=", bob).where("ends", "is", null).execute(),
  );
  assert.deepEqual(open, []);
  const [[, , begins] = []] = await spansOf(cloud, resource);
  assert.equal(begins, 0);
});

test("what an operator takes in counts from then on", async (t) => {
  const { cloud, time } = await stillCloud(t);
  const { store, dependencies } = cloud.daemon();
  const drive = await makeDrive(cloud, { "encryption:cipher": "none" });
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  // The store is one of yesterday, which knew neither.
  await store.transaction(async (tx) => {
    for (const table of ["claims", "servers", "drives", "spans"] as const)
      await tx.deleteFrom(table).execute();
    await tx
      .updateTable("hosts")
      .set({ allocated_disk_bytes: 0, allocated_mem_mib: 0, allocated_mhz: 0 })
      .execute();
  });
  time.seconds = 40;
  await adoptDrive(dependencies, { host: LOCAL_HOST, drive }, cloud.user);
  await adoptServer(dependencies, { uuid: server, host: LOCAL_HOST, user: cloud.user });
  assert.deepEqual(await spansOf(cloud, drive), [
    ["disk", 4096, 40, null],
    ["drives", 1, 40, null],
  ]);
  assert.deepEqual(await spansOf(cloud, server), [
    ["servers", 1, 40, null],
    ["cpu", 500, 40, null],
    ["mem", 64, 40, null],
  ]);
  await assertAgreement(cloud);
});

test("the operator is told what is counted otherwise than it is, and nothing where all is", async (t) => {
  const { cloud } = await stillCloud(t);
  const { store, dependencies } = cloud.daemon();
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  await makeServer(cloud, {}, false);
  const { resource } = await createResource(dependencies, cloud.user, "vlan", new Map());
  assert.deepEqual(await miscounted(store), []);
  await store.transaction(async (tx) => {
    await tx.deleteFrom("spans").where("object", "=", drive).where("resource", "=", "disk").execute();
    await tx.updateTable("spans").set({ amount: 1 }).where("resource", "=", "cpu").execute();
    await tx.deleteFrom("resources").where("resource", "=", resource).execute();
  });
  const of = { user: cloud.user };
  const told = await miscounted(store);
  assert.deepEqual(
    told.toSorted((a, b) => a.resource.localeCompare(b.resource)),
    [
      { ...of, resource: "cpu", object: server, amount: 500, counted: 1 },
      { ...of, resource: "disk", object: drive, amount: 4096, counted: null },
      { ...of, resource: "vlan", object: resource, amount: null, counted: 1 },
    ],
  );
});
