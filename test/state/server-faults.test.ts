/** What becomes of servers where something hangs, fails, comes late or is lost, on a simulated host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CommitUnknown } from "../../src/base/store-errors.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import { LOCAL_HOST } from "../../src/hosts/hosts.ts";
import { takeUp } from "../../src/operations/lease.ts";
import { resetServer, shutDownServer } from "../../src/servers/lifecycle/direct.ts";
import { doStart, prepareStart } from "../../src/servers/lifecycle/start.ts";
import { intend, presentServer } from "../../src/servers/rows.ts";
import type { Effect } from "../../testing/simulated/machine.ts";
import { endRun } from "../../testing/simulated/servers.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import {
  input,
  lifecycle,
  makeDrive,
  makeLasting,
  makeServer,
  phaseOf,
} from "../../testing/state-objects.ts";
import { withTransactions } from "../../testing/transactions.ts";
import { until } from "../../testing/until.ts";

/** A test that shows that nothing waits is not to wait for ever itself. */
const HANGS = { timeout: 30_000 };

const hanging: readonly [
  what: string,
  effect: Effect,
  work: (cloud: Cloud, server: string) => Promise<unknown>,
][] = [
  [
    "a power-down",
    "power down",
    (c, uuid) => shutDownServer(c.daemon().dependencies, { uuid, host: LOCAL_HOST }),
  ],
  ["a reset", "reset", (c, uuid) => resetServer(c.daemon().dependencies, { uuid, host: LOCAL_HOST })],
  ["a change of its quota", "apply", (c, uuid) => lifecycle(c).set(uuid, input({ cpu: 600 }))],
  ["a change of its VNC password", "apply", (c, uuid) => lifecycle(c).set(uuid, input({ password: "x" }))],
];

for (const [what, effect, work] of hanging) {
  for (const end of ["stop", "destroy"] as const) {
    test(`a ${end} does not wait behind ${what} that hangs`, HANGS, async (t) => {
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

test(
  "an end that cannot be settled since its host hangs keeps no other from being settled",
  HANGS,
  async (t) => {
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
  },
);

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

for (const isMade of [true, false]) {
  const became = isMade ? "was made goes on, and its caller is told that it runs" : "was not made is undone";
  test(`a start whose commit had no answer and ${became}`, async (t) => {
    const cloud = await openCloud(t);
    const server = await makeServer(cloud, { persistent: true }, false);
    const { store } = cloud.daemon().dependencies;
    let isLaunched = false;
    cloud.before = async (effect) => {
      isLaunched ||= effect === "launch";
    };
    Object.assign(cloud.daemon().dependencies, {
      store: withTransactions(store, async (work, options) => {
        const isSettling = isLaunched;
        isLaunched = false;
        if (isSettling && !isMade) throw new CommitUnknown({ cause: new Error("the connection is lost") });
        const result = await store.transaction(work, options);
        if (isSettling) throw new CommitUnknown({ cause: new Error("the connection is lost") });
        return result;
      }),
    });
    const start = lifecycle(cloud).start(server);
    if (isMade) await start;
    else await assert.rejects(start, CommitUnknown);
    assert.equal(await phaseOf(cloud, server), isMade ? "active" : "stopped");
    assert.equal(cloud.machine.servers.has(server), isMade);
    await assertAgreement(cloud);
  });
}

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
