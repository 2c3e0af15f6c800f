/** Servers of which the store does not say what is so: it was restored from yesterday, or a row is damaged. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { failed } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { wholeOf } from "../../src/base/pages.ts";
import { adoptDrive } from "../../src/drives/unknown.ts";
import { Unreachable } from "../../src/host/errors.ts";
import { LOCAL_HOST } from "../../src/hosts/hosts.ts";
import { createResource } from "../../src/resources/lifecycle.ts";
import { unknownServers } from "../../src/servers/lifecycle/look.ts";
import { ServerRecords } from "../../src/servers/records.ts";
import { adoptServer, forgetServer } from "../../src/servers/unknown.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import {
  configOf,
  lifecycle,
  makeDrive,
  makeLasting,
  makeServer,
  phaseOf,
} from "../../testing/state-objects.ts";

/** Makes of the store what it was before the server's last start, or before there was the server. */
const restore = (cloud: Cloud, server: string, to: "stopped" | "absent") =>
  cloud.daemon().store.transaction(async (tx) => {
    const row = await tx
      .selectFrom("servers")
      .selectAll()
      .where("uuid", "=", server)
      .executeTakeFirstOrThrow();
    const { cpu, mem } = JSON.parse(row.config);
    await tx.deleteFrom("claims").where("server", "=", server).execute();
    await tx.deleteFrom("addresses").where("server", "=", server).execute();
    await tx.deleteFrom("vlan_nics").where("server", "=", server).execute();
    await tx
      .updateTable("hosts")
      .set((host) => ({
        allocated_mem_mib: host("allocated_mem_mib", "-", mem),
        allocated_mhz: host("allocated_mhz", "-", cpu),
      }))
      .execute();
    const counted = to === "absent" ? ["cpu", "mem", "servers"] : ["cpu", "mem"];
    const spans = tx.deleteFrom("spans").where("object", "=", server);
    await spans.where("resource", "in", counted as ("cpu" | "mem" | "servers")[]).execute();
    const { generation, revision } = { generation: row.generation - 1, revision: row.revision - 1 };
    if (to === "absent") await tx.deleteFrom("servers").where("uuid", "=", server).execute();
    else
      await tx
        .updateTable("servers")
        .set({ phase: "stopped", run: null, generation, revision })
        .where("uuid", "=", server)
        .execute();
  });

for (const to of ["stopped", "absent"] as const) {
  test(`a store of yesterday, in which a server is ${to}, ends no server; the operator takes it in`, async (t) => {
    const cloud = await openCloud(t);
    const drive = await makeDrive(cloud);
    const server = await makeLasting(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto", vnc: "auto" });
    await restore(cloud, server, to);
    await cloud.restart();
    assert.deepEqual([...cloud.machine.servers.keys()], [server]);
    assert.deepEqual(
      cloud.unknown.map(({ uuid, host }) => [uuid, host]),
      [[server, LOCAL_HOST]],
    );
    if (to === "stopped") await assert.rejects(lifecycle(cloud).start(server), { type: "busy" });
    const { dependencies } = cloud.daemon();
    await adoptServer(dependencies, {
      uuid: server,
      host: LOCAL_HOST,
      user: to === "absent" ? cloud.user : null,
    });
    cloud.unknown.length = 0;
    await assertAgreement(cloud);
    const config = (await configOf(cloud, server)) as Record<string, unknown>;
    assert.deepEqual([config["ide:0:0"], config["nic:0:dhcp"], config.mem], [drive, "auto", 64]);
    await assert.rejects(makeServer(cloud, { "ide:0:0": drive }), { type: "busy" });
    await lifecycle(cloud).stop(server);
    await lifecycle(cloud).start(server);
    await assertAgreement(cloud);
  });

  test(`the operator ends a server that in a store of yesterday is ${to}`, async (t) => {
    const cloud = await openCloud(t);
    const drive = await makeDrive(cloud);
    const server = await makeLasting(cloud, { "ide:0:0": drive });
    await restore(cloud, server, to);
    await forgetServer(cloud.daemon().dependencies, { uuid: server, host: LOCAL_HOST });
    assert.equal(cloud.machine.servers.size, 0);
    await assertAgreement(cloud);
    if (to === "stopped") await lifecycle(cloud).start(server);
    await assertAgreement(cloud);
  });
}

test("the addresses and the VLAN of a server that was taken in are its own again", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies, store } = cloud.daemon();
  const vlan = await createResource(dependencies, cloud.user, "vlan", new Map());
  const nics = { "nic:0:dhcp": "auto", vnc: "auto", "nic:1:vlan": vlan.resource };
  const server = await makeLasting(cloud, { ...nics, "nic:1:mac": "06:00:00:00:00:01" });
  const uses = () =>
    store.transaction(async (tx) => ({
      addresses: await tx.selectFrom("addresses").select(["address", "server"]).orderBy("address").execute(),
      vlanNics: await tx.selectFrom("vlan_nics").select(["vlan", "mac", "server"]).execute(),
    }));
  const before = await uses();
  assert.deepEqual([before.addresses.length > 0, before.vlanNics.length], [true, 1]);
  await restore(cloud, server, "absent");
  await adoptServer(dependencies, { uuid: server, host: LOCAL_HOST, user: cloud.user });
  assert.deepEqual(await uses(), before);
  await assertAgreement(cloud);
});

test("a server that the store knows in an earlier run holds what its present run has, once it was taken in", async (t) => {
  const cloud = await openCloud(t);
  const [earlier, present] = [await makeDrive(cloud), await makeDrive(cloud)];
  const server = await makeLasting(cloud, { "ide:0:0": present, "nic:0:dhcp": "auto" });
  const { dependencies, store } = cloud.daemon();
  const now = (await configOf(cloud, server)) as object;
  // The store is of the run before, which had another drive, another address and more of the host.
  await store.transaction(async (tx) => {
    const row = {
      generation: 0,
      config: JSON.stringify({ ...now, "ide:0:0": earlier, mem: 128, cpu: 700 }),
    };
    await tx.updateTable("servers").set(row).where("uuid", "=", server).execute();
    await tx.updateTable("claims").set({ drive: earlier }).where("server", "=", server).execute();
    await tx.updateTable("addresses").set({ address: "10.0.0.99" }).where("server", "=", server).execute();
    await tx.updateTable("hosts").set({ allocated_mem_mib: 128, allocated_mhz: 700 }).execute();
  });
  await adoptServer(dependencies, { uuid: server, host: LOCAL_HOST, user: null });
  await assertAgreement(cloud);
  const held = await store.transaction(async (tx) => ({
    drives: await tx.selectFrom("claims").select("drive").execute(),
    addresses: await tx.selectFrom("addresses").select("address").execute(),
  }));
  const address = cloud.machine.servers.get(server)?.spec.nics[0]?.lease?.address;
  assert.deepEqual(held, { drives: [{ drive: present }], addresses: [{ address }] });
});

test("an operator takes in and forgets only what the store does not know", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const { dependencies } = cloud.daemon();
  const known = { type: "busy", message: /is known as it runs/ };
  await assert.rejects(adoptServer(dependencies, { uuid: server, host: LOCAL_HOST, user: null }), known);
  await assert.rejects(forgetServer(dependencies, { uuid: server, host: LOCAL_HOST }), known);
  await lifecycle(cloud).stop(server);
  const absent = { type: "missing" };
  await assert.rejects(adoptServer(dependencies, { uuid: server, host: LOCAL_HOST, user: null }), absent);
  await assert.rejects(forgetServer(dependencies, { uuid: server, host: LOCAL_HOST }), absent);
  await assertAgreement(cloud);
});

test("an unknown server whose drive another has is not taken in, and the reason is said", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  await restore(cloud, server, "absent");
  const other = await makeServer(cloud, {}, false);
  await cloud
    .daemon()
    .store.transaction((tx) =>
      tx.insertInto("claims").values({ drive, server: other, exclusive: 1 }).execute(),
    );
  const { dependencies } = cloud.daemon();
  const adoption = { uuid: server, host: LOCAL_HOST, user: cloud.user };
  await assert.rejects(adoptServer(dependencies, adoption), { type: "busy", message: /in use by server/ });
  assert.equal(await phaseOf(cloud, server), null);
});

test("of an unknown server whose drive is not in the store either, it is said what comes first", async (t) => {
  for (const [cipher, type, sentence] of [
    ["none", "missing", "is not in the store: adopt it first"],
    [
      "aes-xts-plain",
      "failed",
      "is not in the store, and is encrypted: neither it nor its server can be adopted",
    ],
  ] as const) {
    const cloud = await openCloud(t);
    const drive = await makeDrive(cloud, { "encryption:cipher": cipher });
    const server = await makeLasting(cloud, { "ide:0:0": drive });
    await restore(cloud, server, "absent");
    const { store, dependencies } = cloud.daemon();
    await store.transaction((tx) => tx.deleteFrom("drives").execute());
    const adoption = { uuid: server, host: LOCAL_HOST, user: cloud.user };
    await assert.rejects(adoptServer(dependencies, adoption), {
      type,
      message: `drive ${drive} ${sentence}`,
    });
    assert.equal(await phaseOf(cloud, server), null);
    if (cipher !== "none") continue;
    await adoptDrive(dependencies, { host: LOCAL_HOST, drive }, cloud.user);
    await adoptServer(dependencies, adoption);
    assert.equal(await phaseOf(cloud, server), "active");
  }
});

test("a server whose host has seen more than a restored store knows can be started where nothing runs", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  await lifecycle(cloud).stop(server);
  await cloud
    .daemon()
    .store.transaction((tx) => tx.updateTable("servers").set({ generation: 0, revision: 0 }).execute());
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

test("a server stays unknown, and can be forgotten again, where its host could not end it", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const { dependencies, store } = cloud.daemon();
  await store.transaction((tx) =>
    tx.updateTable("servers").set({ generation: 0 }).where("uuid", "=", server).execute(),
  );
  cloud.before = async (effect) => {
    if (effect === "end") throw new Unreachable("end was lost");
  };
  await assert.rejects(forgetServer(dependencies, { uuid: server, host: LOCAL_HOST }), Unreachable);
  assert.equal((await unknownServers(dependencies, LOCAL_HOST)).length, 1);
  cloud.before = async () => {};
  await forgetServer(dependencies, { uuid: server, host: LOCAL_HOST });
  await cloud.settled();
  assert.equal(cloud.machine.servers.size, 0);
  assert.equal(await phaseOf(cloud, server), "stopped");
  await assertAgreement(cloud);
});

test("a start that fails on a host which has seen more than a restored store knows is undone, and its caller told why", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  await lifecycle(cloud).stop(server);
  const { store } = cloud.daemon();
  await store.transaction((tx) =>
    tx.updateTable("servers").set({ generation: 0 }).where("uuid", "=", server).execute(),
  );
  cloud.before = async (effect) => {
    if (effect === "launch") throw failed("no such luck");
  };
  await assert.rejects(lifecycle(cloud).start(server), { message: "no such luck" });
  assert.equal(await phaseOf(cloud, server), "stopped");
  cloud.before = async () => {};
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

for (const action of ["stop", "destroy"] as const) {
  test(`a ${action} that fails at a generation which was raised for its host is tried again soon, and its reason known`, async (t) => {
    const cloud = await openCloud(t);
    const server = await makeLasting(cloud);
    // The machine was restarted, and has seen what the restored store does not know.
    cloud.machine.servers.delete(server);
    cloud.machine.fences.set(server, 7);
    cloud.before = async (effect) => {
      if (effect === "end") throw new Unreachable("end was lost");
    };
    await assert.rejects(lifecycle(cloud)[action](server), Unreachable);
    const [left] = await cloud
      .daemon()
      .store.transaction((tx) => tx.selectFrom("operations").selectAll().execute());
    assert.deepEqual([left?.generation, left?.owner, left?.last_error], [8, null, "end was lost"]);
    cloud.before = async () => {};
    await assertAgreement(cloud);
  });
}

test("a row that is damaged is an error of its server, named, and hides no other", async (t) => {
  const cloud = await openCloud(t);
  const [bad, good] = [await makeServer(cloud, {}, false), await makeServer(cloud, {}, false)];
  const { store } = cloud.daemon();
  const records = new ServerRecords(store);
  for (const change of [{ config: "{" }, { config: "{}" }, { run: '{"started":"now"}' }]) {
    await store.transaction((tx) =>
      tx
        .updateTable("servers")
        .set((row) => ({ ...change, revision: row("revision", "+", 1) }))
        .where("uuid", "=", bad)
        .execute(),
    );
    const damaged = { type: "failed", message: `what the store says of server ${bad} is damaged` };
    await assert.rejects(async () => records.own(bad, cloud.user), damaged);
    await assert.rejects(lifecycle(cloud).start(bad), damaged);
    const all = await wholeOf(records.ofUser(cloud.user));
    assert.deepEqual(
      all.map((server) => [server.uuid, "unreadable" in server]),
      [
        [bad, true],
        [good, false],
      ],
    );
  }
  await lifecycle(cloud).start(good);
});

for (const what of ["config", "run"] as const) {
  for (const end of ["stop", "destroy"] as const) {
    test(`a ${end} ends a server whose ${what} is damaged, and all that it held is free`, async (t) => {
      const cloud = await openCloud(t);
      const drive = await makeDrive(cloud);
      await makeLasting(cloud);
      const server = await makeLasting(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto" });
      const { store } = cloud.daemon();
      await store.transaction((tx) =>
        tx
          .updateTable("servers")
          .set((row) => ({ [what]: "{", revision: row("revision", "+", 1) }))
          .where("uuid", "=", server)
          .execute(),
      );
      const records = new ServerRecords(store);
      assert.equal((await records.locate(server, cloud.user)).uuid, server);
      await assert.rejects(records.locate(server, randomUUID() as UserId), { type: "missing" });
      await lifecycle(cloud)[end](server);
      assert.equal(cloud.machine.servers.has(server), false);
      assert.equal(await phaseOf(cloud, server), end === "stop" ? "stopped" : null);
      await makeServer(cloud, { "ide:0:0": drive });
      if (end === "stop") await lifecycle(cloud).destroy(server);
      await assertAgreement(cloud);
    });
  }
}
