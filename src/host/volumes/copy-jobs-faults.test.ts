/** Copy jobs that lose something on the way, or that others get in the way of. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { long } from "../../../testing/share.ts";
import {
  copied,
  copyJob,
  driveOf,
  ended,
  giveToServer,
  isOf,
  MIB,
  nothingLeft,
  padded,
  through,
  whole,
} from "../../../testing/volumes/copies.ts";
import {
  CIPHERS,
  type Fixture,
  needsRoot,
  newDrive,
  noExporter,
  openFixture,
  type Stand,
  streamOf,
} from "../../../testing/volumes/drives.ts";
import { hold, PACKER, worker, workers } from "../../../testing/workers.ts";
import type { Conversion } from "../host.ts";
import { run } from "../process/process.ts";

const CONVERSIONS = [null, "gzip", "gunzip"] as const;

/** Noise: it takes a while to be packed, encrypted and written. */
const noise = randomBytes(24 * MIB);
const zipped = gzipSync(noise, { level: 0 });

const named = (conversion: Conversion | null) => conversion ?? "a plain copy";

/** A source and a target for it, and what the target has to hold in the end. */
async function pair(fixture: Fixture, conversion: Conversion | null, cipher = CIPHERS[0] ?? "none") {
  const source = await driveOf(fixture, cipher, conversion === "gunzip" ? zipped : noise);
  const target = newDrive(cipher, 25 * MIB);
  await fixture.host.create(target, 1);
  const assertCopied = async () => {
    const held = await whole(fixture, target);
    assert((conversion === "gzip" ? gunzipSync(held) : held.subarray(0, noise.length)).equals(noise));
    await nothingLeft(fixture);
  };
  return { source, target, assertCopied };
}

for (const cipher of CIPHERS) {
  test(`a copy whose qemu-img is killed is begun anew, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, assertCopied } = await pair(fixture, null, cipher);
    const stand = await giveToServer(fixture, source);
    process.kill(stand.pid, "SIGSTOP");
    const done = copied(fixture, copyJob(source, target));
    process.kill(await worker(process.pid, "qemu-img"), "SIGKILL");
    process.kill(stand.pid, "SIGCONT");
    await done;
    await assertCopied();
    assert.equal(String(fixture.troubles), "WorkerLost: qemu-img was ended by SIGKILL");
  });

  test(`a gzip whose packer is killed is begun anew, with cipher ${cipher}`, long, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, assertCopied } = await pair(fixture, "gzip", cipher);
    const done = copied(fixture, copyJob(source, target, "gzip"));
    process.kill(await worker(process.pid, PACKER), "SIGKILL");
    await done;
    await assertCopied();
    assert.equal(String(fixture.troubles), `WorkerLost: ${PACKER} was ended by SIGKILL`);
  });
}

for (const conversion of ["gzip", "gunzip"] as const) {
  test(`${conversion} is begun anew when the storage daemon is killed`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, assertCopied } = await pair(fixture, conversion);
    const job = copyJob(source, target, conversion);
    await fixture.host.startCopy(job, 1);
    await through(fixture, job, 0.1);
    assert.equal((await fixture.host.job(job.id))?.state, "running");
    await fixture.killDaemon();
    assert.deepEqual(await ended(fixture, job), { state: "done" });
    await assertCopied();
  });
}

for (const conversion of CONVERSIONS) {
  test(
    `${named(conversion)} of a drive that a server holds goes on when that server's QEMU is killed`,
    long,
    async (t) => {
      const fixture = await openFixture(t);
      const { source, target, assertCopied } = await pair(fixture, conversion);
      const server = await giveToServer(fixture, source);
      const job = copyJob(source, target, conversion);
      await fixture.host.startCopy(job, 1);
      await through(fixture, job, 0);
      await server.end();
      fixture.host.detach("s");
      assert.deepEqual(await ended(fixture, job), { state: "done" });
      await assertCopied();
    },
  );

  test(`${named(conversion)} of a drive goes on when a server gets it for a CD`, long, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, assertCopied } = await pair(fixture, conversion);
    const job = copyJob(source, target, conversion);
    await fixture.host.startCopy(job, 1);
    await through(fixture, job, 0);
    const ready = Promise.withResolvers<Stand>();
    const request = { volume: source, shared: false, readOnly: true, nodeName: "n" };
    const exporter = async () => (await ready.promise).address;
    const stand = await fixture.openLikeServer(await fixture.host.attach("s", request, exporter), "n", false);
    ready.resolve(stand);
    assert.deepEqual(await ended(fixture, job), { state: "done" });
    await assertCopied();
    await stand.end();
    fixture.host.detach("s");
  });
}

test("a drive that servers share is read where they write on it", async (t) => {
  const fixture = await openFixture(t);
  const { source, target, assertCopied } = await pair(fixture, null, "aes-xts-plain");
  const request = { volume: source, shared: true, readOnly: false, nodeName: "n" };
  const attachment = await fixture.host.attach("s", request, noExporter);
  const server = await fixture.openLikeServer(attachment, "n");
  await copied(fixture, copyJob(source, target));
  await assertCopied();
  await server.end();
  fixture.host.detach("s");
});

for (const conversion of CONVERSIONS) {
  test(`while ${named(conversion)} goes on nothing changes target or source, and both are read`, async (t) => {
    const fixture = await openFixture(t);
    const { host } = fixture;
    const { source, target, assertCopied } = await pair(fixture, conversion);
    const job = copyJob(source, target, conversion);
    await host.startCopy(job, 1);
    for (const volume of [source, target]) {
      const device = { volume, shared: false, readOnly: false, nodeName: "n" };
      await assert.rejects(host.write(volume, 0, streamOf(Buffer.from("x"))), isOf("busy"));
      await assert.rejects(host.resize(volume, MIB, 2), isOf("busy"));
      await assert.rejects(host.attach("s", device, noExporter), isOf("busy"));
      await assert.rejects(host.attach("s", { ...device, shared: true }, noExporter), isOf("busy"));
    }
    await assert.rejects(host.destroy(source.uuid, 3), isOf("busy"));
    await assert.rejects(host.startCopy(copyJob(source, target), 3), isOf("busy"));
    await assert.rejects(host.startCopy(copyJob(target, newDrive("none", 30 * MIB)), 1), isOf("busy"));
    assert.equal((await host.read(source, 0, 1000)).length, 1000);
    assert((await host.read(target, 0, 1000)).every((byte) => byte === 0));
    assert.equal((await host.job(job.id))?.state, "running", "all this was while it went on");
    const other = newDrive("none", 30 * MIB);
    await host.create(other, 1);
    await copied(fixture, copyJob(source, other));
    assert.deepEqual(await ended(fixture, job), { state: "done" });
    await assertCopied();
    await host.write(source, 0, streamOf(Buffer.from("x")));
    await host.destroy(target.uuid, 3);
  });
}

test("a write to the source that is under way is waited for", async (t) => {
  const fixture = await openFixture(t);
  const source = await driveOf(fixture, "none", Buffer.alloc(MIB));
  const target = await driveOf(fixture, "none", Buffer.alloc(MIB));
  const held = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  async function* slow() {
    begun.resolve();
    yield Buffer.from("slow");
    await held.promise;
    yield Buffer.from("ly");
  }
  const writing = fixture.host.write(source, 0, slow());
  await begun.promise;
  const job = copyJob(source, target);
  await fixture.host.startCopy(job, 1);
  // Another job as long as this one is done meanwhile.
  const others = [
    await driveOf(fixture, "none", Buffer.alloc(MIB)),
    await driveOf(fixture, "none", Buffer.alloc(MIB)),
  ];
  await copied(fixture, copyJob(others[0] ?? source, others[1] ?? target));
  assert.deepEqual(await fixture.host.job(job.id), { state: "running", part: 0 });
  held.resolve();
  await writing;
  assert.deepEqual(await ended(fixture, job), { state: "done" });
  assert.equal((await fixture.host.read(target, 0, 6)).toString(), "slowly");
});

for (const conversion of CONVERSIONS) {
  test(
    `${named(conversion)} that is forgotten leaves no process and no file, and a target of zeroes`,
    long,
    async (t) => {
      const fixture = await openFixture(t);
      const { source, target } = await pair(fixture, conversion);
      const stand = await giveToServer(fixture, source);
      const program = { plain: "qemu-img", gzip: PACKER, gunzip: null }[conversion ?? "plain"];
      const job = copyJob(source, target, conversion);
      if (conversion === null) process.kill(stand.pid, "SIGSTOP");
      await fixture.host.startCopy(job, 1);
      if (program === null) await through(fixture, job, 0);
      else await hold(process.pid, program);
      const forgotten = fixture.host.forgetJob({ id: job.id, target: target.uuid }, 1);
      process.kill(stand.pid, "SIGCONT");
      await forgotten;
      assert.equal(await fixture.host.job(job.id), null);
      if (program !== null) assert.deepEqual(await workers(process.pid, program), []);
      assert((await whole(fixture, target)).every((byte) => byte === 0));
      await nothingLeft(fixture);
      await stand.end();
      fixture.host.detach("s");
    },
  );
}

test("a disk that runs full ends a job as full, and the target reads as zeroes", needsRoot, async (t) => {
  const fixture = await openFixture(t, async (home) => {
    await run(["mount", "-t", "tmpfs", "-o", "size=20m", "none", home]);
    // Threads of a process that was killed may be there for a moment after it.
    return () => run(["umount", "--lazy", home]);
  });
  const bytes = randomBytes(11 * MIB);
  const source = await driveOf(fixture, "none", bytes);
  for (const cipher of CIPHERS) {
    for (const conversion of [null, "gzip"] as const) {
      const target = newDrive(cipher, 12 * MIB);
      await fixture.host.create(target, 1);
      await assert.rejects(copied(fixture, copyJob(source, target, conversion)), isOf("full"));
      assert((await whole(fixture, target)).equals(padded(Buffer.alloc(0), target.sizeBytes)));
      await fixture.host.destroy(target.uuid, 1);
    }
  }
  assert((await whole(fixture, source)).equals(bytes));
  await nothingLeft(fixture);
});
