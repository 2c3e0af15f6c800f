import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_FIRST, Climb, Line, type Load } from "./line.ts";

/** A line in a time of the test's own, on which each load ends when the test says so. */
class TimedLine {
  readonly line: Line;
  #nowMs = 0;
  readonly #ends: (() => void)[] = [];

  constructor(most = 16) {
    this.line = new Line(most, { now: () => this.#nowMs });
  }

  begin(load: Load): Promise<void> {
    return this.line.carry(load, () => new Promise((resolve) => this.#ends.push(resolve)));
  }

  /** Lets time pass, then ends the load that began first. */
  async endFirst(afterMs: number): Promise<void> {
    await settle();
    this.#nowMs += afterMs;
    this.#ends.shift()?.();
    await settle();
  }

  get underWay(): number {
    return this.#ends.length;
  }
}

const speedOf = ({ line }: TimedLine) => line.speed;

const settle = () => new Promise((resolve) => setImmediate(resolve));
const raw = (bytes: number): Load => ({ bytes, gzipped: false, heldBytes: bytes });
const gzipped = (bytes: number): Load => ({ bytes, gzipped: true, heldBytes: 1000 });

test("nothing is known of a line at first, and a chunk that is sent as it is tells how fast it is", async () => {
  const timed = new TimedLine();
  assert.equal(speedOf(timed), null);
  void timed.begin(raw(1000));
  await timed.endFirst(10);
  assert.equal(speedOf(timed)?.bytesPerMs, 100);
  void timed.begin(raw(1000));
  await timed.endFirst(50);
  assert.equal(speedOf(timed)?.bytesPerMs, 60);
});

test("chunks that are under way together have the line in parts", async () => {
  const timed = new TimedLine();
  for (let count = 0; count < 4; count++) void timed.begin(raw(1000));
  // Four share 400 bytes a millisecond, three of them after the first, and so on.
  for (const ms of [10, 0, 0, 0]) await timed.endFirst(ms);
  assert.equal(speedOf(timed)?.bytesPerMs, 400);
});

test("a gzipped chunk tells only what the line does at least", async () => {
  const timed = new TimedLine();
  void timed.begin(gzipped(1000));
  await timed.endFirst(10);
  assert.equal(speedOf(timed)?.bytesPerMs, 400);
  void timed.begin(gzipped(10));
  await timed.endFirst(10);
  assert.equal(speedOf(timed)?.bytesPerMs, 400);
  void timed.begin(raw(1000));
  await timed.endFirst(8);
  assert.equal(speedOf(timed)?.bytesPerMs, 125);
  void timed.begin(gzipped(1000));
  await timed.endFirst(100);
  assert.equal(speedOf(timed)?.bytesPerMs, 125);
  void timed.begin(gzipped(1000));
  await timed.endFirst(4);
  assert.equal(speedOf(timed)?.bytesPerMs, 250);
});

test("what the cloud takes for what is in a gzipped chunk is told from what the line does, and slowly forgotten", async () => {
  const timed = new TimedLine();
  void timed.begin(raw(1000));
  await timed.endFirst(10);
  // The line alone would have been through with it after 2 ms.
  for (let count = 0; count < 20; count++) {
    void timed.begin(gzipped(200));
    await timed.endFirst(8);
  }
  const { bytesPerMs, msPerHeldByte } = timed.line.speed ?? assert.fail();
  assert.equal(bytesPerMs, 100);
  assert.ok(Math.abs(msPerHeldByte - 0.006) < 1e-6, String(msPerHeldByte));
  for (let count = 0; count < 200; count++) {
    void timed.begin(raw(1000));
    await timed.endFirst(10);
  }
  assert.ok((timed.line.speed?.msPerHeldByte ?? 1) < 0.0002);
});

test("a load that failed tells nothing, and its place on the line is free", async () => {
  const line = new Line(1);
  for (let count = 0; count < 3; count++)
    await assert.rejects(
      line.carry(raw(1), () => Promise.reject(new Error("cut"))),
      /cut/,
    );
  assert.equal(line.speed, null);
});

test("whoever waits to hear of the line hears of its first answer, and of its silence", async () => {
  const timed = new TimedLine();
  void timed.begin(raw(1000));
  const heard = timed.line.heard();
  await timed.endFirst(1);
  await heard;

  const silent = new TimedLine();
  void silent.begin(raw(1000));
  // What keeps this process alive while nothing else does.
  const alive = setInterval(() => {}, 1000);
  await silent.line.heard();
  clearInterval(alive);
  assert.equal(silent.line.speed, null);
});

test("no more are under way than is bounded", async () => {
  const timed = new TimedLine(3);
  for (let count = 0; count < 50; count++) void timed.begin(raw(1000));
  let most = 0;
  for (let count = 0; count < 50; count++) {
    await settle();
    most = Math.max(most, timed.underWay);
    await timed.endFirst(1);
  }
  assert.equal(most, 3);
});

test("as many are under way as the line rewards", async () => {
  // Each has 10 ms to wait for its answer, and the line does 8 in that time.
  const climb = new Climb(AT_FIRST, 32);
  for (let round = 0; round < 10; round++) climb.next(Math.min(climb.atOnce, 8));
  assert.equal(climb.atOnce, 8);

  const bounded = new Climb(AT_FIRST, 7);
  for (let round = 0; round < 10; round++) bounded.next(bounded.atOnce);
  assert.equal(bounded.atOnce, 6);
});

test("a line that becomes faster by more at once later is found so, without being tried all the time", () => {
  const climb = new Climb(AT_FIRST, 32);
  let more = 0;
  for (let round = 0; round < 200; round++) if (climb.next(1) > AT_FIRST) more++;
  assert.ok(more > 5 && more < 20, `${more} of 200 rounds`);
  for (let round = 0; round < 40; round++) climb.next(Math.min(climb.atOnce, 6));
  assert.equal(climb.atOnce, 6);
});
