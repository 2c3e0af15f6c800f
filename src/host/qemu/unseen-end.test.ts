import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir, uptime } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { makeRunDirectory, runDirectory } from "./run-directory.ts";
import { unseenEnd } from "./unseen-end.ts";

/** A run whose folder of sockets changed so many seconds ago. */
async function left(t: TestContext, agoS: number) {
  const servers = await mkdtemp(join(tmpdir(), "lodge-unseen-"));
  t.after(() => rm(servers, { recursive: true }));
  const directory = runDirectory(servers, randomUUID());
  await makeRunDirectory(directory, null);
  const at = Date.now() / 1000 - agoS;
  await utimes(directory.socketFolder, at, at);
  return directory;
}

const isNear = (bootS: number | null, agoS: number) =>
  assert.ok(bootS !== null && Math.abs(uptime() - agoS - bootS) < 60, `${bootS}`);

test("a QEMU that removed its sockets ended when it did", async (t) => {
  isNear(await unseenEnd(await left(t, 1_000), null), 1_000);
});

test("one whose socket is there still does not say when it ended", async (t) => {
  const directory = await left(t, 1_000);
  await writeFile(directory.sockets.qmp, "");
  assert.equal(await unseenEnd(directory, null), null);
});

test("one whose traces are of before it was seen last, since the clock was set, ended after that", async (t) => {
  const seen = uptime() - 100;
  assert.equal(await unseenEnd(await left(t, 86_400 + 50), seen), seen);
});

test("one whose traces are of later than now, since the clock was set back, does not say when it ended", async (t) => {
  assert.equal(await unseenEnd(await left(t, -86_400), null), null);
});
