/**
 * The file of a drive as a QEMU may leave it that was taken over, which has it open to write: it names others' files, and
 * nobody opens them for it. The processes that image drives, and servers' QEMUs, see no others anyway.
 */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chown, copyFile, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { copyJob, driveOf, ended, isOf, MIB } from "../../../testing/volumes/copies.ts";
import { newDrive, openFixture, streamOf } from "../../../testing/volumes/drives.ts";
import type { Volume } from "../host.ts";
import { run } from "../process/process.ts";
import { HEADER_BYTES, isSelfContained } from "./qcow2.ts";
import { volumeName } from "./volume-file.ts";

const THEIRS = Buffer.alloc(MIB, "what is on the drive of somebody else");

type Write = (file: string, target: string) => Promise<unknown>;

/** How the drive's file is written by qemu-img, so that it leads to another drive's. */
const KINDS: readonly (readonly [what: string, write: Write])[] = [
  ["backing file", (file, target) => qcow2(file, "-u", "-b", target, "-F", "raw")],
  [
    "data file",
    async (file, target) => {
      // qemu-img makes it empty: theirs is away meanwhile.
      await rename(target, `${target}.away`);
      await qcow2(file, "-o", `data_file=${target},data_file_raw=on`);
      await rename(`${target}.away`, target);
    },
  ],
];

const qcow2 = (file: string, ...options: readonly string[]) =>
  run(["qemu-img", "create", "-q", "-f", "qcow2", ...options, file, String(MIB)]);

/** A drive whose file was written so, and the drive of somebody else that it leads to. */
async function hostile(t: TestContext, write: Write) {
  const fixture = await openFixture(t);
  const { home, host, uid } = fixture;
  const theirs = await driveOf(fixture, "none", THEIRS);
  await host.close();
  const drive = newDrive("none", MIB, "qcow2");
  const file = join(home, volumeName(drive));
  await fixture.reopen(async () => {
    await write(`${file}.made`, join(home, volumeName(theirs)));
    await copyFile(`${file}.made`, file);
    await rm(`${file}.made`);
    if (uid !== null) for (const each of [drive, theirs]) await chown(join(home, volumeName(each)), uid, uid);
  });
  return { fixture, drive, theirs };
}

for (const [what, write] of KINDS) {
  test(`a drive whose file names another's as its ${what} leads nobody to that`, async (t) => {
    const { fixture, drive, theirs } = await hostile(t, write);
    const { host, home } = fixture;
    await assert.rejects(host.read(drive, 0, MIB), isOf("failed"));
    await assert.rejects(host.write(drive, 0, streamOf(randomBytes(MIB))), isOf("failed"));
    await assert.rejects(host.resize(drive, 2 * MIB, 1), isOf("failed"));
    const target: Volume = newDrive("none", MIB);
    await host.create(target, 1);
    const job = copyJob(drive, target);
    const troubled = once(fixture.events, "trouble");
    await host.startCopy(job, 1);
    await Promise.race([ended(fixture, job), troubled]);
    assert((await readFile(join(home, volumeName(theirs)))).equals(THEIRS), "it was changed");
    assert(!(await host.read(target, 0, MIB)).includes("somebody else"), "it was copied");
  });
}

test("a file that has other tables loaded than those of its volume is not opened", () => {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32BE(3, 4);
  assert.equal(isSelfContained(header), true);
  assert.equal(isSelfContained(header.subarray(1)), false);
  for (const [what, offset] of [
    ["a version", 7],
    ["a backing file", 15],
    ["snapshots", 63],
    ["bitmaps", 95],
  ] as const) {
    const changed = Buffer.from(header);
    changed.writeUInt8((changed[offset] ?? 0) ^ 1, offset);
    assert.equal(isSelfContained(changed), false, what);
  }
  for (const [bit, isFine] of [
    [0, true],
    [1, true],
    [2, false],
    [3, false],
    [4, true],
    [5, false],
    [40, false],
  ] as const) {
    const changed = Buffer.from(header);
    changed.writeBigUInt64BE(1n << BigInt(bit), 72);
    assert.equal(isSelfContained(changed), isFine, `incompatible feature ${bit}`);
  }
});
