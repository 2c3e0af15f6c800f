/** Empty qcow2 files, as QEMU sees them. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { CIPHERS, newDrive, openFixture, streamOf } from "../../../testing/volumes/drives.ts";
import { checkQcow2, qcow2Info } from "../../../testing/volumes/qcow2.ts";
import { CLUSTER_BYTES } from "./qcow2.ts";
import { createVolume, diskBytes, volumeName } from "./volume-file.ts";

const [KIB, GIB, TIB] = [2 ** 10, 2 ** 30, 2 ** 40];

for (const cipher of CIPHERS) {
  test(`an empty volume of any size is sound to QEMU, with extended L2 entries and cipher ${cipher}`, async (t) => {
    const home = await mkdtemp(join(tmpdir(), "lodge-qcow2-"));
    t.after(() => rm(home, { recursive: true }));
    await mkdir(join(home, "drives"));
    for (const sizeBytes of [1, GIB, GIB + 1, 16 * TIB + 1]) {
      const volume = newDrive(cipher, sizeBytes, "qcow2");
      await createVolume({ home, uid: null }, volume);
      const file = join(home, volumeName(volume));
      await checkQcow2(file, volume);
      const info = await qcow2Info(file, volume);
      assert.equal(info["virtual-size"], diskBytes(sizeBytes));
      assert.equal(info["cluster-size"], CLUSTER_BYTES);
      assert.equal(info.encrypted ?? false, cipher !== "none");
      assert.equal(info["backing-filename"], undefined);
      assert.deepEqual(info["format-specific"].data, { "extended-l2": true, corrupt: false });
    }
  });

  test(`a little that is written amid an empty drive takes no cluster of room, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const drive = newDrive(cipher, 64 * CLUSTER_BYTES, "qcow2");
    const file = join(fixture.home, volumeName(drive));
    await fixture.host.create(drive, 1);
    // The tables of the first cluster come with it, and serve for all others.
    await fixture.host.write(drive, 0, streamOf(randomBytes(4 * KIB)));
    const before = (await stat(file)).blocks * 512;
    for (let count = 1; count <= 32; count++) {
      await fixture.host.write(drive, count * CLUSTER_BYTES + 32 * KIB, streamOf(randomBytes(4 * KIB)));
    }
    // The file system takes a little for the map of so many parts, too.
    assert((await stat(file)).blocks * 512 - before < 32 * 8 * KIB);
    await fixture.host.close();
    await checkQcow2(file, drive);
  });

  test(`nothing comes back of the cluster in which a drive was cut off, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const drive = newDrive(cipher, 2 * CLUSTER_BYTES, "qcow2");
    await fixture.host.create(drive, 1);
    await fixture.host.write(drive, 0, streamOf(Buffer.alloc(drive.sizeBytes, 7)));
    const cut = { ...drive, sizeBytes: CLUSTER_BYTES + 1000 };
    await fixture.host.resize(drive, cut.sizeBytes, 2);
    await fixture.host.resize(cut, drive.sizeBytes, 3);
    const bytes = Buffer.alloc(drive.sizeBytes);
    bytes.fill(7, 0, cut.sizeBytes);
    assert((await fixture.host.read(drive, 0, drive.sizeBytes)).equals(bytes));
  });
}
