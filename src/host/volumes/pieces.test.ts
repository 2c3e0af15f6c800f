import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../../testing/property.ts";
import { BLOCK_BYTES, PIECE_BYTES, type Piece, PieceCutter } from "./pieces.ts";

const HOLE = Buffer.alloc(BLOCK_BYTES);
const MIB = 1024 * 1024;

const stretch = fc.record({
  bytes: fc.oneof(
    fc.nat(3000),
    fc.integer({ min: 1, max: 40 }).map((n) => n * 32 * 1024),
  ),
  fill: fc.constantFrom(0, 0, 7),
});

/** The piece's bytes are those of the stream, it ends where it should, and it is a hole exactly where it should be. */
function check(piece: Piece, expected: Buffer, isLast: boolean): void {
  const held = piece.chunks === null ? Buffer.alloc(piece.length) : Buffer.concat(piece.chunks);
  assert(held.equals(expected), "bytes differ");
  assert(piece.length > 0);
  if (!isLast) assert.equal((piece.offset + piece.length) % BLOCK_BYTES, 0);
  if (piece.chunks === null) {
    assert.equal(piece.offset % BLOCK_BYTES, 0);
    return;
  }
  assert(piece.length <= PIECE_BYTES);
  const first = -piece.offset & (BLOCK_BYTES - 1);
  for (let border = first; border + BLOCK_BYTES <= piece.length; border += BLOCK_BYTES) {
    assert(!held.subarray(border, border + BLOCK_BYTES).equals(HOLE), "a hole was written");
  }
}

test("pieces hold the stream's bytes in order, end at blocks' borders and make holes of whole blocks of zeroes", () => {
  fc.assert(
    fc.property(
      fc.array(stretch, { maxLength: 6 }),
      fc.nat(3 * BLOCK_BYTES),
      fc.integer({ min: 700, max: 200_000 }),
      (stretches, offset, chunkBytes) => {
        const bytes = Buffer.concat(stretches.map((part) => Buffer.alloc(part.bytes, part.fill)));
        let returnedBytes = 0;
        const cutter = new PieceCutter(offset, ({ byteLength }) => {
          returnedBytes += byteLength;
        });
        let at = offset;
        const take = (piece: Piece) => {
          assert.equal(piece.offset, at);
          at += piece.length;
          const expected = bytes.subarray(at - piece.length - offset, at - offset);
          check(piece, expected, at - offset === bytes.length);
          for (const { length } of piece.spent) returnedBytes += length;
        };
        for (let from = 0; from < bytes.length; from += chunkBytes) {
          cutter.add(bytes.subarray(from, from + chunkBytes)).forEach(take);
        }
        cutter.end().forEach(take);
        assert.equal(at - offset, bytes.length);
        assert.equal(returnedBytes, bytes.length, "each chunk is given back once");
      },
    ),
    bounded(60),
  );
});

test("a chunk that has bytes to be sent is not given back before its piece is handed on", () => {
  const given: Uint8Array[] = [];
  const cutter = new PieceCutter(0, (chunk) => given.push(chunk));
  // It begins with data and goes on with zeroes, as the one behind it.
  const [mixed, zero] = [Buffer.alloc(3 * BLOCK_BYTES), Buffer.alloc(2 * BLOCK_BYTES)];
  mixed.fill(1, 0, 10);
  const pieces = [...cutter.add(mixed), ...cutter.add(zero)];
  assert(given.length === 1 && given[0] === zero);
  assert.deepEqual(
    pieces.map(({ chunks, spent }) => [chunks?.length, spent.length]),
    [[1, 0]],
  );
  const [last] = cutter.end();
  assert.deepEqual([last?.chunks, last?.length], [null, 4 * BLOCK_BYTES]);
  assert(last?.spent.length === 1 && last.spent[0] === mixed);
});

test("a run of zeroes keeps none of its chunks, however long it is", () => {
  let heldBytes = 0;
  const cutter = new PieceCutter(0, ({ byteLength }) => {
    heldBytes -= byteLength;
  });
  const chunk = Buffer.alloc(MIB + 5000);
  for (let count = 0; count < 300; count++) {
    heldBytes += chunk.byteLength;
    assert.deepEqual(cutter.add(chunk), []);
    assert(heldBytes <= chunk.byteLength, `${heldBytes} bytes are held`);
  }
});
