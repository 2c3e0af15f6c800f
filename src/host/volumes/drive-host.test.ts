import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import {
  CIPHERS,
  KINDS,
  needsRoot,
  newDrive,
  openFixture,
  streamOf,
} from "../../../testing/volumes/drives.ts";
import { LodgeError } from "../../base/errors.ts";
import { run } from "../process/process.ts";
import { volumeName } from "./volume-file.ts";

const MIB = 1024 * 1024;
const isOf = (type: string) => (error: unknown) => error instanceof LodgeError && error.type === type;

for (const { format, cipher } of KINDS) {
  test(`a ${format} drive with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const { host, home } = fixture;
    const drive = newDrive(cipher, 64 * MIB + 1, format);
    const file = join(home, volumeName(drive));
    await host.create(drive, 1);

    await t.test("reads as zeroes to its last byte, and takes next to no room", async () => {
      const end = await host.read(drive, 60 * MIB, 4 * MIB + 1);
      assert(end.every((byte) => byte === 0));
      assert((await stat(file)).blocks * 512 < 4 * MIB);
    });

    await t.test("is a file of nobody's but QEMU's user", async () => {
      const { mode, uid } = await stat(file);
      assert.equal(mode & 0o777, 0o600);
      assert.equal(uid, fixture.uid ?? process.getuid?.());
    });

    await t.test("is left as it is when it is made again", async () => {
      await host.write(drive, 5, streamOf(Buffer.from("written")), 7);
      await host.create(drive, 1);
      assert.equal((await host.read(drive, 5, 7)).toString(), "written");
    });

    await t.test("stays sparse where zeroes are written", async () => {
      const bytes = Buffer.alloc(48 * MIB);
      randomBytes(MIB).copy(bytes, 20 * MIB + 3);
      assert.equal(await host.write(drive, MIB, streamOf(bytes)), bytes.length);
      assert((await stat(file)).blocks * 512 < 6 * MIB);
      assert((await host.read(drive, 20 * MIB, 4 * MIB)).equals(bytes.subarray(19 * MIB, 23 * MIB)));
    });

    await t.test("is written to its last byte and not further", async () => {
      const tail = randomBytes(1000);
      await host.write(drive, drive.sizeBytes - 1000, streamOf(tail), 1000);
      await assert.rejects(host.write(drive, drive.sizeBytes - 999, streamOf(tail), 1000), isOf("full"));
      const unknown = host.write(drive, drive.sizeBytes - 1500, streamOf(randomBytes(2000), 400));
      await assert.rejects(unknown, isOf("full"));
      assert((await host.read(drive, drive.sizeBytes - 300, 300)).equals(tail.subarray(700)));
    });

    await t.test("keeps the error of a stream that breaks, and goes on", async () => {
      async function* breaking() {
        yield Buffer.alloc(3 * MIB, 1);
        throw new LodgeError("usage", "broken on purpose");
      }
      await assert.rejects(host.write(drive, 0, breaking()), isOf("usage"));
      await host.write(drive, 0, streamOf(Buffer.from("fine")));
      assert.equal((await host.read(drive, 0, 4)).toString(), "fine");
    });

    await t.test("takes many writes and reads at once", async () => {
      const bytes = randomBytes(8 * MIB);
      const step = MIB + 333;
      const starts = Array.from({ length: Math.ceil(bytes.length / step) }, (_, index) => index * step);
      await Promise.all(
        starts.map((at) => host.write(drive, at, streamOf(bytes.subarray(at, at + step), 60_000))),
      );
      const reads = await Promise.all(
        starts.map((at) => host.read(drive, at, Math.min(step, bytes.length - at))),
      );
      assert(Buffer.concat(reads).equals(bytes));
    });

    await t.test("is sound to QEMU, and hides its contents when it is encrypted", async () => {
      const plain = Buffer.from("a sentence that is nowhere else; ".repeat(4));
      await host.write(drive, 3 * MIB, streamOf(plain));
      await host.close();
      await fixture.reopen();
      if (format === "raw") return;
      const encrypted = cipher !== "none";
      const secret = encrypted ? ["--object", `secret,id=s,data=${drive.secret}`] : [];
      const image = `driver=qcow2,${encrypted ? "encrypt.key-secret=s," : ""}file.filename=${file}`;
      await run(["qemu-img", "check", "-q", ...secret, "--image-opts", image]);
      assert.equal((await readFile(file)).includes("a sentence that is nowhere else"), !encrypted);
    });

    await t.test("is gone once destroyed, though it is destroyed twice", async () => {
      await fixture.host.destroy(drive.uuid, 1);
      await fixture.host.destroy(drive.uuid, 1);
      assert.deepEqual(await fixture.host.list(), []);
      await assert.rejects(fixture.host.read(drive, 0, 1), isOf("failed"));
    });
  });
}

test("what an interrupted creation left is cleared away at the next start", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", 100);
  await fixture.reopen(() => writeFile(join(fixture.home, `${volumeName(drive)}.new`), "half"));
  assert.deepEqual(await fixture.host.list(), []);
  assert.deepEqual(await readdir(join(fixture.home, "drives")), []);
});

test("a disk that runs full", needsRoot, async (t) => {
  const fixture = await openFixture(t, async (home) => {
    await run(["mount", "-t", "tmpfs", "-o", "size=12m", "none", home]);
    // A process that is about to end may have a file of it open still.
    return () => run(["umount", "--lazy", home]);
  });
  const { host } = fixture;

  for (const cipher of CIPHERS) {
    await t.test(
      `refuses the write as full and keeps what was written before, with cipher ${cipher}`,
      async () => {
        const drive = newDrive(cipher, 64 * MIB);
        await host.create(drive, 1);
        const kept = randomBytes(2 * MIB);
        await host.write(drive, 4 * MIB, streamOf(kept));
        await assert.rejects(host.write(drive, 8 * MIB, streamOf(randomBytes(20 * MIB))), isOf("full"));
        assert((await host.read(drive, 4 * MIB, kept.length)).equals(kept));
        const other = newDrive("aes-xts-plain", 1024 ** 3);
        await assert.rejects(host.create(other, 1), isOf("full"));
        assert.deepEqual(await host.list(), [drive.uuid]);
        assert.equal((await readdir(join(fixture.home, "drives"))).length, 1);
        await host.destroy(drive.uuid, 1);
      },
    );
  }
});

for (const cipher of CIPHERS) {
  test(`a storage daemon that is killed loses no byte that was acknowledged, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const { host } = fixture;
    const drive = newDrive(cipher, 16 * MIB);
    await host.create(drive, 1);
    const first = randomBytes(2 * MIB);
    await host.write(drive, 100, streamOf(first), first.length);

    await t.test("a write under way fails, is sent again and is there", async () => {
      const bytes = randomBytes(6 * MIB);
      async function* killing() {
        for (let at = 0; at < bytes.length; at += MIB) {
          if (at === 3 * MIB) await fixture.killDaemon();
          yield bytes.subarray(at, at + MIB);
        }
      }
      const writing = host.write(drive, 3 * MIB, killing(), bytes.length);
      await assert.rejects(writing, (error) => isOf("failed")(error) && /send it again/.test(String(error)));
      assert((await host.read(drive, 100, first.length)).equals(first));
      await host.write(drive, 3 * MIB, streamOf(bytes), bytes.length);
      assert((await host.read(drive, 3 * MIB, bytes.length)).equals(bytes));
    });

    await t.test("reads go on as if nothing had happened", async () => {
      const reads = Array.from({ length: 20 }, () => host.read(drive, 100, first.length));
      await fixture.killDaemon();
      for (const read of await Promise.all(reads)) assert(read.equals(first));
    });
  });
}

test("a daemon that is closed leaves no storage daemon when no server needs one", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", MIB);
  await fixture.host.create(drive, 1);
  assert.equal(await fixture.daemon(), null, "none is launched before it is needed");
  await fixture.host.read(drive, 0, 1);
  assert.notEqual(await fixture.daemon(), null);
  await fixture.host.close();
  assert.equal(await fixture.daemon(), null);
});
