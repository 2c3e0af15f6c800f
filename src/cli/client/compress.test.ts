import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { FASTEST, GZIPPED_AT_ONCE, gzipped, USUAL } from "./compress.ts";

test("bytes are gzipped into one member, also such as grow by it", async () => {
  for (const bytes of [Buffer.from(""), Buffer.from("x"), randomBytes(300_000), Buffer.alloc(300_000)])
    for (const level of [FASTEST, USUAL]) {
      const member = await gzipped(bytes, level);
      assert.ok(gunzipSync(member).equals(bytes));
    }
});

test("each core gzips a chunk of its own, and no core two", async () => {
  assert.equal(GZIPPED_AT_ONCE, availableParallelism());
  const noise = randomBytes(2 ** 19);
  const work: (readonly [startMs: number, endMs: number])[] = [];
  const took = (ms: number) => {
    const endMs = performance.now();
    work.push([endMs - ms, endMs]);
  };
  await Promise.all(Array.from({ length: 3 * GZIPPED_AT_ONCE }, () => gzipped(noise, FASTEST, took)));
  // How many were under way in the middle of each.
  const atOnce = work.map(([startMs, endMs]) => {
    const middleMs = (startMs + endMs) / 2;
    return work.filter(([start, end]) => start <= middleMs && middleMs < end).length;
  });
  assert.equal(Math.max(...atOnce), GZIPPED_AT_ONCE);
});
