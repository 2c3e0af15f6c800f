/** That a drive's file is on stable storage before it has its name, and its name before the host answers. */
import assert from "node:assert/strict";
import { fstatSync, readdirSync, statSync } from "node:fs";
import { type FileHandle, mkdir, mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CIPHERS, newDrive } from "../../../testing/volumes/drives.ts";
import {
  createImage,
  destroyImage,
  emptyImage,
  type ImageFolder,
  imageName,
  makeWorkpiece,
  putInPlace,
  resizeRaw,
} from "./image-file.ts";
import { openFilling } from "./sealed-file.ts";

/** What was synced: the inode, its size, and which names the folder had at that moment. */
type Sync = { readonly inode: number; readonly bytes: number; readonly names: readonly string[] };

async function openFolder(t: TestContext): Promise<ImageFolder> {
  const home = await mkdtemp(join(tmpdir(), "lodge-test-"));
  t.after(() => rm(home, { recursive: true }));
  await mkdir(join(home, "drives"));
  return { home, scratchDir: home, uid: null };
}

/** Listens to `fsync` and `fdatasync` of this process, which do what they do, for as long as `work` takes. */
async function syncsOf({ home }: ImageFolder, work: () => Promise<unknown>): Promise<readonly Sync[]> {
  const syncs: Sync[] = [];
  const any = await open(home);
  const kind = Object.getPrototypeOf(any) as FileHandle;
  await any.close();
  const { sync, datasync } = kind;
  const heard = (original: () => Promise<void>) =>
    async function (this: FileHandle) {
      await original.call(this);
      const { ino, size } = fstatSync(this.fd);
      syncs.push({ inode: ino, bytes: size, names: readdirSync(join(home, "drives")) });
    };
  Object.assign(kind, { sync: heard(sync), datasync: heard(datasync) });
  try {
    await work();
  } finally {
    Object.assign(kind, { sync, datasync });
  }
  return syncs;
}

/** The file was synced whole while it did not have the name yet, and the folder once it had it. */
function assertStable(folder: ImageFolder, name: string, syncs: readonly Sync[], isNew: boolean): void {
  const { ino, size } = statSync(join(folder.home, name));
  const short = name.slice("drives/".length);
  const whole = syncs.findIndex(
    ({ inode, bytes, names }) => inode === ino && bytes === size && (!isNew || !names.includes(short)),
  );
  assert.notEqual(whole, -1, `${name} is synced whole`);
  if (!isNew) return;
  const inFolder = statSync(join(folder.home, "drives")).ino;
  const named = syncs.findIndex(({ inode, names }) => inode === inFolder && names.includes(short));
  assert.ok(named > whole, `the folder is synced once it has ${name}`);
}

for (const cipher of CIPHERS) {
  test(`a new file, and one that takes another's place, is synced before it has its name: ${cipher}`, async (t) => {
    const folder = await openFolder(t);
    const drive = newDrive(cipher, 10_000);
    const name = imageName(drive);
    assertStable(folder, name, await syncsOf(folder, () => createImage(folder, drive)), true);

    const emptied = await syncsOf(folder, () => emptyImage(folder, drive));
    const inFolder = statSync(join(folder.home, "drives")).ino;
    const inode = statSync(join(folder.home, name)).ino;
    assert.deepEqual([...new Set(emptied.map((sync) => sync.inode))], [inode, inFolder]);

    const work = await makeWorkpiece(folder, drive);
    const placed = await syncsOf(folder, () => putInPlace(folder, work, drive));
    const became = statSync(join(folder.home, name)).ino;
    assert.notEqual(became, inode);
    assert.deepEqual([...new Set(placed.map((sync) => sync.inode))], [became, inFolder]);

    const destroyed = await syncsOf(folder, () => destroyImage(folder, drive.uuid));
    assert.deepEqual(destroyed.at(-1), { ...destroyed.at(-1), inode: inFolder, names: [] });
  });
}

test("a file that was resized is synced with its new size", async (t) => {
  const folder = await openFolder(t);
  const drive = newDrive("none", 10_000);
  await createImage(folder, drive);
  const syncs = await syncsOf(folder, () => resizeRaw(folder, drive, 50_000));
  assertStable(folder, imageName(drive), syncs, false);
});

test("a standard image's file is synced before it has its name", async (t) => {
  const folder = await openFolder(t);
  const drive = newDrive("none", 0);
  const filling = await openFilling(folder, drive.uuid, 0);
  t.after(() => filling.close());
  await filling.append(Buffer.alloc(3_000, "x"));
  assertStable(folder, imageName(drive), await syncsOf(folder, () => filling.seal()), true);
});
