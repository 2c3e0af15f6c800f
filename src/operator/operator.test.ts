import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeDrive, makeServer, phaseOf } from "../../testing/state-objects.ts";
import { StoreUnavailable } from "../base/store-errors.ts";
import { Unreachable } from "../host/errors.ts";
import { takeIdentity } from "../identity-lock.ts";
import { askDaemon, type DaemonHome, operatorSocket } from "./client.ts";
import { openOperator } from "./server.ts";
import type { CloudStatus, DaemonStatus } from "./status.ts";

const isRoot = process.getuid?.() === 0;

const DAEMON: DaemonStatus = {
  ...{ version: "1.2.3", pid: 4711, sinceMs: 0, api: "http://127.0.0.1:1/", admin: null, unready: null },
  ...{
    disks: { home: null, drives: null },
    outOfOrder: [],
    clockApartS: 0,
    storageDaemons: { launches: 0, losses: 0 },
  },
  troubles: [],
};

/** A cloud whose daemon listens for its operator, with the home that the daemon is found by. */
async function operated(t: TestContext): Promise<{ readonly cloud: Cloud; readonly home: DaemonHome }> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-operator-"));
  const cloud = await openCloud(t);
  const operator = await openOperator(operatorSocket(dir), {
    ...cloud.daemon().dependencies,
    daemonStatus: async () => DAEMON,
  });
  t.after(async () => {
    await operator.close();
    await rm(dir, { recursive: true });
  });
  return { cloud, home: { dir, runDir: dir } };
}

const statusOf = async (home: DaemonHome) => (await askDaemon(home, "/status")) as CloudStatus;

const makePlainDrive = (cloud: Cloud) => makeDrive(cloud, { "encryption:cipher": "none" });

/** Lets the store forget a server that runs on. */
const lose = (cloud: Cloud, server: string) =>
  cloud.daemon().store.transaction((tx) => tx.deleteFrom("servers").where("uuid", "=", server).execute());

test("the socket is for nobody but its owner", async (t) => {
  const { home } = await operated(t);
  const socket = operatorSocket(home.runDir);
  assert.equal((await stat(socket)).mode & 0o777, 0o600);
});

test("who is not its owner cannot connect to the socket", { skip: !isRoot && "needs root" }, async (t) => {
  const { home } = await operated(t);
  const socket = operatorSocket(home.runDir);
  // Also where the folder lets everybody through.
  await chmod(dirname(socket), 0o777);
  const program = `
import socket, sys
try: socket.socket(socket.AF_UNIX).connect(sys.argv[1])
except PermissionError: sys.exit("refused")`;
  const connecting = (uid: number) =>
    promisify(execFile)("/usr/bin/python3", ["-c", program, socket], { uid, gid: uid, cwd: "/" });
  await connecting(0);
  await assert.rejects(connecting(60_000), { stderr: "refused\n" });
});

test("a copy of the home is not taken for it: nothing is told or changed through its daemon", async (t) => {
  const { home } = await operated(t);
  const copy = await mkdtemp(join(tmpdir(), "lodge-copy-"));
  t.after(() => rm(copy, { recursive: true }));
  const runsServers = async () => true;
  const leave = await takeIdentity({ ...home, runsServers });
  t.after(leave);
  assert.deepEqual((await statusOf(home)).unknown, []);
  for (const body of [undefined, { uuid: randomUUID() }]) {
    const asked = askDaemon(
      { dir: copy, runDir: home.runDir },
      body === undefined ? "/status" : "/forget",
      body,
    );
    await assert.rejects(asked, { type: "busy", message: /has the identity of \S+, which works with it/ });
  }
});

test("a cloud in which all is well has nothing unknown and nothing late", async (t) => {
  const { cloud, home } = await operated(t);
  await makeServer(cloud);
  const { hosts, unknown, late, slow } = await statusOf(home);
  assert.deepEqual([unknown, late, slow], [[], [], []]);
  assert.deepEqual(hosts, [
    { name: "local", answers: true, servers: 1, drives: 0, unresponsive: [], lost: [], room: hosts[0]?.room },
  ]);
});

test("the daemon says what it is, and how much room there is on its host", async (t) => {
  const { cloud, home } = await operated(t);
  await makePlainDrive(cloud);
  await makeServer(cloud);
  const answer = (await askDaemon(home, "/status")) as CloudStatus & { readonly daemon: DaemonStatus };
  assert.deepEqual(answer.daemon, DAEMON);
  const room = answer.hosts[0]?.room;
  assert.deepEqual(
    [room?.memMib, room?.mhz.capacity, room?.diskBytes.allocated],
    [{ capacity: 7168, allocated: 64 }, 40_000, 4096],
  );
});

test("what is under way for long without an answer is told, and an imaging is not", async (t) => {
  const { cloud, home } = await operated(t);
  const [server, drive] = [await makeServer(cloud), await makePlainDrive(cloud)];
  const recordedMs = Date.now() - 200_000;
  const values = { host: "local", params: "{}", generation: 9, attempts: 0, recorded_ms: recordedMs };
  const open = { ...values, next_try_ms: Date.now() + 60_000, owner: null, lease_until_ms: null };
  await cloud.daemon().store.transaction((tx) =>
    tx
      .insertInto("operations")
      .values([
        { ...open, object: server, noun: "server", action: "stop", last_error: null, request: null },
        { ...open, object: drive, noun: "drive", action: "copy", last_error: null, request: null },
      ])
      .execute(),
  );
  const { slow, late } = await statusOf(home);
  assert.deepEqual(slow, [{ kind: "server", uuid: server, wants: "stop", wantedSinceMs: recordedMs }]);
  assert.deepEqual(late, []);
  assert.deepEqual((await statusOf(home)).hosts[0]?.servers, 1);
});

test("a server that the store does not know is told, and taken in by the operator's word", async (t) => {
  const { cloud, home } = await operated(t);
  const server = await makeServer(cloud);
  await lose(cloud, server);
  const { unknown } = await statusOf(home);
  assert.deepEqual(
    unknown.map(({ kind, uuid, host }) => [kind, uuid, host]),
    [["server", server, "local"]],
  );
  const ask = (body: object) => askDaemon(home, "/adopt", body);
  await assert.rejects(ask({ uuid: server }), {
    type: "missing",
    message: /say with --user whose it is to be/,
  });
  const nobody = "00000000-0000-4000-8000-000000000000";
  await assert.rejects(ask({ uuid: server, user: nobody }), { message: `there is no user ${nobody}` });
  await ask({ uuid: server, user: cloud.user });
  assert.equal(await phaseOf(cloud, server), "active");
  assert.deepEqual((await statusOf(home)).unknown, []);
  await assert.rejects(ask({ uuid: server, user: cloud.user }), { type: "missing" });
});

test("the operator ends a server that the store does not know", async (t) => {
  const { cloud, home } = await operated(t);
  const server = await makeServer(cloud);
  await lose(cloud, server);
  await askDaemon(home, "/forget", { uuid: server });
  assert.equal(cloud.machine.servers.size, 0);
});

test("a drive's file that the store does not know is taken in or removed by the operator's word", async (t) => {
  const { cloud, home } = await operated(t);
  const [one, other] = [await makePlainDrive(cloud), await makePlainDrive(cloud)];
  const { store } = cloud.daemon();
  await store.transaction(async (tx) => {
    await tx.deleteFrom("drives").execute();
    await tx.deleteFrom("spans").execute();
    await tx.updateTable("hosts").set({ allocated_disk_bytes: 0 }).execute();
  });
  const found = ({ unknown }: CloudStatus) =>
    unknown.map(({ kind, uuid, host, runsSinceMs }) => [kind, uuid, host, runsSinceMs]);
  assert.deepEqual(found(await statusOf(home)), [
    ["drive", one, "local", null],
    ["drive", other, "local", null],
  ]);
  await assert.rejects(askDaemon(home, "/adopt", { uuid: one }), {
    type: "usage",
    message: `say with --user whose drive ${one} is to be`,
  });
  await askDaemon(home, "/adopt", { uuid: one, user: cloud.user });
  await askDaemon(home, "/forget", { uuid: other });
  assert.deepEqual([...cloud.machine.drives.keys()], [one]);
  const { hosts, unknown } = await statusOf(home);
  assert.deepEqual([hosts[0]?.drives, unknown], [1, []]);
  await assert.rejects(askDaemon(home, "/forget", { uuid: one }), { type: "missing" });
  await assertAgreement(cloud);
});

test("a host that does not answer is told as such, with what the store knows of it", async (t) => {
  const { cloud, home } = await operated(t);
  await makePlainDrive(cloud);
  Object.assign(cloud.daemon().host.servers, { list: () => Promise.reject(new Unreachable("it is away")) });
  const { hosts, unknown } = await statusOf(home);
  assert.deepEqual(unknown, []);
  assert.deepEqual(hosts, [
    {
      name: "local",
      answers: false,
      servers: 0,
      drives: 1,
      unresponsive: [],
      lost: [],
      room: hosts[0]?.room,
    },
  ]);
});

test("nothing is said of a uuid while a host is silent on which it may be", async (t) => {
  const { cloud, home } = await operated(t);
  Object.assign(cloud.daemon().host.servers, { list: () => Promise.reject(new Unreachable("it is away")) });
  const uuid = "00000000-0000-4000-8000-000000000000";
  for (const path of ["/forget", "/adopt"]) {
    await assert.rejects(askDaemon(home, path, { uuid, user: cloud.user }), {
      type: "failed",
      message: "host local does not answer: nothing is known of what is on it",
    });
  }
});

test("while the store does not answer that is told, with what the daemon says of itself", async (t) => {
  const { cloud, home } = await operated(t);
  cloud.refuse = () => {
    throw new StoreUnavailable("lost", "away");
  };
  const status = await askDaemon(home, "/status");
  const daemon = { ...DAEMON, unready: "store_unavailable" };
  assert.deepEqual(status, {
    hosts: [],
    unknown: [],
    late: [],
    slow: [],
    damaged: [],
    miscounted: [],
    daemon,
  });
  await assert.rejects(askDaemon(home, "/forget", { uuid: cloud.user }), { type: "failed", message: /away/ });
});

test("a fault that is none of the host's is not told as its silence", async (t) => {
  const { cloud, home } = await operated(t);
  Object.assign(cloud.daemon().host.servers, { list: () => Promise.reject(new Error("a bug")) });
  await assert.rejects(statusOf(home), { type: "failed", message: /a bug/ });
});

test("what does not come about is told with its reason, and a QEMU that does not answer by its server", async (t) => {
  const { cloud, home } = await operated(t);
  const server = await makeServer(cloud, { persistent: true });
  cloud.before = async (effect) => {
    if (effect === "end") throw new Error("its processes do not end");
  };
  await assert.rejects(lifecycle(cloud).stop(server), /do not end/);
  const run = cloud.machine.servers.get(server);
  assert.ok(run !== undefined && run.instance.state !== "ended");
  cloud.machine.servers.set(server, { ...run, instance: { ...run.instance, responsive: false } });
  const { hosts, late } = await statusOf(home);
  assert.deepEqual(
    late.map(({ kind, uuid, wants, lastError }) => [kind, uuid, wants, lastError]),
    [["server", server, "stop", "its processes do not end"]],
  );
  assert.deepEqual(hosts[0]?.unresponsive, [server]);
});

test("what is asked wrongly is refused in words, and where no daemon runs that is said", async (t) => {
  const { home } = await operated(t);
  await assert.rejects(askDaemon(home, "/adopt", { uuid: "x" }), { type: "usage" });
  await assert.rejects(askDaemon(home, "/adopt", { uuid: 1 }), { type: "usage" });
  await assert.rejects(askDaemon(home, "/adopt"), { type: "missing" });
  await assert.rejects(askDaemon(home, "/else", {}), { type: "missing" });
  await assert.rejects(askDaemon({ ...home, runDir: `${home.runDir}.not` }, "/status"), {
    type: "missing",
    message: `Lodge is not running with the home ${home.dir}`,
  });
});

test("of a file that is adopted and forgotten at once, the one that comes first stands", async (t) => {
  for (const first of ["/adopt", "/forget"]) {
    const { cloud, home } = await operated(t);
    const drive = await makePlainDrive(cloud);
    await cloud
      .daemon()
      .store.transaction((tx) => tx.deleteFrom("drives").where("uuid", "=", drive).execute());
    const second = Promise.withResolvers<Promise<unknown>>();
    const ask = (path: string) => askDaemon(home, path, { uuid: drive, user: cloud.user });
    const describe = cloud.daemon().host.drives.describe;
    Object.assign(cloud.daemon().host.drives, {
      // The second comes while the first is at it.
      async describe(uuid: string) {
        Object.assign(cloud.daemon().host.drives, { describe });
        second.resolve(ask(first === "/adopt" ? "/forget" : "/adopt").catch((error) => error.message));
        for (let turn = 0; turn < 200; turn++) await setImmediate();
        return describe.call(cloud.daemon().host.drives, uuid);
      },
    });
    await ask(first);
    assert.match(String(await await second.promise), /that the store does not know$/);
    assert.equal(cloud.machine.drives.has(drive), first === "/adopt");
    await cloud
      .daemon()
      .store.transaction((tx) => tx.updateTable("hosts").set({ allocated_disk_bytes: 0 }).execute());
  }
});
