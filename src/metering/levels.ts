/**
 * Levels of use over time, and what of one goes beyond another: pure, and exact. Times are whole seconds; a step or a span
 * holds from its first second up to the one in which it has ended.
 */

/** A level of use; `ends` is null while it goes on. */
export type Span = {
  readonly amount: number | bigint;
  readonly begins: number;
  readonly ends: number | null;
};

/** An amount that holds from `from` to `to`. */
export type Step = { readonly from: number; readonly to: number; readonly amount: bigint };

/**
 * The sum of the spans at each moment from `from` to `to`: steps in their order, of more than nothing, which do not meet
 * where they are of the same amount.
 */
export function levels(spans: Iterable<Span>, from: number, to: number): readonly Step[] {
  const sum = new LevelSum(from, to);
  for (const span of spans) sum.add(span);
  return sum.steps();
}

/** The sum of spans that come one after the other, each in no more room than a stretch of time has seconds. */
export class LevelSum {
  readonly #from: number;
  readonly #to: number;
  /** By how much the level changes, by the second. */
  readonly #changes = new Map<number, bigint>();

  constructor(from: number, to: number) {
    this.#from = from;
    this.#to = to;
  }

  add({ amount, begins, ends }: Span): void {
    const [first, end] = [Math.max(begins, this.#from), Math.min(ends ?? this.#to, this.#to)];
    if (first >= end) return;
    this.#change(first, BigInt(amount));
    this.#change(end, -BigInt(amount));
  }

  /** As `levels` answers them. */
  steps(): readonly Step[] {
    const times = [...this.#changes].filter(([, by]) => by !== 0n).sort(([a], [b]) => a - b);
    const steps: Step[] = [];
    let amount = 0n;
    for (const [index, [time, by]] of times.entries()) {
      amount += by;
      const next = times[index + 1]?.[0];
      if (next !== undefined && amount !== 0n) steps.push({ from: time, to: next, amount });
    }
    return steps;
  }

  #change(time: number, by: bigint): void {
    this.#changes.set(time, (this.#changes.get(time) ?? 0n) + by);
  }
}

/** What was used, what of that was covered, and the rest, in unit-seconds. */
export type Excess = { readonly used: bigint; readonly covered: bigint; readonly excess: bigint };

/** What of the use is covered at each moment. Both are steps as `levels` answers them, of the same stretch of time. */
export function excess(usedSteps: readonly Step[], coveredSteps: readonly Step[]): Excess {
  let [used, covered, at] = [0n, 0n, 0];
  for (const step of usedSteps) {
    used += step.amount * BigInt(step.to - step.from);
    // What ended before this step ended before all later ones, too.
    for (; at < coveredSteps.length; at++) {
      const cover = coveredSteps[at];
      if (cover === undefined || cover.from >= step.to) break;
      const seconds = Math.min(step.to, cover.to) - Math.max(step.from, cover.from);
      if (seconds > 0) covered += leastOf(cover.amount, step.amount) * BigInt(seconds);
      // It may cover a part of the next one.
      if (cover.to > step.to) break;
    }
  }
  return { used, covered, excess: used - covered };
}

function leastOf(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}
