import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, open, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { needsRoot } from "../../../testing/volumes/drives.ts";
import { run } from "../process/process.ts";
import { countDiskSpace, DiskSpaceCount } from "./disk-space.ts";

const MIB = 2 ** 20;
/** What a file system may keep beside the files' bytes. */
const SLACK_BYTES = 256 * 1024;

/** A file system of its own, so that nobody else takes room of it. */
async function newDisk(t: TestContext): Promise<string> {
  const disk = await mkdtemp(join(tmpdir(), "lodge-disk-"));
  await run(["mount", "-t", "tmpfs", "-o", "size=64m", "none", disk]);
  t.after(async () => {
    await run(["umount", disk]);
    await rm(disk, { recursive: true });
  });
  await mkdir(join(disk, "drives"));
  return disk;
}

function newCount(t: TestContext, disk: string): DiskSpaceCount {
  const count = new DiskSpaceCount(join(disk, "drives"), (error) => {
    throw error;
  });
  t.after(() => count.close());
  return count;
}

/** What drives may have of the disk, by what is told. */
const room = ({ freeBytes, allocatedBytes }: Awaited<ReturnType<DiskSpaceCount["space"]>>) =>
  freeBytes + allocatedBytes;

const near = (bytes: number, expected: number) => Math.abs(bytes - expected) <= SLACK_BYTES;

test("the room on a disk is told", needsRoot, async (t) => {
  await t.test("by what is free and what the files take, holes not among it", async (t) => {
    const disk = await newDisk(t);
    await writeFile(join(disk, "drives", "a.raw"), randomBytes(3 * MIB));
    await truncate(join(disk, "drives", "a.raw"), 50 * MIB);
    await writeFile(join(disk, "drives", "junk"), randomBytes(2 * MIB));
    const { freeBytes, allocatedBytes } = await countDiskSpace(join(disk, "drives"));
    assert(near(allocatedBytes, 5 * MIB), `${allocatedBytes} bytes`);
    assert(near(freeBytes, 59 * MIB), `${freeBytes} bytes`);
  });

  await t.test("without looking at any file again, and never as more than there is", async (t) => {
    const disk = await newDisk(t);
    const file = join(disk, "drives", "a.raw");
    await writeFile(file, randomBytes(10 * MIB));
    const count = newCount(t, disk);
    const before = await count.space();
    const most = room(before) + SLACK_BYTES;
    assert(near(room(before), 64 * MIB));

    // A guest writes: less is free, and what the file takes more is not counted yet.
    await writeFile(file, randomBytes(20 * MIB));
    const grown = await count.space();
    assert.equal(grown.allocatedBytes, before.allocatedBytes, "no file was looked at");
    assert(room(grown) <= most);

    // A guest gives room back.
    await truncate(file, 4 * MIB);
    assert(room(await count.space()) <= most, "what was given back is told twice");

    // Others take of the disk.
    await writeFile(join(disk, "other"), randomBytes(8 * MIB));
    assert(room(await count.space()) <= most);
    await count.count();
    const counted = await count.space();
    assert(near(room(counted), 56 * MIB), `${room(counted)} bytes`);
    assert(near(counted.allocatedBytes, 4 * MIB));
  });

  await t.test(
    "above what there is by what others took as guests gave it back, until the next count",
    async (t) => {
      const disk = await newDisk(t);
      const file = join(disk, "drives", "a.raw");
      await writeFile(file, randomBytes(10 * MIB));
      const count = newCount(t, disk);
      await count.space();
      await truncate(file, 0);
      await writeFile(join(disk, "other"), randomBytes(10 * MIB));
      assert(near(room(await count.space()), 64 * MIB), "this is the rule's exception");
      await count.count();
      assert(near(room(await count.space()), 54 * MIB));
    },
  );

  await t.test("anew at once when a file is removed, or another takes its place", async (t) => {
    const disk = await newDisk(t);
    const [gone, replaced] = [join(disk, "drives", "a.raw"), join(disk, "drives", "b.raw")];
    for (const file of [gone, replaced]) await writeFile(file, randomBytes(10 * MIB));
    const count = newCount(t, disk);
    await count.space();
    await rm(gone);
    count.forget("drives/a.raw");
    await writeFile(join(disk, "other"), randomBytes(10 * MIB));
    assert(near((await count.space()).allocatedBytes, 10 * MIB));
    await (await open(replaced, "w")).close();
    await count.look("drives/b.raw");
    assert.equal((await count.space()).allocatedBytes, 0);
  });
});

test(
  "a count goes on though files come and go, and those that ask meanwhile share it",
  needsRoot,
  async (t) => {
    const dir = await newDisk(t);
    const names = Array.from({ length: 500 }, (_, index) => join(dir, "drives", `${index}.raw`));
    await Promise.all(names.map((name) => writeFile(name, "x".repeat(4096))));
    const count = newCount(t, dir);
    const [one, two] = [count.count(), count.count()];
    assert.equal(one, two);
    await Promise.all([one, ...names.slice(250).map((name) => rm(name))]);
    await count.count();
    assert.equal(
      (await count.space()).allocatedBytes,
      (await countDiskSpace(join(dir, "drives"))).allocatedBytes,
    );
  },
);
