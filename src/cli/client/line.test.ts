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

/** Sends so many such loads, one after the other. */
async function send(timed: TimedLine, load: Load, ms: number, count = 60): Promise<void> {
  for (let done = 0; done < count; done++) {
    void timed.begin(load);
    await timed.endFirst(ms);
  }
}

const near = (value: number | undefined, expected: number) =>
  assert.ok(Math.abs((value ?? 0) / expected - 1) < 0.01, `${value} instead of ${expected}`);

test("nothing is known of a line at first, and a chunk that is sent as it is tells how fast it is", async () => {
  const timed = new TimedLine();
  assert.equal(speedOf(timed), null);
  await send(timed, raw(1000), 10, 1);
  near(speedOf(timed)?.bytesPerMs, 100);
  await send(timed, raw(1000), 50);
  near(speedOf(timed)?.bytesPerMs, 20);
});

test("chunks that are under way together have the line in parts", async () => {
  const timed = new TimedLine();
  for (let count = 0; count < 4; count++) void timed.begin(raw(1000));
  for (const ms of [10, 0, 0, 0]) await timed.endFirst(ms);
  near(speedOf(timed)?.bytesPerMs, 400);
});

test("gzipped chunks alone tell what the line does at least, and nothing of the cloud", async () => {
  const timed = new TimedLine();
  await send(timed, gzipped(200), 2);
  near(speedOf(timed)?.bytesPerMs, 100);
  assert.equal(speedOf(timed)?.msPerHeldByte, 0);
});

test("what the cloud takes for what is in gzipped chunks is told from what the line does, and slowly forgotten", async () => {
  const timed = new TimedLine();
  await send(timed, raw(1000), 10);
  // The line alone would have been through with it after 2 ms.
  await send(timed, gzipped(200), 8);
  near(speedOf(timed)?.bytesPerMs, 100);
  near(speedOf(timed)?.msPerHeldByte, 0.006);
  await send(timed, raw(1000), 10, 300);
  near(speedOf(timed)?.bytesPerMs, 100);
  assert.ok((speedOf(timed)?.msPerHeldByte ?? 1) < 0.0002);
});

test("a line that has become slower is found so by whatever goes over it", async () => {
  const timed = new TimedLine();
  await send(timed, gzipped(1000), 1);
  await send(timed, raw(1000), 100, 300);
  near(speedOf(timed)?.bytesPerMs, 10);
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
