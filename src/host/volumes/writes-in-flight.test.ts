import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type { Nbd } from "../wire/nbd.ts";
import { writeStream } from "./transfer.ts";

const MIB = 2 ** 20;

/**
 * Stands for a disk that answers nothing until the stream has come to a halt: each request waits for 50 turns of the
 * event loop in which no other one came. A real one cannot be held so exactly.
 */
function slowDisk() {
  let waiting = { requests: 0, bytes: 0 };
  const most = { requests: 0, bytes: 0 };
  let arrivals = 0;
  const request = async (bytes: number) => {
    waiting = { requests: waiting.requests + 1, bytes: waiting.bytes + bytes };
    most.requests = Math.max(most.requests, waiting.requests);
    most.bytes = Math.max(most.bytes, waiting.bytes);
    arrivals += 1;
    for (let seen = arrivals, quiet = 0; quiet < 50; quiet++) {
      await turn();
      if (seen !== arrivals) [seen, quiet] = [arrivals, 0];
    }
    waiting = { requests: waiting.requests - 1, bytes: waiting.bytes - bytes };
  };
  const nbd = {
    write: (_offset: number, chunks: readonly Uint8Array[]) =>
      request(chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)),
    writeZeroes: () => request(0),
    flush: async () => {},
  } as unknown as Nbd;
  return { nbd, most };
}

async function* chunksOf(totalBytes: number, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < totalBytes; at += chunkBytes) yield Buffer.alloc(chunkBytes, 1 + (at % 250));
}

for (const [what, totalBytes, chunkBytes] of [
  ["large", 40 * MIB, MIB],
  ["small", 4 * MIB, 4096],
] as const) {
  test(`of a stream in ${what} chunks at most 8 MiB and 16 pieces wait for the disk`, async () => {
    const { nbd, most } = slowDisk();
    const target = { offset: 0, endBytes: totalBytes, lengthBytes: totalBytes };
    assert.equal(await writeStream(nbd, chunksOf(totalBytes, chunkBytes), target), totalBytes);
    assert.ok(most.bytes <= 8 * MIB, `${most.bytes} bytes`);
    assert.ok(most.requests <= 16, `${most.requests} requests`);
    assert.ok(most.requests > 1, "several are under way at once");
  });
}
