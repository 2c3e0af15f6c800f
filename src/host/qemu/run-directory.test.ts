import assert from "node:assert/strict";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { ServerRecord } from "./record.ts";
import {
  makeRunDirectory,
  openLog,
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
  const record: ServerRecord = {
    ...{ uuid: UUID, generation: 3, started: 1, taps: ["t0"], vnc: null },
    devices: [{ key: "block:1", id: "block-1", node: "drive-block-1", drive: UUID, shared: true }],
    description: {
      ...{ name: "n", cpuMhz: 500, memMib: 64, cores: 2, sockets: 1 },
      nics: [
        {
          index: 0,
          model: "e1000",
          mac: "06:00:00:00:00:01",
          vlan: null,
          lease: { address: "10.0.0.2", network: null },
        },
      ],
      devices: [{ key: "block:1", media: "disk", shared: true, bootIndex: null, drive: UUID }],
      vnc: { address: "10.0.0.2", tls: true },
    },
  };
  await makeRunDirectory(directory, uid);
  assert.equal(await readRecord(directory), null);
  await writeRecord(directory, record);
  assert.deepEqual(await readRecord(directory), record);
  assert.equal(await readCounters(directory), null);
  assert.equal((await stat(join(directory.path, "record.json"))).mode & 0o077, 0);
});

test("nobody else may read what QEMU said", async () => {
  const directory = runDirectory(servers, UUID);
  await makeRunDirectory(directory, uid);
  await using log = await openLog(directory);
  assert.equal((await log.stat()).mode & 0o777, 0o600);
});

test("a record of before there were generations is of generation 0, and tells its devices' keys", async () => {
  const directory = runDirectory(servers, UUID);
  await makeRunDirectory(directory, uid);
  const device = { id: "ide-0-1", node: "drive-ide-0-1", drive: UUID, shared: false };
  const old = { uuid: UUID, started: 1, devices: [device], taps: [], vnc: null };
  await writeFile(join(directory.path, "record.json"), JSON.stringify(old));
  const expected = { ...old, generation: 0, devices: [{ ...device, key: "ide:0:1" }], description: null };
  assert.deepEqual(await readRecord(directory), expected);
});

for (const text of ["", "{", "null", '{"uuid":1}']) {
  test(`a record that is ${text || "empty"} is damaged, which is not the same as none`, async () => {
    const directory = runDirectory(servers, UUID);
    await makeRunDirectory(directory, uid);
    await writeFile(join(directory.path, "record.json"), text);
    await assert.rejects(readRecord(directory), /record.json is damaged/);
  });
}

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
