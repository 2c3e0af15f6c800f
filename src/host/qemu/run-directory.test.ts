import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import {
  makeRunDirectory,
  ownerOfSocket,
  readCounters,
  readRecord,
  removeRunDirectory,
  runDirectory,
  serversWithDirectory,
  writeRecord,
} from "./run-directory.ts";

const UUID = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee";
const uid = process.getuid?.() === 0 ? 61_000 : null;
let servers: string;

before(async () => {
  servers = await mkdtemp(join(tmpdir(), "lodge-run-"));
});

after(() => rm(servers, { recursive: true }));

test("what is recorded is read back, and nobody else may read it", async () => {
  const directory = runDirectory(servers, UUID);
  const record = { uuid: UUID, started: 1, devices: [], taps: ["t0"], vnc: null };
  await makeRunDirectory(directory, uid);
  assert.equal(await readRecord(directory), null);
  await writeRecord(directory, record);
  assert.deepEqual(await readRecord(directory), record);
  assert.equal(await readCounters(directory), null);
  assert.equal((await stat(join(directory.path, "record.json"))).mode & 0o077, 0);
});

test("QEMU's uid owns the place of its sockets and nothing else", async () => {
  const directory = runDirectory(servers, UUID);
  await makeRunDirectory(directory, uid);
  assert.equal((await stat(directory.path)).uid, process.getuid?.());
  assert.equal((await stat(join(directory.path, "sockets"))).uid, uid ?? process.getuid?.());
});

test("only what is named by a uuid is a server's, and once removed it is none", async () => {
  const directory = runDirectory(servers, UUID);
  await makeRunDirectory(directory, uid);
  await writeFile(join(servers, "stray"), "");
  assert.deepEqual(await serversWithDirectory(servers), [UUID]);
  await removeRunDirectory(directory);
  await removeRunDirectory(directory);
  assert.deepEqual(await serversWithDirectory(servers), []);
});

test("a socket tells its server, if it is one of this cloud's", () => {
  assert.equal(ownerOfSocket(servers, runDirectory(servers, UUID).sockets.qmp), UUID);
  assert.equal(ownerOfSocket(servers, runDirectory("/elsewhere", UUID).sockets.qmp), null);
  assert.equal(ownerOfSocket(servers, runDirectory(servers, UUID).sockets.nbd), null);
});
