/** Processes that do not answer any more: each wait for one ends, is told by name, and stands in nobody else's way. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { longAnd } from "../../../testing/share.ts";
import { copyJob, driveOf, ended, giveToServer, isOf, MIB } from "../../../testing/volumes/copies.ts";
import {
  type Fixture,
  newDrive,
  noExporter,
  openFixture,
  streamOf,
} from "../../../testing/volumes/drives.ts";
import { PACKER, worker } from "../../../testing/workers.ts";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { Unreachable } from "../errors.ts";
import { connectNbd } from "../wire/nbd.ts";

/**
 * Long enough for what is sound to be done in time on a machine where ten others want each processor, and short enough to be
 * waited for.
 */
const options = { deadlineMs: 4_000 };
/** A wait that does not end is a failure: several deadlines in a row do. */
const ends = { timeout: 120_000 };
const noMount = async () => async () => {};
const bytes = randomBytes(MIB);

const isLate = (error: unknown): boolean =>
  error instanceof DeadlineExceeded || (error instanceof Error && isLate(error.cause));

async function stopDaemon(fixture: Fixture, drive?: string): Promise<number> {
  const daemon = await fixture.daemon(drive);
  assert(daemon !== null);
  process.kill(daemon.pid, "SIGSTOP");
  return daemon.pid;
}

/** Connects, and hangs up, until a stopped daemon's full queue of connections has refused that many times. */
async function fillQueue(socketPath: string, refusals: number): Promise<void> {
  for (let refused = 0; refused < refusals; ) {
    const socket = connect(socketPath);
    await once(socket, "connect").catch(() => refused++);
    socket.destroy();
  }
}

/** Reads until the storage daemon is another than `pid`; each read that fails meanwhile says that it was late. */
async function readByAnother(
  { host, daemon }: Fixture,
  drive: Awaited<ReturnType<typeof driveOf>>,
  pid: number,
) {
  for (;;) {
    const read = await host.read(drive, 0, bytes.length).catch((error: unknown) => {
      assert(isOf("failed")(error) && isLate(error), String(error));
      return null;
    });
    if (read === null) continue;
    assert.notEqual((await daemon())?.pid, pid);
    return read;
  }
}

/** A program of this name that ends at once the first time, and is the real one from then on. */
async function failingOnce(t: TestContext, program: string): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-programs-"));
  await chmod(dir, 0o777);
  const { PATH } = process.env;
  const script = `#!/bin/sh\nmkdir ${dir}/begun 2>/dev/null && exit 1\nexport PATH="${PATH}"\nexec ${program} "$@"\n`;
  await writeFile(join(dir, program), script, { mode: 0o755 });
  process.env.PATH = `${dir}:${PATH}`;
  t.after(async () => {
    process.env.PATH = PATH;
    await rm(dir, { recursive: true });
  });
}

test("a storage daemon that does not come up is launched once more, and nobody is told of it but the operator", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", MIB);
  await fixture.host.create(drive, 1);
  await failingOnce(t, "prlimit");
  assert.equal((await fixture.host.read(drive, 0, 1)).length, 1);
  assert.equal(fixture.troubles.length, 1);
});

test(
  "a storage daemon that is stopped: what needs it fails in time, what does not goes on, and another takes its place",
  longAnd(ends),
  async (t) => {
    const fixture = await openFixture(t, noMount, options);
    const { host, troubles } = fixture;
    const ours = await driveOf(fixture, "aes-xts-plain", bytes);
    const theirs = await driveOf(fixture, "none", bytes);
    await giveToServer(fixture, theirs);
    await host.read(ours, 0, 1);

    const pid = await stopDaemon(fixture);
    const late = host.write(ours, 0, streamOf(bytes));
    const lateRead = host.read(ours, 0, 1);
    const refused = Promise.all([
      assert.rejects(late, (error) => isOf("failed")(error) && isLate(error)),
      assert.rejects(lateRead, (error) => isOf("failed")(error) && isLate(error)),
    ]);
    assert((await host.read(theirs, 0, bytes.length)).equals(bytes));
    await host.create(newDrive("aes-xts-plain", MIB), 1);
    assert.equal((await fixture.daemon())?.pid, pid, "all that was while the daemon stood still");
    await refused;

    assert((await readByAnother(fixture, ours, pid)).equals(bytes));
    await host.write(ours, 0, streamOf(bytes));
    assert.match(
      String(troubles),
      /qemu-storage-daemon \(process \d+\) does not answer: another one takes its place/,
    );
  },
);

test(
  "the storage daemon of a shared drive that is stopped is not ended, keeps no other drive waiting, and is used again when it goes on",
  ends,
  async (t) => {
    const fixture = await openFixture(t, noMount, options);
    const { host, events } = fixture;
    const shared = await driveOf(fixture, "aes-xts-plain", bytes);
    const other = await driveOf(fixture, "none", bytes);
    const request = { volume: shared, shared: true, readOnly: false, nodeName: "n" };
    const attachment = await host.attach("s", request, noExporter);
    const server = await fixture.openLikeServer(attachment, "n");
    const guest = await connectNbd(server.address);
    await guest.write(0, [Buffer.from("not flushed")]);

    const pid = await stopDaemon(fixture, shared.uuid);
    const told = once(events, "trouble");
    let cause: unknown = null;
    while (!(cause instanceof Unreachable)) {
      await assert.rejects(host.read(shared, 0, 1), (error: Error) => {
        ({ cause } = error);
        return isOf("failed")(error);
      });
    }
    assert.match(String(cause), /does not answer, and is not ended: servers write through it/);
    assert.match(String(await told), /does not answer/);
    assert((await host.read(other, 0, bytes.length)).equals(bytes));
    await assert.rejects(
      host.attach("t", request, noExporter),
      Unreachable,
      "an effect that may still come about is not said to have failed",
    );

    const socket = fixture.qmpSocketPath(shared.uuid);
    await fillQueue(socket, 1);
    const read = host.read(shared, 11, bytes.length - 11);
    await fillQueue(socket, 300);
    process.kill(pid, "SIGCONT");
    assert((await read).equals(bytes.subarray(11)));
    assert.equal((await host.read(shared, 0, 11)).toString(), "not flushed");
    await guest.flush();
    assert.equal((await fixture.daemon(shared.uuid))?.pid, pid);
  },
);

/** Stands for a storage daemon that was taken over: it greets and negotiates, and says `answer` to all that follows. */
async function faultyDaemon(t: TestContext, fixture: Fixture, answer: string): Promise<ChildProcess> {
  const socketPath = fixture.qmpSocketPath();
  const script = `
    const { createServer } = require("node:net");
    const { mkdirSync } = require("node:fs");
    const { dirname } = require("node:path");
    const [path, answer] = process.argv.slice(-2);
    mkdirSync(dirname(path) + "/nbd", { recursive: true });
    createServer().listen(dirname(path) + "/nbd/sock");
    createServer((socket) => {
      let commands = 0;
      socket.on("error", () => {}).write('{"QMP": {}}\\n');
      socket.on("data", (text) => {
        const { id } = JSON.parse(String(text).split("\\n")[0]);
        if (commands++ === 0) socket.write(JSON.stringify({ return: {}, id }) + "\\n");
        else if (answer === "hang up") socket.destroy();
        else if (answer === "endless") socket.write("x".repeat(9_000_000));
        else socket.write(answer.replace("ID", id) + "\\n");
      });
    }).listen(path, () => console.log("listens"));`;
  const words = ["--nbd-server", `socket,id=qmp,path=${socketPath},server=on,wait=off`];
  const child = spawn(process.execPath, ["-e", script, "--", ...words, socketPath, answer], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit").then(() => assert.fail("it did not come up"));
  await Promise.race([once(child.stdout, "data"), ended]);
  ended.catch(() => {});
  return child;
}

for (const [how, answer, said] of [
  ["talks nonsense", "Segmentation fault", /a line is no message of QMP/],
  ["answers in another form", '{"return": [{"id": {"toString": 1}}], "id": ID}', /0\.id: .*expected string/],
  ["never ends a line", "endless", /a line has more than \d+ bytes/],
  ["hangs up", "hang up", /the connection was lost/],
] as const) {
  test(`a storage daemon that ${how} is ended, said, and another one takes its place`, ends, async (t) => {
    const fixture = await openFixture(t, noMount, options);
    const drive = await driveOf(fixture, "none", bytes);
    await fixture.reopen(async () => {
      await fixture.killDaemon();
      await rm(dirname(fixture.qmpSocketPath()), { recursive: true, force: true });
    });
    const faulty = await faultyDaemon(t, fixture, answer);
    const gone = once(faulty, "exit");
    const read = await fixture.host.read(drive, 0, bytes.length);
    assert(read.equals(bytes));
    await gone;
    const causes = fixture.troubles.map((each) => `${each} ${(each as Error).cause}`).join();
    assert.match(causes, /does not answer: another one takes its place/);
    assert.match(causes, said);
  });
}

test(
  "a server's QEMU that is stopped is told when its drive is read, and no other drive waits for it",
  ends,
  async (t) => {
    const fixture = await openFixture(t, noMount, options);
    const { host } = fixture;
    const drive = await driveOf(fixture, "none", bytes);
    const other = await driveOf(fixture, "none", bytes);
    const server = await giveToServer(fixture, drive);
    process.kill(server.pid, "SIGSTOP");
    let isOver = false;
    const late = assert.rejects(host.read(drive, 0, 1), (error) => {
      isOver = true;
      return isOf("failed")(error) && isLate(error) && String((error as Error).cause).includes("n.sock");
    });
    assert((await host.read(other, 0, bytes.length)).equals(bytes));
    assert.equal(isOver, false);
    await late;
    process.kill(server.pid, "SIGCONT");
    assert((await host.read(drive, 0, bytes.length)).equals(bytes));
  },
);

test(
  "a copy whose qemu-img does nothing any more, since its source stands still, is begun anew",
  ends,
  async (t) => {
    const fixture = await openFixture(t, noMount, options);
    const { host, events } = fixture;
    const [source, target] = [await driveOf(fixture, "none", bytes), newDrive("none", MIB)];
    await host.create(target, 1);
    const server = await giveToServer(fixture, source);
    process.kill(server.pid, "SIGSTOP");
    const told = once(events, "trouble");
    const job = copyJob(source, target);
    await host.startCopy(job, 1);
    assert.match(String(await told), /any work of qemu-img \(process \d+\) took longer/);
    process.kill(server.pid, "SIGCONT");
    assert.deepEqual(await ended(fixture, job), { state: "done" });
    assert((await host.read(target, 0, MIB)).equals(bytes));
  },
);

test("a gzip whose packer does nothing any more is begun anew", longAnd(ends), async (t) => {
  const fixture = await openFixture(t, noMount, options);
  const source = await driveOf(fixture, "none", randomBytes(96 * MIB));
  const target = newDrive("none", 97 * MIB);
  await fixture.host.create(target, 1);
  const job = copyJob(source, target, "gzip");
  await fixture.host.startCopy(job, 1);
  process.kill(await worker(process.pid, PACKER), "SIGSTOP");
  assert.deepEqual(await ended(fixture, job), { state: "done" });
  assert.match(String(fixture.troubles), new RegExp(`any work of ${PACKER} \\(process \\d+\\) took longer`));
});

for (const [which, pick] of [
  ["source", 0],
  ["target", 1],
] as const) {
  test(
    `a write to the ${which} of a copy that goes on for too long makes the copy fail as busy`,
    ends,
    async (t) => {
      const fixture = await openFixture(t, noMount, options);
      const { host } = fixture;
      const drives = [await driveOf(fixture, "none", bytes), await driveOf(fixture, "none", bytes)] as const;
      const [held, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      async function* slow() {
        begun.resolve();
        yield Buffer.from("slow");
        await held.promise;
        yield Buffer.from("ly");
      }
      const drive = drives[pick];
      const writing = host.write(drive, 0, slow());
      await begun.promise;
      const job = copyJob(...drives);
      await host.startCopy(job, 1);
      const state = await ended(fixture, job);
      assert(state?.state === "failed" && isOf("busy")(state.error), JSON.stringify(state));
      assert.match(state.error.message, new RegExp(`drive ${drive.uuid} is still being written`));
      held.resolve();
      await writing;
      assert.equal((await host.read(drive, 0, 6)).toString(), "slowly");
    },
  );
}
