/** How often something took how long: an observation costs a comparison or a few, and additions to plain numbers. */

/** What was observed up to now. */
export type HistogramFigures = {
  /** Of each bound how many took no longer than it: each counts those of the bounds before it, too. */
  readonly upTo: readonly { readonly bound: number; readonly count: number }[];
  readonly count: number;
  readonly sum: number;
};

export class Histogram {
  readonly #bounds: readonly number[];
  /** By the bounds, and last of all what is beyond them. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds ascending, in the unit of what is observed */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    while (at < bounds.length && value > (bounds[at] ?? 0)) at++;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sum += value;
  }

  get figures(): HistogramFigures {
    let count = 0;
    const upTo = this.#bounds.map((bound, at) => {
      count += this.#counts[at] ?? 0;
      return { bound, count };
    });
    return { upTo, count: count + (this.#counts[this.#bounds.length] ?? 0), sum: this.#sum };
  }
}
