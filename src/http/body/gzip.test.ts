import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { gzipSync } from "node:zlib";
import { GZIP_STREAMS } from "../../../testing/gzip-streams.ts";
import type { Body } from "../../api/command.ts";
import type { UserId } from "../../base/ids.ts";
import { BYTES_IN_FLIGHT, BytesInFlight } from "./bytes-in-flight.ts";
import { inflateWhole } from "./gzip.ts";
import { type KeptBody, keepBody } from "./kept-body.ts";
import { Scratch } from "./scratch.ts";

const NO_BOUND = Number.POSITIVE_INFINITY;
const MIB = 2 ** 20;

async function* inPieces(bytes: Uint8Array, pieceBytes = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes)
    yield Buffer.from(bytes.subarray(at, at + pieceBytes));
}

/** All that the body holds. */
async function takeAll(body: Body): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body.bytes) chunks.push(Buffer.from(chunk));
  await body.release();
  return Buffer.concat(chunks);
}

const DIR = await mkdtemp(join(tmpdir(), "lodge-gzip-"));
after(() => rm(DIR, { recursive: true }));
const DEPENDENCIES = {
  inFlight: new BytesInFlight(BYTES_IN_FLIGHT),
  scratch: new Scratch(DIR),
};
const CALLER = { user: "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId };

const keep = (lengthBytes: number) => keepBody(DEPENDENCIES, CALLER, lengthBytes);

const inflate = async (gzip: Uint8Array, mostBytes = NO_BOUND) =>
  inflateWhole(inPieces(gzip), await keep(gzip.length), mostBytes);

/** Little enough to be held in memory; inflating to too much for that; too much as it comes. */
const sizes: readonly [what: string, plain: Buffer][] = [
  ["of a few bytes", Buffer.from("hello world")],
  ["of nothing", Buffer.alloc(0)],
  ["that inflates to more than is kept", Buffer.alloc(9 * MIB, "zeroes or not ")],
  ["that is itself more than is kept", randomBytes(6 * MIB)],
];
for (const [what, plain] of sizes) {
  test(`a gzip body ${what} is inflated, its length known before`, async () => {
    const body = await inflate(gzipSync(plain));
    assert.equal(body.lengthBytes, plain.length);
    assert.ok((await takeAll(body)).equals(plain));
  });
}

/** How often what is kept of the body was read, and forgotten, by when it was inflated and taken. */
async function usesOf(plain: Buffer): Promise<{ reads: number; forgets: number }> {
  const gzip = gzipSync(plain);
  const kept = await keep(gzip.length);
  const uses = { reads: 0, forgets: 0 };
  const counted: KeptBody = {
    inMemory: kept.inMemory,
    add: (chunk) => kept.add(chunk),
    read() {
      uses.reads++;
      return kept.read();
    },
    forget() {
      uses.forgets++;
      kept.forget();
    },
    release: () => kept.release(),
  };
  await takeAll(await inflateWhole(inPieces(gzip), counted, NO_BOUND));
  return uses;
}

test("what a body in memory inflates to is held up to 5 MiB, and else inflated again from what came", async () => {
  assert.deepEqual(await usesOf(Buffer.alloc(5 * MIB)), { reads: 0, forgets: 1 });
  assert.deepEqual(await usesOf(Buffer.alloc(5 * MIB + 1)), { reads: 1, forgets: 0 });
});

for (const { what, gzip, holds } of GZIP_STREAMS) {
  test(`a body that is ${what} is ${holds === null ? "refused" : "taken whole"}`, async () => {
    if (holds === null) await assert.rejects(inflate(gzip), { type: "usage", code: "malformed_body" });
    else assert.ok((await takeAll(await inflate(gzip))).equals(holds));
  });
}

const GOOD = gzipSync(randomBytes(200_000));
const WRONG_SUM = Buffer.from(GOOD);
WRONG_SUM.writeUInt32LE(0, GOOD.length - 8);

const corrupt: readonly [what: string, gzip: Uint8Array][] = [
  ["that is no gzip", Buffer.from("hello world")],
  ["that is cut off", GOOD.subarray(0, GOOD.length - 5)],
  ["whose sum is wrong", WRONG_SUM],
  ["with something else behind it", Buffer.concat([gzipSync("one"), Buffer.from("two")])],
];
for (const [what, gzip] of corrupt) {
  test(`a body ${what} is refused before a byte of it is handed on`, async () => {
    await assert.rejects(inflate(gzip), {
      type: "usage",
      code: "malformed_body",
      message: /not a gzip stream/,
    });
  });
}

test("a body that inflates to more than there is room for is left off, as infinitely long", async () => {
  const left = Promise.withResolvers<void>();
  const gzip = gzipSync(Buffer.alloc(32 * MIB));
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) yield gzip;
    } finally {
      left.resolve();
    }
  }
  const body = await inflateWhole(endless(), await keep(gzip.length), MIB);
  assert.equal(body.lengthBytes, NO_BOUND);
  assert.equal((await takeAll(body)).length, 0);
  await left.promise;
});

test("members without end that hold nothing are refused, and what came of them is not kept", async () => {
  const empty = Buffer.concat(Array<Buffer>(3000).fill(gzipSync("")));
  let cameBytes = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      cameBytes += empty.length;
      yield Buffer.from(empty);
    }
  }
  const kept = await keep(2 ** 40 / 64);
  await assert.rejects(inflateWhole(endless(), kept, NO_BOUND), { type: "usage", code: "malformed_body" });
  assert.ok(cameBytes < 2 * MIB, `${cameBytes} came`);
});

test("a body of exactly the room that there is, is taken", async () => {
  const body = await inflate(gzipSync(Buffer.alloc(1000)), 1000);
  assert.equal(body.lengthBytes, 1000);
  await body.release();
});

test("what the body itself ends with is what inflating it ends with", async () => {
  const gone = new Error("the caller hung up");
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield GOOD.subarray(0, 1000);
    throw gone;
  }
  const kept = await keep(GOOD.length);
  await assert.rejects(inflateWhole(broken(), kept, NO_BOUND), (error) => error === gone);
});

test("twenty bodies at once are all inflated, also those that find no room in memory", async () => {
  const plain = Array.from({ length: 20 }, (_, index) => Buffer.alloc(1000, index + 1));
  const taken = await Promise.all(plain.map(async (bytes) => takeAll(await inflate(gzipSync(bytes)))));
  for (const [index, bytes] of taken.entries()) assert.ok(bytes.equals(plain[index] ?? assert.fail()));
});
