import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, chown, readFile, stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { testBounds } from "../../../testing/cages.ts";
import { statusOf } from "../../../testing/proc.ts";
import { copyJob, driveOf, ended, giveToServer, MIB, whole } from "../../../testing/volumes/copies.ts";
import { newDrive, noExporter, openFixture } from "../../../testing/volumes/drives.ts";
import { worker, workers } from "../../../testing/workers.ts";
import type { CopyJob, Volume } from "../host.ts";
import { findSandboxer } from "../process/sandbox.ts";
import { startWorker } from "../process/worker.ts";
import { Cages } from "./cages.ts";
import { Loans } from "./loans.ts";
import { volumeName } from "./volume-file.ts";

const PYTHON = "/usr/bin/python3";
const uid = process.getuid?.() === 0 ? 61_000 : null;
const opened = await testBounds();
const { bounds } = opened;
const skip = bounds.has("memory") && bounds.has("pids") ? false : "this machine sets no bounds";

/** The names of the groups that a process is in for its memory and its processes. */
const groupsOf = (cgroups: string) => [
  ...new Set(
    [...cgroups.matchAll(/^\d+:(?:memory|pids|):.*\/lodge-test-[0-9a-f]+\/(.*)$/gm)].map(([, name]) => name),
  ),
];

describe("what works on drives", { skip }, () => {
  let cages: Cages;
  before(() => {
    cages = new Cages({ uid, ids: null, loans: new Loans({ home: "/nowhere", uid }, null), bounds });
  });
  after(() => opened.close());

  async function says(program: string): Promise<string> {
    const cage = cages.worker();
    const { child, done } = startWorker([PYTHON, "-c", program], {
      ...{ cage, sandboxer: await findSandboxer(), view: {} },
      signal: AbortSignal.timeout(60_000),
    });
    const said = text(child.stdout);
    child.stdin.end();
    await done.finally(() => cage.clear());
    return (await said).trim();
  }

  test("is in groups of its own before its program begins, and leaves none when it has ended", async () => {
    const groups = groupsOf(await says("print(open('/proc/self/cgroup').read())"));
    assert.equal(groups.length, 1, "the same in each hierarchy");
    assert.match(groups.join(), /^worker-[0-9a-f-]{36}$/);
    assert.deepEqual(await bounds.servers(), []);
  });

  test("is killed where it takes more memory than it may, and what takes less is not", async () => {
    assert.equal(await says("b = b'x' * (512 << 20); print(len(b) >> 20)"), "512");
    const lost = { name: "WorkerLost", message: `${PYTHON} was ended by SIGKILL` };
    await assert.rejects(says("b = b'x' * (1536 << 20)"), lost);
    assert.deepEqual(await bounds.servers(), []);
  });

  test("is refused threads beyond a bound", async () => {
    const made = await says(`import threading
held, count = threading.Event(), 0
try:
  for count in range(1000): threading.Thread(target=held.wait, daemon=True).start()
except RuntimeError: pass
print(count, flush=True)
__import__("os")._exit(0)`);
    const most = 96 + availableParallelism();
    assert.ok(Number(made) > 64 && Number(made) < most, made);
  });

  test("of a daemon that is gone is ended and cleared by the next one", async () => {
    const left = spawn("sleep", ["1000"], { stdio: "ignore" });
    const ended = once(left, "exit");
    await once(left, "spawn");
    await bounds.enter(`worker-${randomUUID()}`, left.pid ?? 0, { memoryBytes: 64 * MIB, processes: 4 });
    const [server, drive] = [randomUUID(), `drive-${randomUUID()}`];
    for (const other of [server, drive]) {
      const stays = spawn("sleep", ["1000"], { stdio: "ignore" });
      await once(stays, "spawn");
      await bounds.enter(other, stays.pid ?? 0, { memoryBytes: 64 * MIB, processes: 4 });
    }
    await cages.clearLeft();
    assert.deepEqual(new Set(await bounds.servers()), new Set([server, drive]));
    assert.deepEqual((await ended)[1], "SIGKILL");
  });
});

test("each storage daemon is in groups of its own, for as long as it is there", { skip }, async (t) => {
  const fixture = await openFixture(t);
  const [drive, other] = [
    await driveOf(fixture, "none", Buffer.alloc(MIB, "shared")),
    await driveOf(fixture, "none", Buffer.alloc(MIB, "stored")),
  ];
  const request = { volume: drive, shared: true, readOnly: false, nodeName: "n" };
  await fixture.host.attach("server", request, noExporter);
  await fixture.host.read(other, 0, 1);
  const groups = async (of?: string) => {
    const daemon = await fixture.daemon(of);
    return groupsOf(await readFile(`/proc/${daemon?.pid}/cgroup`, "utf8"));
  };
  assert.deepEqual(await groups(), ["drives"]);
  assert.deepEqual(await groups(drive.uuid), [`drive-${drive.uuid}`]);
  assert.deepEqual(new Set(await fixture.bounds.servers()), new Set(["drives", `drive-${drive.uuid}`]));
  // One that an earlier release launched was in none of these.
  const daemon = await fixture.daemon(drive.uuid);
  await fixture.bounds.enter("elsewhere", daemon?.pid ?? 0, { memoryBytes: 64 * MIB, processes: 9 });
  await fixture.reopen();
  fixture.host.adopt("server", [{ drive: drive.uuid, shared: true, exporter: noExporter }]);
  await fixture.host.share("server", drive);
  assert.deepEqual(await fixture.daemon(drive.uuid), daemon);
  assert.deepEqual(await groups(drive.uuid), [`drive-${drive.uuid}`]);
  await fixture.bounds.remove("elsewhere");
  fixture.host.detach("server");
  await fixture.host.resize(drive, 2 * MIB, 2);
  assert.equal(await fixture.daemon(drive.uuid), null);
  assert.deepEqual(await fixture.bounds.servers(), []);
});

const root = { skip: process.getuid?.() === 0 ? false : "only root gives uids" };
const uidOf = async (pid: number) => Number((await statusOf(pid)).get("Uid")?.split("\t")[0]);

test(
  "a worker and a shared drive's storage daemon have uids that nobody else has, after a restart too",
  root,
  async (t) => {
    // Workers are stopped here for as long as others take to come, and are not to be given up meanwhile.
    const fixture = await openFixture(t, undefined, { deadlineMs: 120_000 });
    const { home, host } = fixture;
    const shared = await driveOf(fixture, "none", Buffer.alloc(MIB, "shared"));
    const request = { volume: shared, shared: true, readOnly: false, nodeName: "n" };
    await host.attach("server", request, noExporter);
    const file = (volume: Volume) => stat(join(home, volumeName(volume)));
    const daemon = await fixture.daemon(shared.uuid);
    const own = await uidOf(daemon?.pid ?? 0);
    assert.notEqual(own, fixture.uid);
    assert.deepEqual([(await file(shared)).uid, (await file(shared)).gid], [fixture.uid, own]);
    await fixture.reopen();
    fixture.host.adopt("server", [{ drive: shared.uuid, shared: true, exporter: noExporter }]);
    await fixture.host.share("server", shared);
    assert.deepEqual(await fixture.daemon(shared.uuid), daemon, "it went on");
    assert.equal((await file(shared)).gid, own);

    const source = await driveOf(fixture, "none", Buffer.alloc(64 * MIB, "source"));
    const jobs: CopyJob[] = [];
    const pids: number[] = [];
    const resumes: (() => void)[] = [];
    for (let turn = 0; turn < 2; turn++) {
      const target = newDrive("none", source.sizeBytes);
      await fixture.host.create(target, 1);
      const job = copyJob(source, target);
      await fixture.host.startCopy(job, 1);
      jobs.push(job);
      const pid = await anotherWorker(pids);
      process.kill(pid, "SIGSTOP");
      resumes.push(() => process.kill(pid, "SIGCONT"));
      pids.push(pid);
    }
    const uids = await Promise.all(pids.map(uidOf));
    assert.equal(new Set([...uids, own, fixture.uid]).size, 4);
    const { gid, mode } = await file(source);
    assert.ok(![...uids, own, fixture.uid].includes(gid), "the group is another one");
    assert.equal(mode & 0o777, 0o640);
    for (const resume of resumes) resume();
    for (const job of jobs) assert.deepEqual(await ended(fixture, job), { state: "done" });
    for (const each of [source, ...jobs.map(({ target }) => target)]) {
      const { uid, gid, mode } = await file(each);
      assert.deepEqual([uid, gid, mode & 0o777], [fixture.uid, fixture.uid, 0o600]);
    }
    assert.deepEqual(fixture.troubles, []);
  },
);

async function anotherWorker(known: readonly number[]): Promise<number> {
  for (;;) {
    const pid = (await workers(process.pid, "qemu-img")).find((each) => !known.includes(each));
    if (pid !== undefined) return pid;
    await delay(2);
  }
}

test("a file that a daemon which died had lent is closed by the next one", root, async (t) => {
  const fixture = await openFixture(t);
  const drive = await driveOf(fixture, "none", Buffer.alloc(MIB, "lent"));
  const path = join(fixture.home, volumeName(drive));
  await fixture.reopen(async () => {
    await chown(path, fixture.uid ?? 0, (fixture.uid ?? 0) + 7);
    await chmod(path, 0o640);
  });
  const { gid, mode } = await stat(path);
  assert.deepEqual([gid, mode & 0o777], [fixture.uid, 0o600]);
});

test("a worker that copies a server's drive sees no socket: it has one connection, which is open", async (t) => {
  const fixture = await openFixture(t);
  const bytes = Buffer.alloc(4 * MIB, "a server's");
  const source = await driveOf(fixture, "none", bytes);
  const target = newDrive("none", bytes.length);
  await fixture.host.create(target, 1);
  const server = await giveToServer(fixture, source);
  const job = copyJob(source, target);
  // The worker waits for it.
  process.kill(server.pid, "SIGSTOP");
  await fixture.host.startCopy(job, 1);
  const pid = await worker(process.pid, "qemu-img");
  const seen = (path: string) => existsSync(`/proc/${pid}/root${path}`);
  assert.ok(seen(fixture.home), "the view can be seen");
  assert.ok(!seen(fixture.runDir));
  assert.ok(!seen(server.address.socketPath));
  process.kill(server.pid, "SIGCONT");
  assert.deepEqual(await ended(fixture, job), { state: "done" });
  assert.ok((await whole(fixture, target)).equals(bytes));
  await server.end();
});
