import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { newDrive, noExporter, openFixture } from "../../../testing/volumes/drives.ts";
import { connectNbd } from "./nbd.ts";
import { ConnectionLost, NbdError } from "./nbd-errors.ts";

const MIB = 1024 * 1024;

test("an export of NBD is read and written at any offset, with many requests in flight", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", 8 * MIB);
  await fixture.host.create(drive, 1);
  const request = { volume: drive, shared: false, readOnly: false, nodeName: "n" };
  const attachment = await fixture.host.attach("s", request, noExporter);
  const { address, end } = await fixture.openLikeServer(attachment, "n");
  const nbd = await connectNbd(address);
  assert.deepEqual([nbd.sizeBytes, nbd.readOnly], [8 * MIB, false]);

  await t.test("what is written is read back, whatever the order of the replies", async () => {
    const bytes = randomBytes(3 * MIB + 77);
    const chunks = [bytes.subarray(0, 5), bytes.subarray(5, MIB), bytes.subarray(MIB)];
    await nbd.write(1001, chunks);
    await nbd.flush();
    const read = Buffer.alloc(bytes.length);
    const step = 99_991;
    const requests = [];
    for (let at = 0; at < read.length; at += step) {
      requests.push(nbd.read(1001 + at, read.subarray(at, at + step)));
    }
    await Promise.all(requests);
    assert(read.equals(bytes));
    await nbd.writeZeroes(2000, 10_000);
    const some = Buffer.alloc(12_000);
    await nbd.read(1500, some);
    assert(some.subarray(0, 500).equals(bytes.subarray(499, 999)));
    assert(some.subarray(500, 10_500).every((byte) => byte === 0));
  });

  await t.test("a refused request tells why, and the connection goes on", async () => {
    await assert.rejects(nbd.read(8 * MIB - 1, Buffer.alloc(2)), NbdError);
    await nbd.read(0, Buffer.alloc(1));
  });

  await t.test("the socket is given once to who enlarges its buffer, and not once it is gone", async () => {
    const given: Socket[] = [];
    for (let times = 0; times < 2; times++) nbd.widen((socket) => given.push(socket));
    assert.deepEqual(
      given.map(({ destroyed }) => destroyed),
      [false],
    );
    const other = await connectNbd(address);
    await other.close();
    other.widen(() => assert.fail());
  });

  await t.test("an export that is not there is refused by its name", async () => {
    await assert.rejects(connectNbd({ ...address, exportName: "other" }), /refuses the export.*other/);
    await assert.rejects(connectNbd({ ...address, socketPath: join(fixture.home, "none") }), /ENOENT/);
  });

  await t.test("a lost connection rejects all that is pending and all that comes", async () => {
    const pending = Promise.allSettled(Array.from({ length: 50 }, () => nbd.read(0, Buffer.alloc(MIB))));
    await end();
    assert((await pending).some(({ status }) => status === "rejected"));
    await nbd.closed;
    await assert.rejects(nbd.flush(), ConnectionLost);
  });
  fixture.host.detach("s");
});
