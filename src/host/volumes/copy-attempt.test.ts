/** One attempt at a copy, in real files and by a real `qemu-img`, that is given up at a moment of the test's choice. */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { test } from "node:test";
import { newDrive } from "../../../testing/volumes/drives.ts";
import { Downloader } from "../../download/download.ts";
import { AddressJudge } from "../../download/judge.ts";
import { findSandboxer } from "../process/sandbox.ts";
import { Cages } from "./cages.ts";
import { runCopy } from "./copy-attempt.ts";
import { DiskSpaceCount } from "./disk-space.ts";
import { DriveTable } from "./drive-table.ts";
import type { DriveExport, Exports } from "./exports.ts";
import { Loans } from "./loans.ts";
import { createVolume, volumeName } from "./volume-file.ts";

test("a copy that is given up when it has all its bytes leaves its target empty, and nothing beside it", async (t) => {
  const home = await realpath(await mkdtemp(join(tmpdir(), "lodge-copy-")));
  t.after(() => rm(home, { recursive: true }));
  const drives = join(home, "drives");
  await mkdir(drives);
  const folder = { home, uid: null };
  const [source, target] = [newDrive("none", 2 ** 20), newDrive("none", 2 ** 20)];
  await createVolume(folder, target);
  await writeFile(join(home, volumeName(source)), randomBytes(source.sizeBytes));
  const [ending, reason] = [new AbortController(), new Error("given up")];
  const space = new DiskSpaceCount(drives, (error) => assert.fail(String(error)));
  t.after(() => space.close());
  let part = 0;
  const copying = runCopy(
    {
      ...{
        folder,
        cages: new Cages({ uid: null, ids: null, loans: new Loans(folder, null), bounds: null }),
        sandboxer: await findSandboxer(),
        table: new DriveTable<DriveExport>(),
        space,
        downloader: new Downloader({ judge: new AddressJudge([], () => []) }),
        deadlineMs: 60_000,
      },
      // The staging volume is closed once it is filled.
      exports: { close: async () => ending.abort(reason) } as Partial<Exports> as Exports,
      closed: (_, work) => work(),
      onTrouble: (error) => assert.fail(String(error)),
    },
    {
      job: { id: randomUUID(), source, target, conversion: null },
      ...{ signal: ending.signal, onEmptied() {} },
      onProgress(now) {
        part = now;
      },
    },
  );
  await assert.rejects(copying, reason);
  assert.equal(part, 1);
  assert.ok((await readFile(join(home, volumeName(target)))).every((byte) => byte === 0));
  const names = [source, target].map((volume) => basename(volumeName(volume)));
  assert.deepEqual((await readdir(drives)).sort(), names.sort());
});
