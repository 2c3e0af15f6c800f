import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { gunzipped } from "./gunzip.ts";

/** Each piece in memory of its own, as it may be given back once it is taken. */
async function* inPieces(bytes: Uint8Array, pieceBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield Uint8Array.from(bytes.subarray(at, at + pieceBytes));
}

const inflate = async (gzip: Uint8Array, pieceBytes: number) => buffer(gunzipped(inPieces(gzip, pieceBytes)));

const [ONE, TWO, NOTHING, PADDING] = [gzipSync("one "), gzipSync("two"), gzipSync(""), Buffer.alloc(700)];
const NOISE = randomBytes(300_000);
const PADDED = Buffer.concat([Buffer.alloc(1), NOTHING]);

const WHOLE: readonly [what: string, parts: readonly Uint8Array[], holds: string | Buffer][] = [
  ["a member alone", [ONE], "one "],
  ["members one after the other", [ONE, NOTHING, TWO], "one two"],
  ["padding behind the last member", [ONE, TWO, PADDING], "one two"],
  ["a member behind padding", [ONE, PADDING, TWO], "one two"],
  [
    "padding between members, and behind them",
    [ONE, PADDING, TWO, PADDING, ONE, Buffer.alloc(1)],
    "one twoone ",
  ],
  ["a hundred members behind padding", [ONE, Buffer.concat(Array(100).fill(PADDED))], "one "],
  ["a member behind much padding", [ONE, Buffer.alloc(300_001), TWO], "one two"],
  ["a large member behind a single zero", [NOTHING, Buffer.alloc(1), gzipSync(NOISE)], NOISE],
];
const SIZES = [1, 7, 100, 64 * 1024, 2 ** 20];

for (const [what, parts, holds] of WHOLE) {
  test(`all is inflated of ${what}, however it comes`, async () => {
    const gzip = Buffer.concat(parts);
    for (const pieceBytes of SIZES.filter((size) => gzip.length / size < 5000))
      assert.ok((await inflate(gzip, pieceBytes)).equals(Buffer.from(holds)), `${pieceBytes} at a time`);
  });
}

const BROKEN: readonly [what: string, parts: readonly Uint8Array[]][] = [
  ["nothing at all", []],
  ["padding alone", [PADDING]],
  ["junk behind a member", [ONE, Buffer.from("junk")]],
  ["junk behind padding", [ONE, PADDING, Buffer.from("junk")]],
  ["one byte of junk behind padding", [ONE, PADDING, Buffer.from([1])]],
  ["a half member behind padding", [ONE, PADDING, gzipSync(NOISE).subarray(0, 9000)]],
  ["one more member than a hundred behind padding", [ONE, Buffer.concat(Array(101).fill(PADDED))]],
  ["junk behind much padding", [ONE, Buffer.alloc(200_001), Buffer.from("junk")]],
  ["a member whose sum is wrong behind padding", [ONE, PADDING, TWO.subarray(0, -8), Buffer.alloc(8, 1)]],
];
for (const [what, parts] of BROKEN) {
  test(`${what} is refused, however it comes`, async () => {
    const gzip = Buffer.concat(parts);
    for (const pieceBytes of SIZES.filter((size) => gzip.length / size < 5000))
      await assert.rejects(inflate(gzip, pieceBytes), { code: /^Z_/ }, `${pieceBytes} at a time`);
  });
}

test("each piece is told once, and only when zlib is through with it", async () => {
  const gzip = Buffer.concat([gzipSync(NOISE), PADDING, gzipSync(NOISE), PADDING]);
  let takenBytes = 0;
  const onTaken = (piece: Uint8Array) => {
    takenBytes += piece.length;
    piece.fill(0xff);
  };
  const holds = await buffer(gunzipped(inPieces(gzip, 10_000), { onTaken }));
  assert.ok(holds.equals(Buffer.concat([NOISE, NOISE])));
  assert.equal(takenBytes, gzip.length);
});

test("what the pieces end with is what inflating them ends with, and they are left where their reader leaves", async () => {
  const gone = new Error("the disk is gone");
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield gzipSync(NOISE).subarray(0, 1000);
    throw gone;
  }
  await assert.rejects(buffer(gunzipped(broken())), (error) => error === gone);

  const left = Promise.withResolvers<void>();
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield gzipSync(NOISE);
    } finally {
      left.resolve();
    }
  }
  for await (const _ of gunzipped(endless())) break;
  await left.promise;
});
