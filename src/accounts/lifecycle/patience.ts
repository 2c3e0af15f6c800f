/**
 * How long guests have had to shut down, by a clock that only goes forward. It is recorded with each step, so that a daemon that
 * starts anew goes on from there; the time in which none ran is not counted.
 */
import { z } from "zod";
import type { Operation } from "../../operations/operation.ts";

const recorded = z.object({ passedMs: z.number().nonnegative().catch(0) });

export class Patience {
  readonly #now: () => number;
  /** When this process took the last step of each account's operation. */
  readonly #steps = new Map<string, { readonly generation: number; readonly atMs: number }>();

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Takes a step: answers what has passed since the first, in milliseconds. */
  step({ object, generation, params }: Operation): number {
    const atMs = this.#now();
    const last = this.#steps.get(object);
    const sinceMs = last?.generation === generation ? atMs - last.atMs : 0;
    this.#steps.set(object, { generation, atMs });
    return recorded.parse(params).passedMs + sinceMs;
  }

  forget({ object }: Operation): void {
    this.#steps.delete(object);
  }
}
