/** Effects on drives: repeated, overtaken by others, and each drive by itself. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  copyJob,
  driveOf,
  ended,
  giveToServer,
  isOf,
  MIB,
  nothingLeft,
  whole,
} from "../../../testing/volumes/copies.ts";
import {
  CIPHERS,
  needsRoot,
  newDrive,
  noExporter,
  openFixture,
  type Stand,
  streamOf,
} from "../../../testing/volumes/drives.ts";
import { worker, workers } from "../../../testing/workers.ts";
import { Outdated } from "../errors.ts";
import type { DriveHost, Volume } from "../host.ts";
import { run } from "../process/process.ts";
import { volumeName } from "./volume-file.ts";

const bytes = randomBytes(MIB);

test("an effect that a later intent has overtaken is refused and changes nothing, also after a restart", async (t) => {
  const fixture = await openFixture(t);
  const drive = await driveOf(fixture, "none", bytes);
  const source = await driveOf(fixture, "none", bytes);
  await fixture.host.resize(drive, 2 * MIB, 5);
  const grown = { ...drive, sizeBytes: 2 * MIB };
  const late = async () => {
    await assert.rejects(fixture.host.resize(grown, 1000, 4), Outdated);
    await assert.rejects(fixture.host.startCopy(copyJob(source, grown), 4), Outdated);
    await assert.rejects(fixture.host.destroy(drive.uuid, 4), Outdated);
    await assert.rejects(fixture.host.create(drive, 4), Outdated);
    assert((await whole(fixture, grown)).subarray(0, MIB).equals(bytes));
  };
  await late();
  await fixture.reopen();
  await late();
  await fixture.host.destroy(drive.uuid, 6);
  await fixture.reopen();
  await assert.rejects(fixture.host.create(drive, 1), Outdated);
  assert.deepEqual(await fixture.host.list(), [source.uuid]);
});

test("an effect that is overtaken while it waits for its turn is refused", async (t) => {
  const { host } = await openFixture(t);
  const drive = newDrive("none", MIB);
  await host.create(drive, 1);
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function* slow() {
    begun.resolve();
    yield Buffer.from("slow");
    await held.promise;
  }
  const writing = host.write(drive, 0, slow());
  await begun.promise;
  // Both wait for the write, the creation before the removal.
  const late = assert.rejects(host.create(drive, 1), Outdated);
  const destroyed = host.destroy(drive.uuid, 2);
  held.resolve();
  await Promise.all([writing, late, destroyed]);
  assert.deepEqual(await host.list(), []);
});

test("a resize that is overtaken before its turn is refused", async (t) => {
  const fixture = await openFixture(t);
  const drive = await driveOf(fixture, "none", bytes);
  const late = assert.rejects(fixture.host.resize(drive, 1000, 2), Outdated);
  await fixture.host.resize(drive, 2 * MIB, 3);
  await late;
  const grown = await whole(fixture, { ...drive, sizeBytes: 2 * MIB });
  assert(grown.subarray(0, MIB).equals(bytes));
});

for (const [what, act] of [
  ["resized", (host, drive) => host.resize(drive, 1000, 1)],
  ["destroyed", (host, { uuid }) => host.destroy(uuid, 1)],
] as readonly (readonly [string, (host: DriveHost, drive: Volume) => Promise<void>])[]) {
  test(`a drive is not ${what} that a server gets while that waits for its turn`, async (t) => {
    const fixture = await openFixture(t);
    const { host } = fixture;
    const drive = await driveOf(fixture, "none", bytes);
    const request = { volume: drive, shared: false, readOnly: false, nodeName: "n" };
    // The storage daemon has it open still, and is asked to close it first: the server, and then the other, waits for that.
    const attached = host.attach("s", request, noExporter);
    const refused = assert.rejects(act(host, drive), isOf("busy"));
    await Promise.all([attached, refused]);
    host.detach("s");
    assert((await whole(fixture, drive)).equals(bytes));
  });
}

for (const cipher of CIPHERS) {
  test(`a drive that could not be opened is opened once it can be, with cipher ${cipher}`, async (t) => {
    const { host, home } = await openFixture(t);
    const drive = newDrive(cipher, MIB);
    const path = join(home, volumeName(drive));
    await host.create(drive, 1);
    await rename(path, `${path}.away`);
    await assert.rejects(host.read(drive, 0, 1), isOf("failed"));
    await assert.rejects(host.write(drive, 0, streamOf(bytes)), isOf("failed"));
    await rename(`${path}.away`, path);
    await host.write(drive, 0, streamOf(bytes));
    assert((await host.read(drive, 0, bytes.length)).equals(bytes));
  });
}

test("a server that cannot say where its drive is read is asked again", async (t) => {
  const fixture = await openFixture(t);
  const { host } = fixture;
  const drive = await driveOf(fixture, "none", bytes);
  const answers = [Promise.reject(new Error("not yet")), Promise.reject(new Error("not yet"))];
  for (const answer of answers) answer.catch(() => {});
  const ready = Promise.withResolvers<Stand>();
  const exporter = async () => (await (answers.pop() ?? ready.promise)).address;
  const request = { volume: drive, shared: false, readOnly: false, nodeName: "n" };
  const attachment = await host.attach("s", request, exporter);
  const reading = host.read(drive, 0, bytes.length);
  ready.resolve(await fixture.openLikeServer(attachment, "n"));
  assert((await reading).equals(bytes));
  assert.deepEqual(answers, []);
});

test("a file that cannot be removed makes that one removal fail, and nothing else", async (t) => {
  const fixture = await openFixture(t);
  const [stuck, drive] = [newDrive("none", MIB), await driveOf(fixture, "none", bytes)];
  const path = join(fixture.home, volumeName(stuck));
  await mkdir(path);
  await assert.rejects(fixture.host.destroy(stuck.uuid, 1), isOf("failed"));
  await mkdir(`${path}.new`);
  await fixture.reopen();
  assert.match(String(fixture.troubles), new RegExp(stuck.uuid));
  assert.deepEqual(await fixture.host.list(), [drive.uuid]);
  assert((await whole(fixture, drive)).equals(bytes));
  await fixture.host.destroy(drive.uuid, 1);
  await rmdir(path);
  await fixture.host.destroy(stuck.uuid, 1);
  await rm(`${path}.new`, { recursive: true });
  assert.deepEqual(await readdir(join(fixture.home, "drives")), []);
});

test("a drive that is destroyed while a job fills it takes the job with it", async (t) => {
  const fixture = await openFixture(t);
  const { host } = fixture;
  const source = await driveOf(fixture, "none", bytes);
  const target = newDrive("none", MIB);
  await host.create(target, 1);
  // The server that has the source stands still, and so does the copy.
  const server = await giveToServer(fixture, source);
  process.kill(server.pid, "SIGSTOP");
  const job = copyJob(source, target);
  await host.startCopy(job, 1);
  await worker(process.pid, "qemu-img");
  await host.destroy(target.uuid, 2);
  assert.deepEqual(await workers(process.pid, "qemu-img"), []);
  assert.equal(await host.job(job.id), null);
  await server.end();
  host.detach("s");
  await nothingLeft(fixture);
  assert.deepEqual(await host.list(), [source.uuid]);
  await host.write(source, 0, streamOf(bytes));
});

test("a job that is begun again is the one that goes on, and is known until it is forgotten", async (t) => {
  const fixture = await openFixture(t);
  const { host } = fixture;
  const [source, target] = [await driveOf(fixture, "none", bytes), await driveOf(fixture, "none", bytes)];
  const job = copyJob(source, target);
  assert.equal(await host.job(job.id), null);
  await Promise.all([host.startCopy(job, 1), host.startCopy(job, 1)]);
  assert.deepEqual(await ended(fixture, job), { state: "done" });
  await host.write(target, 0, streamOf(Buffer.from("written since")));
  await host.startCopy(job, 1);
  assert.deepEqual(await host.job(job.id), { state: "done" });
  assert.equal((await host.read(target, 0, 13)).toString(), "written since");
  const name = { id: job.id, target: target.uuid };
  await host.forgetJob(name, 1);
  await host.forgetJob(name, 1);
  assert.equal(await host.job(job.id), null);
});

test("a copy that comes after it was forgotten, or at that moment, is refused, also after a restart", async (t) => {
  const fixture = await openFixture(t);
  const [source, target] = [await driveOf(fixture, "none", bytes), newDrive("none", MIB)];
  await fixture.host.create(target, 1);
  const job = copyJob(source, target);
  const name = { id: job.id, target: target.uuid };
  const late = assert.rejects(fixture.host.startCopy(job, 2), Outdated);
  await fixture.host.forgetJob(name, 2);
  await late;
  await fixture.host.write(target, 0, streamOf(Buffer.from("written since")));
  await assert.rejects(fixture.host.startCopy(job, 2), Outdated);
  await fixture.reopen();
  await assert.rejects(fixture.host.startCopy(job, 2), Outdated);
  assert.equal((await fixture.host.read(target, 0, 13)).toString(), "written since");
  assert.equal(await fixture.host.job(job.id), null);
});

for (const cipher of CIPHERS) {
  test(`a resize that comes twice cuts off nothing that was written since, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const drive = await driveOf(fixture, cipher, bytes);
    const grown = { ...drive, sizeBytes: 3 * MIB };
    await fixture.host.resize(drive, grown.sizeBytes, 2);
    await fixture.host.write(grown, 2 * MIB, streamOf(Buffer.from("written since")));
    await assert.rejects(fixture.host.resize(drive, grown.sizeBytes, 2), Outdated);
    await fixture.reopen();
    await assert.rejects(fixture.host.resize(drive, grown.sizeBytes, 2), Outdated);
    assert.equal((await fixture.host.read(grown, 2 * MIB, 13)).toString(), "written since");
  });
}

test("a resize that was refused does not come about when it comes again", async (t) => {
  const fixture = await openFixture(t);
  const drive = await driveOf(fixture, "none", bytes);
  const request = { volume: drive, shared: false, readOnly: false, nodeName: "n" };
  await fixture.host.attach("s", request, noExporter);
  await assert.rejects(fixture.host.resize(drive, 1000, 2), isOf("busy"));
  fixture.host.detach("s");
  await assert.rejects(fixture.host.resize(drive, 1000, 2), Outdated);
  assert((await whole(fixture, drive)).equals(bytes));
});

test(
  "the room that a destroyed drive took is given back at once, and what a copy makes is counted",
  needsRoot,
  async (t) => {
    // A disk of its own, so that nobody else gives room back meanwhile.
    const fixture = await openFixture(t, async (home) => {
      await run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", home]);
      return () => run(["umount", "--lazy", home]);
    });
    const { host } = fixture;
    const [source, target] = [await driveOf(fixture, "none", bytes), newDrive("none", MIB)];
    await host.create(target, 1);
    const before = (await host.space()).allocatedBytes;
    assert(before >= MIB);
    const job = copyJob(source, target);
    await host.startCopy(job, 1);
    await ended(fixture, job);
    const { allocatedBytes } = await host.space();
    assert(allocatedBytes >= 2 * MIB && allocatedBytes < 3 * MIB, `${allocatedBytes} bytes`);
    await host.destroy(source.uuid, 2);
    await host.destroy(target.uuid, 2);
    assert.equal((await host.space()).allocatedBytes, 0);
  },
);
