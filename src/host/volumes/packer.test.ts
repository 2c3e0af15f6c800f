import assert from "node:assert/strict";
import { randomBytes, randomInt } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { cageOf } from "../../../testing/cages.ts";
import { findSandboxer } from "../process/sandbox.ts";
import { startWorker } from "../process/worker.ts";
import { packer } from "./packer.ts";

const BYTES = Buffer.concat([randomBytes(3_000_000), Buffer.alloc(40_000_000), Buffer.from("the end")]);

async function packed(command: readonly string[]): Promise<Buffer> {
  const uid = process.getuid?.() === 0 ? randomInt(200_000, 2_000_000) : null;
  const { signal } = new AbortController();
  const options = { cage: cageOf(uid), sandboxer: await findSandboxer(), view: {}, signal };
  const { child, done } = startWorker(command, options);
  child.stdin.end(BYTES);
  const bytes = await buffer(child.stdout);
  await done;
  return bytes;
}

for (const program of ["igzip", "pigz"]) {
  test(`${program} packs in a sandbox, and the same bytes into the same stream`, async () => {
    const command = packer((one) => one === program);
    assert.equal(command[0], program);
    const stream = await packed(command);
    assert(stream.length < 4_000_000);
    assert(gunzipSync(stream).equals(BYTES));
    assert((await packed(command)).equals(stream));
  });
}
