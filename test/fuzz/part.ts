/**
 * Fuzzing: what comes from outside is made up by the structure that it should have, and by what it should not have, as many
 * cases as are asked for. A part is one kind of input. Each of its cases is to end in time and as the part says; and when
 * all are done, no memory may have grown by them.
 */
import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { within } from "../../src/base/deadline.ts";
import type { Closing } from "../../testing/wire/script-server.ts";

export type Fuzzed<Case> = {
  readonly cases: fc.Arbitrary<Case>;
  /** Throws where the case does not end as it should. */
  check(made: Case): void | Promise<void>;
  /** Once so many cases have been checked; throws where something has come of them together. */
  afterBatch?(): void | Promise<void>;
};

export type Part = {
  readonly name: string;
  /** Of all cases, in parts of the sum of all. */
  readonly share: number;
  /** How far memory may grow, in MiB: by what the cases are to leave behind, and by what V8 has not given back. */
  readonly growthMib: number;
  run(context: Closing, asked: Asked): Promise<Figures>;
};

export type Asked = { readonly cases: number; readonly seed: number };
export type Figures = {
  readonly cases: number;
  readonly seconds: number;
  readonly slowestMs: number;
  /** What the heap, and buffers beside it, hold more than after the first batch. */
  readonly grownMib: number;
};

/** Where a part leaves how what it opened is closed. */
export type { Closing };

/** How long a case may take: far above what a busy machine makes of a few milliseconds. */
const CASE_MS = 20_000;
/** The seed of a failure's batch is printed: it finds the same with this many cases. What grows is seen after the first. */
export const BATCH_CASES = 400;
const MIB = 2 ** 20;
const LOOK_MS = 200;
const MOST_LOOKS = 25;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** A part of those cases, each held against `check`. */
export function part<Case>(
  about: Pick<Part, "name" | "share" | "growthMib">,
  open: (context: Closing) => Promise<Fuzzed<Case>>,
): Part {
  return {
    ...about,
    async run(context, { cases, seed }) {
      const fuzzed = await open({ after: (work) => context.after(work) });
      const startMs = performance.now();
      let slowestMs = 0;
      let baseline: number | null = null;
      const property = fc.asyncProperty(fuzzed.cases, async (made) => {
        const sinceMs = performance.now();
        const checking = fuzzed.check(made);
        if (checking !== undefined) await within(CASE_MS, `a case of ${about.name}`, checking);
        const tookMs = performance.now() - sinceMs;
        slowestMs = Math.max(slowestMs, tookMs);
        // What holds the event loop meanwhile is held against the same bound once it lets go.
        if (tookMs > CASE_MS) throw new Error(`a case of ${about.name} took ${tookMs} ms`);
      });
      for (let done = 0; done < cases; done += BATCH_CASES) {
        const numRuns = Math.min(BATCH_CASES, cases - done);
        await fc.assert(property, { seed: seed + done, numRuns });
        await fuzzed.afterBatch?.();
        baseline ??= await heldBytes();
      }
      const grownMib = await grownSince(baseline ?? 0, about.growthMib);
      if (grownMib > about.growthMib) throw new Error(`${about.name} has grown by ${grownMib} MiB`);
      return { cases, seconds: (performance.now() - startMs) / 1000, slowestMs, grownMib };
    },
  };
}

/**
 * How much more than `baseline` is held, in MiB. What other threads are done with, as zlib's, is given back a moment later:
 * it is waited for, and more than `most` is looked at again for a while.
 */
async function grownSince(baseline: number, most: number): Promise<number> {
  for (let looks = 1; ; looks++) {
    const grownMib = Math.max(0, (await heldBytes()) - baseline) / MIB;
    if (grownMib <= most || looks === MOST_LOOKS) return grownMib;
  }
}

/** What is held when nothing is left to be given back: a socket's handle goes a turn after the socket was collected. */
async function heldBytes(): Promise<number> {
  collect();
  await delay(LOOK_MS);
  collect();
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}
