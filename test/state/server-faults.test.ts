/** What becomes of servers where something hangs, fails, is lost, or is not what the store says, on a simulated host. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";
import { failed } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { adoptDrive } from "../../src/drives/unknown.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import { takeUp } from "../../src/operations/lease.ts";
import { resetServer, shutDownServer } from "../../src/servers/lifecycle/direct.ts";
import { unknownServers } from "../../src/servers/lifecycle/look.ts";
import { doStart, prepareStart } from "../../src/servers/lifecycle/start.ts";
import { serverRecords } from "../../src/servers/records.ts";
import { intend, presentServer } from "../../src/servers/rows.ts";
import { adoptServer, forgetServer } from "../../src/servers/unknown.ts";
import type { Effect } from "../../testing/simulated/machine.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { configOf, input, lifecycle, makeDrive, makeServer, phaseOf } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";

const HOST = "local";

/** Lets the effect hang for good from now on; answers a promise of the first time that it begins. */
function hang(cloud: Cloud, effect: Effect): Promise<void> {
  const begun = Promise.withResolvers<void>();
  cloud.before = async (now) => {
    if (now !== effect) return;
    begun.resolve();
    await new Promise(() => {});
  };
  return begun.promise;
}

const makeLasting = (cloud: Cloud, properties = {}) => makeServer(cloud, { persistent: true, ...properties });

const hanging: readonly [
  what: string,
  effect: Effect,
  work: (cloud: Cloud, server: string) => Promise<unknown>,
][] = [
  ["a power-down", "power down", (c, uuid) => shutDownServer(c.daemon().dependencies, { uuid, host: HOST })],
  ["a reset", "reset", (c, uuid) => resetServer(c.daemon().dependencies, { uuid, host: HOST })],
  ["a change of its quota", "apply", (c, uuid) => lifecycle(c).set(uuid, input({ cpu: 600 }))],
  ["a change of its VNC password", "apply", (c, uuid) => lifecycle(c).set(uuid, input({ password: "x" }))],
];

for (const [what, effect, work] of hanging) {
  for (const end of ["stop", "destroy"] as const) {
    test(`a ${end} does not wait behind ${what} that hangs`, async (t) => {
      const cloud = await openCloud(t);
      const server = await makeLasting(cloud, { "nic:0:dhcp": "auto" });
      const begun = hang(cloud, effect);
      const outcome = work(cloud, server).then(
        () => "done",
        (error) => error.type,
      );
      await begun;
      await lifecycle(cloud)[end](server);
      assert.equal(await phaseOf(cloud, server), end === "stop" ? "stopped" : null);
      assert.equal(cloud.machine.servers.size, 0);
      // Whoever changed it is told at once what became of it; what is asked of a run alone hangs by itself.
      if (effect === "apply") assert.equal(await outcome, end === "stop" ? "done" : "busy");
      cloud.before = async () => {};
      if (end === "stop") await lifecycle(cloud).start(server);
      await assertAgreement(cloud);
    });
  }
}

test("an end that cannot be settled since its host hangs keeps no other from being settled", async (t) => {
  const cloud = await openCloud(t);
  const [stuck, other] = [await makeLasting(cloud), await makeLasting(cloud)];
  const begun = Promise.withResolvers<void>();
  cloud.before = async (effect, uuid) => {
    if (effect !== "end" || uuid !== stuck) return;
    begun.resolve();
    await new Promise(() => {});
  };
  endRun(cloud.machine, stuck);
  await begun.promise;
  endRun(cloud.machine, other);
  await until("the other has ended", async () => (await phaseOf(cloud, other)) === "stopped" || null);
  assert.equal(await phaseOf(cloud, stuck), "active");
});

test("a change that a stop overtakes is answered as done, and is what the next start takes", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const begun = hang(cloud, "apply");
  const change = lifecycle(cloud).set(server, input({ cpu: 600, name: "n" }));
  await begun;
  await lifecycle(cloud).stop(server);
  await change;
  assert.deepEqual(await configOf(cloud, server), { name: "n", cpu: 600, mem: 64, persistent: true });
  cloud.before = async () => {};
  await lifecycle(cloud).start(server);
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 600);
  await assertAgreement(cloud);
});

test("a change that is overtaken by the stop of a server that goes with it came to nothing", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud);
  let begun = hang(cloud, "apply");
  const change = lifecycle(cloud).set(server, input({ cpu: 600 }));
  await begun;
  begun = hang(cloud, "end");
  void lifecycle(cloud).stop(server);
  // The server is there still, and on its way out.
  await begun;
  await assert.rejects(change, { type: "busy", code: "command_overtaken" });
  await cloud.restart();
  assert.equal(await phaseOf(cloud, server), null);
  await assertAgreement(cloud);
});

test("a change that could not be recorded, as on a full disk, is none", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  cloud.full = true;
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), /full/);
  cloud.full = false;
  assert.deepEqual(await configOf(cloud, server), before);
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 500);
  await assertAgreement(cloud);
});

test("a change of which neither outcome nor undoing could be recorded comes about in the end", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  cloud.before = async (effect) => {
    if (effect === "apply") cloud.full = true;
  };
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), /full/);
  cloud.before = async () => {};
  cloud.full = false;
  cloud.unheard.length = 0;
  const before = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("operations").selectAll().execute());
  assert.deepEqual(
    before.map(({ object, action }) => [object, action]),
    [[server, "apply"]],
  );
  cloud.later(60_000);
  await assertAgreement(cloud);
  assert.deepEqual(await configOf(cloud, server), { name: "s", cpu: 600, mem: 64, persistent: true });
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 600);
});

test("a stop does not wait behind a launch that hangs, whose caller is told so, and whose QEMU never comes", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud, { persistent: true }, false);
  const [begun, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  cloud.before = async (effect) => {
    if (effect !== "launch") return;
    begun.resolve();
    await late.promise;
  };
  const start = lifecycle(cloud).start(server);
  await begun.promise;
  await Promise.all([
    assert.rejects(start, { type: "busy", message: /changed by another command/ }),
    lifecycle(cloud).stop(server),
  ]);
  assert.equal(await phaseOf(cloud, server), "stopped");
  cloud.before = async () => {};
  late.resolve();
  await assertAgreement(cloud);
  assert.equal(cloud.machine.servers.size, 0);
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

test("a launch that comes late, of a start that was overtaken, is refused by its host", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const { servers } = cloud.daemon().host;
  const run = cloud.machine.servers.get(server);
  assert.ok(run !== undefined);
  await lifecycle(cloud).stop(server);
  await assert.rejects(servers.launch(run.spec, run.instance.generation), Outdated);
  await lifecycle(cloud).start(server);
  endRun(cloud.machine, server);
  await cloud.settled();
  await assert.rejects(servers.launch(run.spec, run.instance.generation + 2), Outdated);
  assert.equal(cloud.machine.servers.size, 0);
  await assertAgreement(cloud);
});

test("two stops at once are both answered", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  await Promise.all([lifecycle(cloud).stop(server), lifecycle(cloud).stop(server)]);
  await assertAgreement(cloud);
});

test("a server whose quota cannot be set keeps neither the cloud from starting nor others from their restart", async (t) => {
  const cloud = await openCloud(t);
  const [bad, good] = [await makeLasting(cloud), await makeLasting(cloud)];
  const told: string[] = [];
  await cloud.daemon().kill();
  const restarted = cloud.restart();
  cloud.before = async (effect, uuid) => {
    if (effect === "apply" && uuid === bad) throw new Error("no such luck");
    if (effect === "apply") told.push(uuid);
  };
  await restarted;
  assert.deepEqual(told, [good]);
  assert.match(String(cloud.unheard[0]), /no such luck/);
  assert.equal(await phaseOf(cloud, bad), "active");
  cloud.before = async (effect, uuid) => {
    if (effect === "apply") told.push(uuid);
  };
  await cloud.daemon().look();
  assert.deepEqual(told, [good, bad], "what failed is tried again, and it alone");
  await lifecycle(cloud).stop(bad);
  await lifecycle(cloud).stop(good);
  assert.equal(cloud.machine.servers.size, 0);
});

test("a host is told again only of servers that ran before the daemon", async (t) => {
  const cloud = await openCloud(t);
  const before = await makeLasting(cloud);
  const told: string[] = [];
  await cloud.daemon().kill();
  const restarted = cloud.restart();
  cloud.before = async (effect, uuid) => {
    if (effect === "apply") told.push(uuid);
  };
  await restarted;
  await makeLasting(cloud);
  await cloud.daemon().look();
  assert.deepEqual(told, [before]);
  await assertAgreement(cloud);
});

/** What the drive has written by the store's count. */
const writtenOn = (cloud: Cloud, drive: string) =>
  cloud.daemon().store.transaction(async (tx) => {
    const row = tx.selectFrom("drives").select("write_bytes").where("uuid", "=", drive);
    return (await row.executeTakeFirstOrThrow()).write_bytes;
  });

function guestWrites(cloud: Cloud, server: string, writeBytes: number): void {
  const run = cloud.machine.servers.get(server);
  if (run === undefined) throw new Error(`server ${server} does not run`);
  const io = { readBytes: 0, readRequests: 0, writeBytes, writeRequests: 1 };
  run.counters = { ...run.counters, devices: { "ide:0:0": io } };
}

for (const failing of [0, 1]) {
  test(`a server whose end cannot be settled keeps no other from it, be it the ${failing === 0 ? "first" : "last"}`, async (t) => {
    const cloud = await openCloud(t);
    const servers = [await makeLasting(cloud), await makeLasting(cloud)];
    cloud.before = async (effect, uuid) => {
      if (effect === "end" && uuid === servers[failing]) throw new Error("no such luck");
    };
    // As after a power failure: nobody says so.
    for (const server of servers) cloud.machine.servers.delete(server);
    await assert.rejects(cloud.daemon().look(), /1 servers could not be settled/);
    const phases = await Promise.all(servers.map((server) => phaseOf(cloud, server)));
    assert.deepEqual(phases, failing === 0 ? ["active", "stopped"] : ["stopped", "active"]);
    cloud.before = async () => {};
    await assertAgreement(cloud);
  });
}

test("an end that could not be recorded is tried again, and what its guest wrote is counted", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto" });
  guestWrites(cloud, server, 512);
  cloud.full = true;
  endRun(cloud.machine, server);
  await assert.rejects(cloud.daemon().look());
  assert.equal(await writtenOn(cloud, drive).catch(() => null), null, "nothing can be recorded");
  cloud.full = false;
  await cloud.daemon().look();
  assert.equal(await phaseOf(cloud, server), "stopped");
  assert.equal(await writtenOn(cloud, drive), 512);
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});

test("a start finds an end that nobody has settled yet, settles it, and starts", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  cloud.full = true;
  endRun(cloud.machine, server);
  await assert.rejects(cloud.daemon().look());
  cloud.full = false;
  await lifecycle(cloud).start(server);
  assert.equal(cloud.machine.servers.size, 1);
  assert.equal(await writtenOn(cloud, drive), 512);
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});

test("what a guest wrote is counted once, though the daemon dies before its host may forget the run", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  const begun = hang(cloud, "release");
  void lifecycle(cloud).stop(server);
  await begun;
  assert.equal(await writtenOn(cloud, drive), 512);
  await cloud.restart();
  assert.equal(await writtenOn(cloud, drive), 512);
  await assertAgreement(cloud);
});

test("what a guest wrote is counted once, though its run is there still when the next start fails", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  cloud.before = async (effect) => {
    if (effect === "release") throw new Unreachable("its host");
  };
  await lifecycle(cloud).stop(server);
  await assert.rejects(lifecycle(cloud).start(server));
  assert.equal(await writtenOn(cloud, drive), 512);
  cloud.before = async () => {};
  await lifecycle(cloud).start(server);
  guestWrites(cloud, server, 100);
  await lifecycle(cloud).stop(server);
  assert.equal(await writtenOn(cloud, drive), 612);
  await assertAgreement(cloud);
});

test("a look that is overtaken by a stop leaves to it what the guest wrote", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeLasting(cloud, { "ide:0:0": drive });
  guestWrites(cloud, server, 512);
  const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let count = 0;
  cloud.before = async (effect) => {
    if (effect !== "end") return;
    const index = count++;
    begun[index]?.resolve();
    await ends[index]?.promise;
  };
  endRun(cloud.machine, server);
  await begun[0]?.promise;
  const stop = lifecycle(cloud).stop(server);
  await begun[1]?.promise;
  // The look goes on first, and finds that the stop is under way.
  ends[0]?.resolve();
  await cloud.daemon().look();
  ends[1]?.resolve();
  await stop;
  assert.equal(await writtenOn(cloud, drive), 512);
  await assertAgreement(cloud);
});

test("a creation and a start that the daemon died of are undone: who asks again finds everything free", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const created = hang(cloud, "launch");
  void makeLasting(cloud, { "ide:0:0": drive });
  await created;
  await cloud.restart();
  const server = await makeServer(cloud, { "ide:0:0": drive, persistent: true }, false);
  const started = hang(cloud, "launch");
  void lifecycle(cloud).start(server);
  await started;
  await cloud.restart();
  const rows = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("servers").select(["uuid", "phase"]).execute());
  assert.deepEqual(rows, [{ uuid: server, phase: "stopped" }]);
  assert.equal(cloud.machine.servers.size, 0);
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

test("a start whose process was silent until another had undone it is answered as overtaken", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeServer(cloud, { persistent: true }, false);
  const { store, worker, dependencies } = cloud.daemon();
  const start = await store.transaction(async (tx) => {
    const stopped = await presentServer(tx, server);
    const host = await prepareStart(tx, stopped);
    return worker.record(tx, await intend(tx, { ...stopped, host }, "start", null));
  });
  const laterMs = Date.now() + 60_000;
  const taken = await takeUp(store, server, { owner: "another process", untilMs: laterMs }, laterMs);
  assert.ok(taken !== null);
  await doStart(dependencies, taken);
  // It cannot look for what it might undo.
  cloud.before = async () => {
    throw new Unreachable("the host is away");
  };
  await assert.rejects(worker.perform(start), { type: "busy", code: "command_overtaken" });
  cloud.before = async () => {};
  assert.equal(await phaseOf(cloud, server), "stopped");
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

test("a start whose answer is lost is undone, and its caller told", async (t) => {
  const cloud = await openCloud(t);
  const drive = await makeDrive(cloud);
  const server = await makeServer(cloud, { "ide:0:0": drive, persistent: true }, false);
  const { host } = cloud.daemon();
  const { launch } = host.servers;
  host.servers.launch = async (...given) => {
    await launch(...given);
    throw new Unreachable("the answer to launch was lost");
  };
  await assert.rejects(lifecycle(cloud).start(server), { type: "failed", message: /did not start in time/ });
  host.servers.launch = launch;
  assert.equal(await phaseOf(cloud, server), "stopped");
  await assertAgreement(cloud);
  await lifecycle(cloud).start(server);
  await assertAgreement(cloud);
});

test("a host that does not answer settles nothing", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const { host } = cloud.daemon();
  const away = async () => {
    throw new Unreachable("host local is away");
  };
  const { list, find } = host.servers;
  Object.assign(host.servers, { list: away, find: away });
  await assert.rejects(cloud.daemon().look(), Unreachable);
  await assert.rejects(lifecycle(cloud).start(server), Unreachable);
  assert.equal(await phaseOf(cloud, server), "active");
  Object.assign(host.servers, { list, find });
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
});

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
    await tx
      .updateTable("hosts")
      .set((host) => ({
        allocated_mem_mib: host("allocated_mem_mib", "-", mem),
        allocated_mhz: host("allocated_mhz", "-", cpu),
      }))
      .execute();
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
      [[server, HOST]],
    );
    if (to === "stopped") await assert.rejects(lifecycle(cloud).start(server), { type: "busy" });
    const { dependencies } = cloud.daemon();
    await adoptServer(dependencies, { uuid: server, host: HOST, user: to === "absent" ? cloud.user : null });
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
    await forgetServer(cloud.daemon().dependencies, { uuid: server, host: HOST });
    assert.equal(cloud.machine.servers.size, 0);
    await assertAgreement(cloud);
    if (to === "stopped") await lifecycle(cloud).start(server);
    await assertAgreement(cloud);
  });
}

test("an operator takes in and forgets only what the store does not know", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const { dependencies } = cloud.daemon();
  const known = { type: "busy", message: /is known as it runs/ };
  await assert.rejects(adoptServer(dependencies, { uuid: server, host: HOST, user: null }), known);
  await assert.rejects(forgetServer(dependencies, { uuid: server, host: HOST }), known);
  await lifecycle(cloud).stop(server);
  const absent = { type: "missing" };
  await assert.rejects(adoptServer(dependencies, { uuid: server, host: HOST, user: null }), absent);
  await assert.rejects(forgetServer(dependencies, { uuid: server, host: HOST }), absent);
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
  const adoption = { uuid: server, host: HOST, user: cloud.user };
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
    const adoption = { uuid: server, host: HOST, user: cloud.user };
    await assert.rejects(adoptServer(dependencies, adoption), {
      type,
      message: `drive ${drive} ${sentence}`,
    });
    assert.equal(await phaseOf(cloud, server), null);
    if (cipher !== "none") continue;
    await adoptDrive(dependencies, { host: HOST, drive }, cloud.user);
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

test("a row that is damaged is an error of its server, named, and hides no other", async (t) => {
  const cloud = await openCloud(t);
  const [bad, good] = [await makeServer(cloud, {}, false), await makeServer(cloud, {}, false)];
  const { store } = cloud.daemon();
  const records = serverRecords(store);
  for (const change of [{ config: "{" }, { config: "{}" }, { run: '{"started":"now"}' }]) {
    await store.transaction((tx) =>
      tx
        .updateTable("servers")
        .set((row) => ({ ...change, revision: row("revision", "+", 1) }))
        .where("uuid", "=", bad)
        .execute(),
    );
    const damaged = { type: "failed", message: `what the store says of server ${bad} is damaged` };
    await assert.rejects(records.own(bad, cloud.user), damaged);
    await assert.rejects(lifecycle(cloud).start(bad), damaged);
    const all = await records.ofUser(cloud.user);
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

test("a stop is done although its host cannot forget the run, which it is told again", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  cloud.before = async (effect) => {
    if (effect === "release") throw new Unreachable("release was lost");
  };
  await lifecycle(cloud).stop(server);
  assert.equal(await phaseOf(cloud, server), "stopped");
  cloud.before = async () => {};
  await cloud.settled();
  assert.equal(cloud.machine.ended.size, 0);
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
  await assert.rejects(forgetServer(dependencies, { uuid: server, host: HOST }), Unreachable);
  assert.equal((await unknownServers(dependencies, HOST)).length, 1);
  cloud.before = async () => {};
  await forgetServer(dependencies, { uuid: server, host: HOST });
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

test("a change that fails where it goes on at a raised generation is none, and its caller is told why", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  const run = cloud.machine.servers.get(server);
  assert.ok(run !== undefined);
  cloud.machine.servers.delete(server);
  cloud.machine.fences.set(server, 7);
  cloud.before = async (effect) => {
    if (effect !== "apply") return;
    // It has come up by now.
    cloud.machine.servers.set(server, run);
    throw new Unreachable("apply was lost");
  };
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), Unreachable);
  assert.deepEqual(await configOf(cloud, server), before);
  const [left] = await cloud
    .daemon()
    .store.transaction((tx) => tx.selectFrom("operations").selectAll().execute());
  assert.deepEqual([left?.owner, left?.last_error], [null, "apply was lost"]);
  cloud.before = async () => {};
  await assertAgreement(cloud);
});

/** Changes the server's quota to 600 MHz, and lets the daemon die at it; from then on its host refuses that quota. */
async function dieAtRefused(cloud: Cloud, server: string): Promise<void> {
  const begun = hang(cloud, "apply");
  void lifecycle(cloud).set(server, input({ cpu: 600, name: "n" }));
  await begun;
  const restarted = cloud.restart();
  refuse(cloud, () => failed("no such quota"));
  await restarted;
}

/** The host refuses what asks for 600 MHz. */
function refuse(cloud: Cloud, reason: () => Error): void {
  cloud.before = async (effect, uuid) => {
    if (effect !== "apply") return;
    const config = (await configOf(cloud, uuid)) as Record<string, unknown>;
    if (config.cpu === 600) throw reason();
  };
}

test("a change that its daemon died at and its host then refuses is taken back whole", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  await dieAtRefused(cloud, server);
  assert.deepEqual(await configOf(cloud, server), before);
  await assertAgreement(cloud);
  await lifecycle(cloud).set(server, input({ cpu: 700 }));
  await assertAgreement(cloud);
  assert.equal(cloud.machine.servers.get(server)?.spec.cpuMhz, 700);
});

test("a change takes the place of one that fails, and where it is refused goes back to what was before both", async (t) => {
  const cloud = await openCloud(t);
  const server = await makeLasting(cloud);
  const before = await configOf(cloud, server);
  const begun = hang(cloud, "apply");
  void lifecycle(cloud).set(server, input({ cpu: 700 }));
  await begun;
  const restarted = cloud.restart();
  cloud.before = async (effect) => {
    if (effect === "apply") throw new Unreachable("apply was lost");
  };
  await assert.rejects(restarted, /operations are left/);
  assert.equal(((await configOf(cloud, server)) as { cpu: number }).cpu, 700, "its outcome is unknown");
  refuse(cloud, () => failed("no such quota"));
  await assert.rejects(lifecycle(cloud).set(server, input({ cpu: 600 })), { message: "no such quota" });
  assert.deepEqual(await configOf(cloud, server), before);
  await lifecycle(cloud).set(server, input({ cpu: 800 }));
  cloud.unheard.length = 0;
  await assertAgreement(cloud);
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
      const records = serverRecords(store);
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
