import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { LodgeError } from "../../base/errors.ts";
import { NbdError } from "../wire/nbd-errors.ts";
import { IN_FLIGHT_BYTES, MOST_IN_FLIGHT, type NbdWriter, writeStream } from "./transfer.ts";

const KIB = 1024;
const MIB = 1024 * KIB;

/** An export that answers one request at each turn of the event loop, and counts what it has not answered. */
class SlowExport implements NbdWriter {
  readonly requests: string[] = [];
  readonly #open: { bytes: number; answer: () => void }[] = [];
  mostBytes = 0;
  mostRequests = 0;
  /** How a write is refused, null where it is not. */
  refusal: Error | null = null;
  #isAnswering = false;

  async write(offset: number, chunks: readonly Uint8Array[], onSent?: () => void): Promise<void> {
    const bytes = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.requests.push(`write ${offset} ${bytes}`);
    onSent?.();
    await this.#answered(bytes);
    if (this.refusal !== null) throw this.refusal;
  }

  async writeZeroes(offset: number, length: number, onSent?: () => void): Promise<void> {
    this.requests.push(`zeroes ${offset} ${length}`);
    onSent?.();
    await this.#answered(0);
  }

  async markZeroes(offset: number, length: number, onSent?: () => void): Promise<void> {
    this.requests.push(`mark ${offset} ${length}`);
    onSent?.();
    await this.#answered(0);
  }

  async trim(offset: number, length: number): Promise<void> {
    this.requests.push(`trim ${offset} ${length}`);
    await this.#answered(0);
  }

  async flush(): Promise<void> {
    this.requests.push("flush");
    await this.#answered(0);
  }

  async #answered(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#open.push({ bytes, answer: resolve });
    this.mostBytes = Math.max(
      this.mostBytes,
      this.#open.reduce((sum, request) => sum + request.bytes, 0),
    );
    this.mostRequests = Math.max(this.mostRequests, this.#open.length);
    void this.#answerAll();
    await promise;
  }

  async #answerAll(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    while (this.#open.length > 0) {
      await turn();
      this.#open.shift()?.answer();
    }
    this.#isAnswering = false;
  }
}

/** Chunks that nobody has to wait for. */
async function* chunks(count: number, bytes: number, fill = 1): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < count; index++) yield Buffer.alloc(bytes, fill);
}

const target = (endBytes: number) => ({ offset: 0, endBytes, lengthBytes: 0 });

test("of a write so many bytes and requests are in flight and no more, however fast it comes", async () => {
  const large = new SlowExport();
  assert.equal(await writeStream(large, chunks(128, 512 * KIB), target(64 * MIB)), 64 * MIB);
  assert.equal(large.mostBytes, IN_FLIGHT_BYTES);
  const small = new SlowExport();
  // Each cluster of data is a piece of its own between two holes.
  async function* striped() {
    for (let index = 0; index < 100; index++) {
      yield Buffer.alloc(64 * KIB, 1);
      yield Buffer.alloc(64 * KIB);
    }
  }
  await writeStream(small, striped(), target(64 * MIB));
  assert.equal(small.mostRequests, MOST_IN_FLIGHT);
});

test("what is written is flushed last, and now and then before", async () => {
  const nbd = new SlowExport();
  await writeStream(nbd, chunks(160, 512 * KIB), target(100 * MIB));
  const flushes = nbd.requests.filter((request) => request === "flush");
  assert.equal(nbd.requests.at(-1), "flush");
  assert.equal(flushes.length, 3);
});

test("a write that a request fails of ends with that error, and is not flushed", async () => {
  const nbd = new SlowExport();
  nbd.refusal = new NbdError("write", 5);
  await assert.rejects(writeStream(nbd, chunks(100, MIB), target(100 * MIB)), nbd.refusal);
  assert(!nbd.requests.includes("flush"));
  assert(nbd.requests.length < 40, "the rest of the stream is not sent");
  await assert.rejects(writeStream(nbd, chunks(1, 10), target(MIB)), nbd.refusal, "so does the last one");
});

test("a write that passes the end sends nothing of the chunk that does, and nothing at all where that is known", async () => {
  const isFull = (error: unknown) => error instanceof LodgeError && error.type === "full";
  const nbd = new SlowExport();
  const known = { offset: MIB, endBytes: 2 * MIB, lengthBytes: MIB + 1 };
  await assert.rejects(writeStream(nbd, chunks(3, 512 * KIB), known), isFull);
  assert.deepEqual(nbd.requests, []);
  await assert.rejects(writeStream(nbd, chunks(5, 512 * KIB), target(2 * MIB + 10)), isFull);
  assert.deepEqual(nbd.requests, ["write 0 524288", "write 524288 524288", "write 1048576 524288"]);
});

test("where a hole reads as noise, zeroes are marked, and their room is given back once that is on stable storage", async () => {
  const slow = new SlowExport();
  await writeStream(slow, chunks(2, MIB, 0), { ...target(2 * MIB), marksZeroes: true });
  const length = 2 * MIB;
  assert.deepEqual(slow.requests, [`mark 0 ${length}`, "flush", `trim 0 ${length}`]);
});

test("of zeroes that are marked so many runs are remembered, and no more", async () => {
  const slow = new SlowExport();
  const count = 2100;
  async function* alternating(): AsyncGenerator<Uint8Array> {
    for (let index = 0; index < count; index++) yield Buffer.alloc(64 * KIB, index % 2);
  }
  await writeStream(slow, alternating(), { ...target(count * 64 * KIB), marksZeroes: true });
  const [marked, firstTrim] = [
    slow.requests.filter((request) => request.startsWith("mark")).length,
    slow.requests.findIndex((request) => request.startsWith("trim")),
  ];
  assert.equal(marked, count / 2);
  const before = slow.requests.slice(0, firstTrim);
  assert.equal(before.filter((request) => request.startsWith("mark")).length, 1024);
  assert.equal(before.at(-1), "flush");
});
