/** A sealed file: read through the storage daemon by the API and by any number of servers, and written by nobody. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noExporter, openFixture, streamOf } from "../../testing/volumes/drives.ts";
import { noteSyncs } from "../../testing/volumes/syncs.ts";
import type { Volume } from "../host/host.ts";
import type { VolumeFolder } from "../host/volumes/face.ts";
import { connectNbd } from "../host/wire/nbd.ts";
import { Filling, removeSealed } from "./sealed-file.ts";

const uuid = randomUUID();

async function seal(folder: VolumeFolder, text: string): Promise<Volume> {
  const file = await Filling.open(folder, uuid, 0);
  await file.cut(0);
  await file.append(Buffer.from(text));
  await file.seal();
  await file.close();
  return {
    uuid,
    format: "raw",
    sizeBytes: text.length,
    cipher: "none",
    secret: null,
    backing: null,
    sealed: text,
  };
}

test("a sealed file", async (t) => {
  const { host, home, uid } = await openFixture(t);
  const folder = { home, uid };
  const drive = await seal(folder, "first content");
  const read = async (image: Volume) => (await host.read(image, 0, image.sizeBytes)).toString();

  await t.test("is read, and cannot be written", async () => {
    assert.equal(await read(drive), "first content");
    await assert.rejects(host.write(drive, 0, streamOf(Buffer.from("x")), 1), { type: "failed" });
    assert.equal(await read(drive), "first content");
  });

  await t.test("is served to two servers by an export that takes no writes, and read meanwhile", async () => {
    for (const server of ["one", "two"]) {
      const request = { volume: drive, shared: true, readOnly: true, nodeName: server };
      const { blockdev, secret } = await host.attach(server, request, noExporter);
      assert.deepEqual([blockdev["read-only"], secret], [true, null]);
      const { path } = blockdev.server as { path: string };
      const nbd = await connectNbd({ socketPath: path, exportName: String(blockdev.export) });
      assert.equal(nbd.readOnly, true);
      await assert.rejects(nbd.write(0, [Buffer.from("x")]));
      await nbd.close();
    }
    assert.equal(await read(drive), "first content");
    host.detach("one");
    host.detach("two");
  });

  await t.test("has its new content at once when it was removed and filled again", async () => {
    await removeSealed(folder, uuid);
    const again = await seal(folder, "another, longer content");
    assert.equal(await read(again), "another, longer content");
  });
});

test("a filling is on stable storage before it is an image's file, and that before anybody is told", async (t) => {
  const home = await realpath(await mkdtemp(join(tmpdir(), "lodge-test-")));
  t.after(() => rm(home, { recursive: true }));
  const path = join(home, "drives", `${uuid}.raw`);
  const file = await Filling.open({ home, uid: null }, uuid, 0);
  t.after(() => file.close());
  await file.append(Buffer.from("content"));
  const syncs = await noteSyncs(t, () => existsSync(path));
  await file.seal();
  assert.deepEqual(syncs, [
    { path: join(home, "drives", `${uuid}.part`), seen: false },
    { path: join(home, "drives"), seen: true },
  ]);
});
