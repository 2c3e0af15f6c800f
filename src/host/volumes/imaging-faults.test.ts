/** Imagings that lose something on the way, or that others get in the way of. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { driveOf, imaging, isOf, MIB, nothingLeft, padded, whole } from "../../../testing/volumes/copies.ts";
import {
  CIPHERS,
  type Fixture,
  needsRoot,
  newDrive,
  openFixture,
  type Stand,
  streamOf,
} from "../../../testing/volumes/drives.ts";
import { hold, worker, workers } from "../../../testing/workers.ts";
import type { Conversion, DriveImage } from "../host.ts";
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
  await fixture.host.create(target);
  const judge = async () => {
    const held = await whole(fixture, target);
    assert((conversion === "gzip" ? gunzipSync(held) : held.subarray(0, noise.length)).equals(noise));
    await nothingLeft(fixture);
  };
  return { source, target, judge };
}

/** Has a server hold the drive; while its process is stopped, who reads the drive waits. */
async function giveToServer(fixture: Fixture, drive: DriveImage): Promise<Stand> {
  const ready = Promise.withResolvers<Stand>();
  fixture.heldBy = (uuid) => (uuid === drive.uuid ? async () => (await ready.promise).address : null);
  const device = { drive, shared: false, readOnly: false, nodeName: "n" };
  const stand = await fixture.openLikeServer(await fixture.host.attach("s", device), "n");
  ready.resolve(stand);
  return stand;
}

for (const cipher of CIPHERS) {
  test(`a copy whose qemu-img is killed is begun anew, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, judge } = await pair(fixture, null, cipher);
    const stand = await giveToServer(fixture, source);
    process.kill(stand.pid, "SIGSTOP");
    const done = fixture.host.image(imaging(source, target));
    process.kill(await worker(process.pid, "qemu-img"), "SIGKILL");
    process.kill(stand.pid, "SIGCONT");
    await done;
    await judge();
    assert.equal(String(fixture.troubles), "WorkerLost: qemu-img was ended by SIGKILL");
  });

  test(`a gzip whose pigz is killed is begun anew, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, judge } = await pair(fixture, "gzip", cipher);
    const done = fixture.host.image(imaging(source, target, "gzip"));
    process.kill(await worker(process.pid, "pigz"), "SIGKILL");
    await done;
    await judge();
    assert.equal(String(fixture.troubles), "WorkerLost: pigz was ended by SIGKILL");
  });
}

for (const conversion of ["gzip", "gunzip"] as const) {
  test(`${conversion} is begun anew when the storage daemon is killed`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, judge } = await pair(fixture, conversion);
    let kill: Promise<void> | null = null;
    const onProgress = (part: number) => {
      if (part > 0.1) kill ??= fixture.killDaemon();
    };
    await fixture.host.image(imaging(source, target, conversion, onProgress));
    assert.notEqual(kill, null);
    await judge();
  });
}

for (const conversion of CONVERSIONS) {
  test(`${named(conversion)} of a drive that a server holds goes on when that server's QEMU is killed`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, judge } = await pair(fixture, conversion);
    const server = await giveToServer(fixture, source);
    let lost: Promise<void> | null = null;
    const lose = async () => {
      await server.end();
      fixture.heldBy = () => null;
      await fixture.host.detach("s");
    };
    const onProgress = (part: number) => {
      if (part > 0) lost ??= lose();
    };
    await fixture.host.image(imaging(source, target, conversion, onProgress));
    await lost;
    await judge();
  });

  test(`${named(conversion)} of a drive goes on when a server gets it for a CD`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target, judge } = await pair(fixture, conversion);
    const ready = Promise.withResolvers<Stand>();
    const give = async () => {
      fixture.heldBy = (uuid) => (uuid === source.uuid ? async () => (await ready.promise).address : null);
      const request = { drive: source, shared: false, readOnly: true, nodeName: "n" };
      const attachment = await fixture.host.attach("s", request);
      ready.resolve(await fixture.openLikeServer(attachment, "n", false));
    };
    let given: Promise<void> | null = null;
    const onProgress = (part: number) => {
      if (part > 0) given ??= give();
    };
    await fixture.host.image(imaging(source, target, conversion, onProgress));
    await given;
    await judge();
    fixture.heldBy = () => null;
    await (await ready.promise).end();
    await fixture.host.detach("s");
  });
}

test("a drive that servers share is read where they write on it", async (t) => {
  const fixture = await openFixture(t);
  const { source, target, judge } = await pair(fixture, null, "aes-xts-plain");
  const device = { drive: source, shared: true, readOnly: false, nodeName: "n" };
  const attachment = await fixture.host.attach("s", device);
  const server = await fixture.openLikeServer(attachment, "n");
  await fixture.host.image(imaging(source, target));
  await judge();
  await server.end();
  await fixture.host.detach("s");
});

for (const conversion of CONVERSIONS) {
  test(`while ${named(conversion)} goes on nothing changes target or source, and both are read`, async (t) => {
    const fixture = await openFixture(t);
    const { host } = fixture;
    const { source, target, judge } = await pair(fixture, conversion);
    const tried = Promise.withResolvers<void>();
    const attempts = async () => {
      for (const drive of [source, target]) {
        const device = { drive, shared: false, readOnly: false, nodeName: "n" };
        await assert.rejects(host.write(drive, 0, streamOf(Buffer.from("x"))), isOf("busy"));
        await assert.rejects(host.resize(drive, MIB), isOf("busy"));
        await assert.rejects(host.destroy(drive.uuid), isOf("busy"));
        await assert.rejects(host.attach("s", device), isOf("busy"));
        await assert.rejects(host.attach("s", { ...device, shared: true }), isOf("busy"));
      }
      await assert.rejects(host.image(imaging(source, target)), isOf("busy"));
      assert.equal((await host.read(source, 0, 1000)).length, 1000);
      assert((await host.read(target, 0, 1000)).every((byte) => byte === 0));
    };
    let begun = false;
    const done = host.image(
      imaging(source, target, conversion, () => {
        if (!begun) attempts().then(tried.resolve, tried.reject);
        begun = true;
      }),
    );
    const other = newDrive("none", 30 * MIB);
    await host.create(other);
    await Promise.all([tried.promise, done, host.image(imaging(source, other))]);
    await judge();
    await host.write(source, 0, streamOf(Buffer.from("x")));
    await host.destroy(target.uuid);
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
  const done = fixture.host.image(imaging(source, target));
  held.resolve();
  await Promise.all([writing, done]);
  assert.equal((await fixture.host.read(target, 0, 6)).toString(), "slowly");
});

for (const conversion of CONVERSIONS) {
  test(`${named(conversion)} that is ended leaves no process and no file, and a target of zeroes`, async (t) => {
    const fixture = await openFixture(t);
    const { source, target } = await pair(fixture, conversion);
    const stand = await giveToServer(fixture, source);
    const ending = new AbortController();
    const { signal } = ending;
    const program = { plain: "qemu-img", gzip: "pigz", gunzip: null }[conversion ?? "plain"];
    const onProgress = (part: number) => {
      if (program === null && part > 0) ending.abort(new Error("enough"));
    };
    if (conversion === null) process.kill(stand.pid, "SIGSTOP");
    const done = fixture.host.image({ ...imaging(source, target, conversion, onProgress), signal });
    if (program !== null) {
      await hold(process.pid, program);
      ending.abort(new Error("enough"));
    }
    await assert.rejects(done);
    process.kill(stand.pid, "SIGCONT");
    if (program !== null) assert.deepEqual(await workers(process.pid, program), []);
    assert((await whole(fixture, target)).every((byte) => byte === 0));
    await nothingLeft(fixture);
    fixture.heldBy = () => null;
    await stand.end();
  });
}

test(
  "a disk that runs full ends an imaging as full, and the target reads as zeroes",
  needsRoot,
  async (t) => {
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
        await fixture.host.create(target);
        await assert.rejects(fixture.host.image(imaging(source, target, conversion)), isOf("full"));
        assert((await whole(fixture, target)).equals(padded(Buffer.alloc(0), target.sizeBytes)));
        await fixture.host.destroy(target.uuid);
      }
    }
    assert((await whole(fixture, source)).equals(bytes));
    await nothingLeft(fixture);
  },
);
