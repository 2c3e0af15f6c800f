/** Drives that an earlier release made, whose files have clusters of 64 KiB and no extended L2 entries. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { copied, copyJob, MIB, whole } from "../../../testing/volumes/copies.ts";
import { CIPHERS, newDrive, noExporter, openFixture, streamOf } from "../../../testing/volumes/drives.ts";
import { makeOldFile, OLD_FORM_BYTES } from "../../../testing/volumes/old-form.ts";
import { checkQcow2, qcow2Info } from "../../../testing/volumes/qcow2.ts";
import { connectNbd } from "../wire/nbd.ts";
import { volumeName } from "./volume-file.ts";

for (const cipher of CIPHERS) {
  test(`a drive of an earlier release goes on as it is, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    let drive = newDrive(cipher, OLD_FORM_BYTES, "qcow2");
    const file = join(fixture.home, volumeName(drive));
    await makeOldFile(fixture, drive);
    let bytes = Buffer.alloc(OLD_FORM_BYTES);

    await t.test("it is known, reads as zeroes, and takes writes", async () => {
      const { host } = fixture;
      assert.deepEqual(await host.list(), [drive.uuid]);
      const description = await host.describe(drive.uuid);
      assert.equal(description?.format, "qcow2");
      assert.equal(description?.sizeBytes, OLD_FORM_BYTES);
      assert((await whole(fixture, drive)).equals(bytes));
      randomBytes(5 * MIB).copy(bytes, MIB + 5);
      await host.write(drive, MIB + 5, streamOf(bytes.subarray(MIB + 5, 6 * MIB + 5)));
      assert((await whole(fixture, drive)).equals(bytes));
    });

    await t.test("it shrinks and grows, and nothing comes back", async () => {
      const { host } = fixture;
      for (const [generation, sizeBytes] of [
        3 * MIB + 70_001,
        9 * MIB,
        2 * MIB + 131_073,
        4 * MIB,
      ].entries()) {
        await host.resize(drive, sizeBytes, generation + 1);
        drive = { ...drive, sizeBytes };
        const resized = Buffer.alloc(sizeBytes);
        bytes.copy(resized);
        bytes = resized;
        assert((await whole(fixture, drive)).equals(bytes));
      }
    });

    await t.test("it is imaged onto a drive of today, and one of today onto it", async () => {
      const target = newDrive("aes-xts-plain", drive.sizeBytes);
      await fixture.host.create(target, 1);
      await copied(fixture, copyJob(drive, target));
      assert((await whole(fixture, target)).equals(bytes));
      const changed = Buffer.from(bytes);
      changed.write("changed");
      await fixture.host.write(target, 0, streamOf(Buffer.from("changed")));
      const other = { ...newDrive(cipher, OLD_FORM_BYTES, "qcow2"), sizeBytes: drive.sizeBytes };
      await makeOldFile(fixture, { ...other, sizeBytes: OLD_FORM_BYTES });
      await copied(fixture, copyJob(target, other));
      assert((await whole(fixture, other)).equals(changed));
    });

    await t.test("a server opens it, and its file is sound and has the form that it had", async () => {
      const attachment = await fixture.host.attach(
        "s",
        { volume: drive, shared: false, readOnly: false, nodeName: "n" },
        noExporter,
      );
      const stand = await fixture.openLikeServer(attachment, "n");
      const nbd = await connectNbd(stand.address);
      await nbd.write(100, [Buffer.from("by its guest")]);
      Buffer.from("by its guest").copy(bytes, 100);
      await nbd.flush();
      await nbd.close();
      await stand.end();
      fixture.host.detach("s");
      assert((await whole(fixture, drive)).equals(bytes));
      await fixture.host.close();
      await checkQcow2(file, drive);
      const info = await qcow2Info(file, drive);
      assert.equal(info["cluster-size"], 65_536);
      assert.deepEqual(info["format-specific"].data, { "extended-l2": false, corrupt: false });
    });
  });
}
