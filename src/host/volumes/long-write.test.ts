import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../testing/until.ts";
import { needsRoot, newDrive, openFixture, streamOf } from "../../../testing/volumes/drives.ts";
import { run } from "../process/process.ts";

const MIB = 2 ** 20;

/** The largest send buffer of the unix sockets of this process, in bytes (ss(8), skmem's tb). */
async function largestSendBuffer(): Promise<number> {
  const lines = (await run(["ss", "-xmpH"]))
    .split("\n")
    .filter((line) => line.includes(`pid=${process.pid},`));
  return Math.max(...lines.map((line) => Number(/\btb(\d+)/.exec(line)?.[1] ?? 0)));
}

test("a long write has its drive's connection take whole requests at once", needsRoot, async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", 8 * MIB);
  await fixture.host.create(drive, 1);
  const write = (bytes: Buffer) => fixture.host.write(drive, 0, streamOf(bytes), bytes.length);
  await write(Buffer.alloc(MIB, 1));
  const before = await largestSendBuffer();
  await write(Buffer.alloc(4 * MIB, 2));
  await until("the buffer is larger", async () => ((await largestSendBuffer()) >= 4 * MIB ? true : null));
  assert.ok(before < MIB, `after a short write it was ${before}`);
  const read = await fixture.host.read(drive, 0, 4 * MIB);
  assert.ok(Buffer.from(read).equals(Buffer.alloc(4 * MIB, 2)));
});
