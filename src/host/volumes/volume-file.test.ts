import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { KINDS, newDrive } from "../../../testing/volumes/drives.ts";
import { noteSyncs } from "../../../testing/volumes/syncs.ts";
import { makeStaging, placeStaging } from "./staging-volume.ts";
import {
  createVolume,
  destroyVolume,
  emptyVolume,
  listVolumes,
  removeUnfinished,
  resizeRaw,
  type VolumeFolder,
  volumeName,
} from "./volume-file.ts";

async function newFolder(t: TestContext): Promise<VolumeFolder> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "lodge-volumes-")));
  await mkdir(join(home, "drives"));
  t.after(() => rm(home, { recursive: true }));
  return { home, uid: null };
}

for (const { format, cipher } of KINDS) {
  const kind = `${format} volume with cipher ${cipher}`;

  test(`a new ${kind} is on stable storage before it has its name, and its name before anybody is told`, async (t) => {
    const folder = await newFolder(t);
    const volume = newDrive(cipher, 100_000, format);
    const path = join(folder.home, volumeName(volume));
    const syncs = await noteSyncs(t, () => existsSync(path));
    await createVolume(folder, volume);
    assert.deepEqual(syncs, [
      { path: `${path}.new`, seen: false },
      { path: join(folder.home, "drives"), seen: true },
    ]);
  });

  test(`a staging volume is on stable storage before it takes the place of a ${kind}`, async (t) => {
    const folder = await newFolder(t);
    const volume = newDrive(cipher, 100_000, format);
    await emptyVolume(folder, volume);
    const staging = await makeStaging(folder, volume);
    const path = join(folder.home, volumeName(staging));
    const empty = await readFile(join(folder.home, volumeName(volume)));
    assert((await readFile(path)).equals(empty));
    const syncs = await noteSyncs(t, () => existsSync(path));
    await placeStaging(folder, staging, volume);
    assert.deepEqual(syncs, [
      { path, seen: true },
      { path: join(folder.home, "drives"), seen: false },
    ]);
  });
}

test("the removal of a volume, and its new size, are on stable storage before anybody is told", async (t) => {
  const folder = await newFolder(t);
  const volume = newDrive("none", 100_000);
  await createVolume(folder, volume);
  const path = join(folder.home, volumeName(volume));
  const syncs = await noteSyncs(t, () => existsSync(path));
  await resizeRaw(folder, volume, 50_000);
  assert.deepEqual(syncs.splice(0), [{ path, seen: true }]);
  await destroyVolume(folder, volume.uuid);
  assert.deepEqual(syncs, [{ path: join(folder.home, "drives"), seen: false }]);
});

test("volumes are listed by what their files are called, and nothing else that lies there hinders", async (t) => {
  const folder = await newFolder(t);
  const drives = join(folder.home, "drives");
  const [one, two, both] = [randomUUID(), randomUUID(), randomUUID()];
  for (const name of [`${one}.raw`, `${two}.qcow2`, `${both}.raw`, `${both}.qcow2`]) {
    await writeFile(join(drives, name), "");
  }
  const junk = [
    "notes.txt",
    "lost+found",
    `${randomUUID()}.part`,
    `${randomUUID()}.raw.new`,
    "------------------------------------.raw",
  ];
  for (const name of junk) await writeFile(join(drives, name), "");
  await mkdir(join(drives, `${randomUUID()}.raw`));
  assert.deepEqual((await listVolumes(folder)).sort(), [one, two, both].sort());
});

test("only what was being made is cleared away, and what cannot be is told of and stays", async (t) => {
  const folder = await newFolder(t);
  const drives = join(folder.home, "drives");
  const [made, stuck, drive] = [randomUUID(), randomUUID(), randomUUID()];
  await writeFile(join(drives, `${made}.qcow2.new`), "");
  await mkdir(join(drives, `${stuck}.raw.new`));
  const kept = [`${drive}.raw`, `${drive}.part`, "mine.new", "mine.raw.new"];
  for (const name of kept) await writeFile(join(drives, name), "kept");
  const troubles: unknown[] = [];
  await removeUnfinished(folder, (error) => troubles.push(error));
  assert.deepEqual((await readdir(drives)).sort(), [...kept, `${stuck}.raw.new`].sort());
  assert.equal(troubles.length, 1);
  assert.match(String(troubles), new RegExp(stuck));
});

test("an encrypted volume in a raw file, whose holes would be noise, is refused and not made", async (t) => {
  const folder = await newFolder(t);
  const volume = newDrive("aes-xts-plain", 1000, "raw");
  await assert.rejects(createVolume(folder, volume), { type: "failed", message: /a raw file cannot be/ });
  assert.deepEqual(await readdir(join(folder.home, "drives")), []);
});
