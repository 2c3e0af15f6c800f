import assert from "node:assert/strict";
import { test } from "node:test";
import { ChunkBuffers } from "./chunk-buffers.ts";
import { ChunkWriter } from "./chunk-writer.ts";
import { Encoder, type GzipChoice } from "./encoder.ts";
import { findEndpoint } from "./endpoint.ts";
import { Line } from "./line.ts";
import type { Carry } from "./transfer.ts";

const CHUNK_BYTES = 64 * 1024;
const ENDPOINT = await findEndpoint({ EHURI: "http://127.0.0.1:9/", EHAUTH: "user:key" });

/** Whether a chunk's memory is used again once it was written, where `isSent` is what the line tells of it. */
async function isUsedAgain(gzip: GzipChoice, isSent: boolean): Promise<boolean> {
  const buffers = new ChunkBuffers(CHUNK_BYTES);
  const target = { endpoint: ENDPOINT, drive: "a drive", isNew: false };
  const writer = new ChunkWriter(target, new Encoder(gzip, new Line(1)), buffers);
  const bytes = buffers.take();
  const of = { offset: 0, lengthBytes: CHUNK_BYTES, bytes };
  const carry = (async () => isSent) as unknown as Carry;
  await writer.write({ lengthBytes: CHUNK_BYTES, toWrite: { offset: 0, bytes, of } }, carry);
  return buffers.take().buffer === bytes.buffer;
}

test("a chunk's memory is used again once it is sent, and not where the system may still read it", async () => {
  assert.equal(await isUsedAgain("never", true), true);
  assert.equal(await isUsedAgain("never", false), false);
  assert.equal(await isUsedAgain("always", false), true, "what is gzipped is in memory of its own");
});
