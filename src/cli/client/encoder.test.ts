import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { Encoder, isCheaperGzipped, sampled } from "./encoder.ts";
import { findEndpoint, isNear } from "./endpoint.ts";
import { Line } from "./line.ts";

const CHUNK_BYTES = 2 ** 20;
const TEXT = Buffer.alloc(CHUNK_BYTES, "Lodge keeps what it is given. ");
const NOISE = randomBytes(CHUNK_BYTES);
const HALF = Buffer.concat([NOISE.subarray(CHUNK_BYTES / 2), TEXT.subarray(CHUNK_BYTES / 2)]);

/** A line that is known to carry so many bytes in a millisecond. */
async function lineOf(bytesPerMs: number): Promise<Line> {
  let nowMs = 0;
  const line = new Line(4, { now: () => nowMs });
  await line.carry({ bytes: bytesPerMs, gzipped: false, heldBytes: bytesPerMs }, async () => void nowMs++);
  return line;
}

test("a sample tells how well some bytes are gzipped, wherever in them the text is", () => {
  assert.ok(sampled(TEXT).ratio < 0.1);
  assert.ok(sampled(NOISE).ratio > 0.95);
  const { ratio } = sampled(HALF);
  assert.ok(ratio > 0.3 && ratio < 0.7, String(ratio));
  assert.ok(sampled(Buffer.from("x")).bytesPerMs > 0);
});

const MIB_PER_S = 2 ** 20 / 1000;
type Case = {
  readonly ratio: number;
  /** Of gzip on all cores, of the line, and of the cloud for what a gzipped chunk holds: MiB/s. */
  readonly gzip: number;
  readonly line: number;
  readonly cloud?: number;
  readonly isCheaper: boolean;
};
const CASES: Readonly<Record<string, Case>> = {
  "what shrinks to a half goes gzipped over 100 Mbit/s": { ratio: 0.5, gzip: 160, line: 12, isCheaper: true },
  "it goes so to a cloud that takes its time": {
    ratio: 0.5,
    gzip: 160,
    line: 12,
    cloud: 100,
    isCheaper: true,
  },
  "it goes as it is to one that takes as long as the line": {
    ratio: 0.5,
    gzip: 160,
    line: 12,
    cloud: 20,
    isCheaper: false,
  },
  "it goes as it is where the line is as fast as gzip": {
    ratio: 0.5,
    gzip: 160,
    line: 150,
    isCheaper: false,
  },
  "it goes as it is within a machine": { ratio: 0.5, gzip: 160, line: 800, isCheaper: false },
  "what hardly shrinks goes as it is": { ratio: 0.93, gzip: 120, line: 12, isCheaper: false },
  "text goes gzipped over 1 Gbit/s": { ratio: 0.02, gzip: 800, line: 119, cloud: 400, isCheaper: true },
  "text goes as it is where the line is faster than gzip": {
    ratio: 0.02,
    gzip: 800,
    line: 900,
    isCheaper: false,
  },
  "text goes as it is to a cloud that is slower with it": {
    ratio: 0.02,
    gzip: 800,
    line: 350,
    cloud: 350,
    isCheaper: false,
  },
};
for (const [what, { ratio, gzip, line, cloud = Infinity, isCheaper }] of Object.entries(CASES)) {
  test(what, () => {
    const speed = { bytesPerMs: line * MIB_PER_S, msPerHeldByte: 1 / (cloud * MIB_PER_S) };
    assert.equal(isCheaperGzipped(ratio, gzip * MIB_PER_S, speed), isCheaper);
  });
}

test("of a line that nobody knows, it is taken that it is slow", () => {
  assert.ok(isCheaperGzipped(0.5, 1, null));
});

test("a chunk is gzipped for a slow line and sent as it is on a fast one", async () => {
  const slow = await new Encoder("auto", await lineOf(1)).encode(HALF);
  assert.ok(slow.gzipped);
  assert.ok(gunzipSync(slow.content).equals(HALF));
  const fast = await new Encoder("auto", await lineOf(2 ** 40)).encode(HALF);
  assert.equal(fast.gzipped, false);
  assert.equal(fast.content, HALF);
  for (const line of [await lineOf(1), new Line(4)])
    assert.equal((await new Encoder("auto", line).encode(NOISE)).gzipped, false);
});

test("what is always or never to be gzipped is, whatever the line is and the chunk holds", async () => {
  assert.ok((await new Encoder("always", await lineOf(2 ** 40)).encode(NOISE)).gzipped);
  assert.equal((await new Encoder("never", await lineOf(1)).encode(TEXT)).gzipped, false);
});

test("the first chunk goes at once, and the others as is cheaper by what is heard of the line then", async () => {
  let nowMs = 0;
  const line = new Line(4, { now: () => nowMs });
  const encoder = new Encoder("auto", line);
  assert.ok((await encoder.encode(HALF)).gzipped);
  const [second, third] = [encoder.encode(HALF), encoder.encode(TEXT)];
  const bytes = 2 ** 40;
  await line.carry({ bytes, gzipped: false, heldBytes: bytes }, async () => void nowMs++);
  assert.deepEqual([(await second).gzipped, (await third).gzipped], [false, false]);
});

test("within a machine no chunk is gzipped nor waits for another, unless it takes less than a tunnel might", async () => {
  for (const [mibPerSecond, isGzipped] of [
    [40, false],
    [12, true],
  ] as const) {
    let nowMs = 0;
    const line = new Line(4, { isNear: true, now: () => nowMs });
    const encoder = new Encoder("auto", line);
    for (const bytes of [TEXT, HALF]) assert.equal((await encoder.encode(bytes)).content, bytes);
    const bytes = mibPerSecond * MIB_PER_S;
    await line.carry({ bytes, gzipped: false, heldBytes: bytes }, async () => void nowMs++);
    assert.equal((await encoder.encode(HALF)).gzipped, isGzipped);
  }
});

test("an endpoint is near where its host is this one, and no proxy stands in between", async () => {
  const EHAUTH = "11111111-2222-4333-8444-555555555555:secret";
  for (const [EHURI, near] of [
    ["http://localhost:8480/", true],
    ["http://127.0.0.1/", true],
    ["https://[::1]:8480/", true],
    ["http://127.0.0.1.example/", false],
    ["https://api.example/", false],
    ["http://10.127.0.1/", false],
  ] as const)
    assert.equal(isNear(await findEndpoint({ EHURI, EHAUTH })), near, EHURI);
  const proxied = await findEndpoint({
    EHURI: "http://127.0.0.1/",
    EHAUTH,
    http_proxy: "http://10.0.0.1:3128",
  });
  assert.equal(isNear(proxied), false);
});
