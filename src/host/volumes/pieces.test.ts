import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../../testing/property.ts";
import { CLUSTER_BYTES, cutPieces, PIECE_BYTES } from "./pieces.ts";

const HOLE = Buffer.alloc(CLUSTER_BYTES);

const stretch = fc.record({
  bytes: fc.oneof(
    fc.nat(3000),
    fc.integer({ min: 1, max: 40 }).map((n) => n * 32 * 1024),
  ),
  fill: fc.constantFrom(0, 0, 7),
});

test("pieces hold the stream's bytes in order, end at clusters' borders and make holes of whole clusters of zeroes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(stretch, { maxLength: 6 }),
      fc.nat(3 * CLUSTER_BYTES),
      fc.integer({ min: 700, max: 200_000 }),
      async (stretches, offset, chunkBytes) => {
        const bytes = Buffer.concat(stretches.map((part) => Buffer.alloc(part.bytes, part.fill)));
        async function* chunks() {
          for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
        }
        let spentBytes = 0;
        let at = offset;
        for await (const piece of cutPieces(chunks(), offset)) {
          assert.equal(piece.offset, at);
          assert(piece.length > 0);
          const held = piece.chunks === null ? Buffer.alloc(piece.length) : Buffer.concat(piece.chunks);
          assert(held.equals(bytes.subarray(at - offset, at - offset + piece.length)), "bytes differ");
          at += piece.length;
          for (const { length } of piece.spent) spentBytes += length;
          const left = at - offset - spentBytes;
          assert(left >= 0 && left < chunkBytes, "a chunk is spent when its last byte is in a piece");
          if (at - offset < bytes.length) assert.equal(at % CLUSTER_BYTES, 0);
          if (piece.chunks === null) {
            assert.equal(piece.offset % CLUSTER_BYTES, 0);
            continue;
          }
          assert(piece.length <= PIECE_BYTES);
          const first = -piece.offset & (CLUSTER_BYTES - 1);
          for (let border = first; border + CLUSTER_BYTES <= piece.length; border += CLUSTER_BYTES) {
            assert(!held.subarray(border, border + CLUSTER_BYTES).equals(HOLE), "a hole was written");
          }
        }
        assert.equal(at - offset, bytes.length);
        assert.equal(spentBytes, bytes.length);
      },
    ),
    bounded(60),
  );
});
