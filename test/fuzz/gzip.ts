/** gzipped bodies: members, pieces, flags, ends, lies and bombs (RFC 1952). */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { LodgeError } from "../../src/base/errors.ts";
import type { UserId } from "../../src/base/ids.ts";
import { BYTES_IN_FLIGHT, BytesInFlight } from "../../src/http/body/bytes-in-flight.ts";
import { inflateWhole } from "../../src/http/body/gzip.ts";
import { keepBody } from "../../src/http/body/kept-body.ts";
import { Scratch } from "../../src/http/body/scratch.ts";
import { part } from "./part.ts";
import { rarely } from "./words.ts";

const CALLER = { user: "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId };
/** So much may come out; a run of zeroes has four times as much. */
const MOST_BYTES = 256 * 1024;

const plain = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, 1_000, MOST_BYTES, 4 * MOST_BYTES).map((length) => new Uint8Array(length)),
  },
);
/** A member, whose flags, extra field and name may be said to be there. */
const member = fc.tuple(plain, fc.nat(9), rarely(fc.nat(255), 8)).map(([bytes, level, flags]) => {
  const packed = gzipSync(bytes, { level });
  if (flags !== null) packed[3] = flags;
  return packed;
});
const stream = fc.array(member, { maxLength: 4 }).map((members) => Buffer.concat(members));
/** A stream as it is; or with a byte changed, an end cut off or something behind it. */
const body = fc
  .tuple(
    stream,
    rarely(fc.tuple(fc.nat(), fc.nat(255)), 3),
    rarely(fc.nat(), 4),
    fc.oneof(
      fc.constant(new Uint8Array()),
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(600).map((length) => new Uint8Array(length)),
    ),
  )
  .map(([whole, changed, cut, behind]) => {
    if (changed !== null && whole.length > 0) whole[changed[0] % whole.length] = changed[1];
    return Buffer.concat([cut === null ? whole : whole.subarray(0, cut % (whole.length + 1)), behind]);
  });

async function* inPieces(bytes: Buffer, pieceBytes: number) {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield Buffer.from(bytes.subarray(at, at + pieceBytes));
}

/** What zlib makes of it at once; null where it is no gzip stream. */
function inflated(bytes: Buffer): Buffer | null {
  try {
    return gunzipSync(bytes);
  } catch {
    return null;
  }
}

export const GZIP = part({ name: "gzip", share: 3, growthMib: 32 }, async ({ after }) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-fuzz-"));
  after(() => rm(dir, { recursive: true }));
  const dependencies = { inFlight: new BytesInFlight(BYTES_IN_FLIGHT), scratch: new Scratch(dir) };
  return {
    cases: fc.tuple(body, fc.integer({ min: 1, max: 5_000 })),
    async check([bytes, pieceBytes]) {
      const expected = inflated(bytes);
      const kept = await keepBody(dependencies, CALLER, bytes.length);
      try {
        const taken = await inflateWhole(
          inPieces(bytes, Math.max(pieceBytes, Math.ceil(bytes.length / 200))),
          kept,
          MOST_BYTES,
        );
        const chunks: Uint8Array[] = [];
        for await (const chunk of taken.bytes) chunks.push(Buffer.from(chunk));
        await taken.release();
        // A stream that is too long is left off before its end is seen.
        if (taken.lengthBytes > MOST_BYTES) {
          assert.deepEqual(chunks, []);
          return;
        }
        assert(expected !== null, "what is no gzip stream is refused");
        assert.equal(taken.lengthBytes, expected.length);
        assert(Buffer.concat(chunks).equals(expected));
      } catch (error) {
        assert(error instanceof LodgeError && error.type === "usage", String(error));
        assert(expected === null || bytes.length > 2 * expected.length, `a gzip stream is refused: ${error}`);
      }
    },
  };
});
