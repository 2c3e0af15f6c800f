import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { DeadlineExceeded } from "./deadline.ts";
import { retry } from "./retry.ts";

const what = "the thing";

/** An attempt that fails with each of the errors in turn, and then answers how often it was made. */
function failing(...errors: unknown[]): () => Promise<number> {
  let made = 0;
  return async () => {
    const error = errors[made++];
    if (error !== undefined) throw error;
    return made;
  };
}

describe("an attempt", () => {
  test("is made until it succeeds, and whoever asks is told of each failure", async () => {
    const told: unknown[] = [];
    const onFailure = (error: unknown) => told.push(error);
    assert.equal(await retry(failing("one", "two"), { what, pauseMs: 0, onFailure }), 3);
    assert.deepEqual(told, ["one", "two"]);
  });

  test("is not made again after an error that stays", async () => {
    const isPassing = (error: unknown) => error === "passes";
    const attempt = failing("passes", "stays");
    await assert.rejects(retry(attempt, { what, pauseMs: 0, isPassing }), (error) => error === "stays");
    assert.equal(await attempt(), 3);
  });

  test("is made as often as it may be, with the pauses that are asked for", async () => {
    const pauses: number[] = [];
    const pauseMs = (failed: number) => {
      pauses.push(failed);
      return 0;
    };
    const attempt = failing("one", "two", "three", "four");
    await assert.rejects(retry(attempt, { what, attempts: 3, pauseMs }), (error) => error === "three");
    assert.deepEqual(pauses, [1, 2]);
  });

  test("that fails until the time is over is an error that names it, with the last failure as its cause", async () => {
    const attempt = async () => {
      throw new Error("not yet");
    };
    await assert.rejects(retry(attempt, { what, deadlineMs: 5, pauseMs: 1 }), (error) => {
      assert.ok(error instanceof DeadlineExceeded);
      assert.deepEqual([error.what, error.afterMs], [what, 5]);
      return (error.cause as Error).message === "not yet";
    });
  });

  test("is told how much time is left", async () => {
    const leftMs = await retry(async (left) => left, { what, deadlineMs: 1000, pauseMs: 1 });
    assert.ok(leftMs > 0 && leftMs <= 1000);
    assert.equal(await retry(async (left) => left, { what, pauseMs: 1 }), Number.POSITIVE_INFINITY);
  });

  test("is not made after the signal, whose reason is the error", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const options = { what, pauseMs: 600_000, signal: controller.signal };
    // Aborted while it pauses.
    const onFailure = () => void setImmediate(() => controller.abort(reason));
    await assert.rejects(retry(failing("one"), { ...options, onFailure }), (error) => error === reason);
    await assert.rejects(retry(failing(), options), (error) => error === reason);
  });
});
