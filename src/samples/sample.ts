/**
 * A sample: what a server used in a while, as sums. Samples of different whiles are added to one another, and one of a while
 * is spread over the steps that it reaches into; neither makes or loses anything. All of it is whole numbers.
 */

/** The amounts of a sample, in the order in which they are kept. */
export const AMOUNTS = [
  "seconds",
  "cpuMhzS",
  "memMibS",
  "rxBytes",
  "txBytes",
  "readBytes",
  "readRequests",
  "writeBytes",
  "writeRequests",
] as const;

/**
 * `seconds`: for how long of the while the server was seen to run. `cpuMhzS` and `memMibS`: core MHz and MiB that it used, each
 * for so many seconds; a mean is that by `seconds`. `rx…` and `tx…` are what it received and sent.
 */
export type Sample = Readonly<Record<(typeof AMOUNTS)[number], number>>;

/** Samples by the time at which the steps begin that they are of, in seconds since the epoch. */
export type Samples = ReadonlyMap<number, Sample>;

/** Makes a sample of what is answered for each amount. */
export const sampleOf = (amount: (name: keyof Sample) => number): Sample => ({
  seconds: amount("seconds"),
  cpuMhzS: amount("cpuMhzS"),
  memMibS: amount("memMibS"),
  rxBytes: amount("rxBytes"),
  txBytes: amount("txBytes"),
  readBytes: amount("readBytes"),
  readRequests: amount("readRequests"),
  writeBytes: amount("writeBytes"),
  writeRequests: amount("writeRequests"),
});

const NOTHING = sampleOf(() => 0);

/** Of an amount that no number holds any more, as a QEMU that lies may bring about, there is the most. */
const sumOf = (one: Sample, other: Sample): Sample =>
  sampleOf((name) => Math.min(one[name] + other[name], Number.MAX_SAFE_INTEGER));

/** What samples come to. */
export const totalOf = (samples: Samples): Sample => [...samples.values()].reduce(sumOf, NOTHING);

/** Adds the samples to those that are there of the same steps. */
export function addTo(sums: Map<number, Sample>, samples: Samples): void {
  for (const [time, sample] of samples) {
    const before = sums.get(time);
    sums.set(time, before === undefined ? sample : sumOf(before, sample));
  }
}

/** The begin of the step that a time is in. */
export const beginOf = (time: number, stepS: number): number => time - (time % stepS);

/**
 * Spreads a sample of the while from `from` to `to`, evenly, over the steps that it reaches into. Of each amount every step
 * has a whole part, and the parts come to the whole.
 *
 * @param to after `from`
 */
export function spread(sample: Sample, from: number, to: number, stepS: number): Samples {
  const parts = new Map<number, Sample>();
  const upTo = (amount: number, time: number) => Math.floor((amount * (time - from)) / (to - from));
  for (let begin = beginOf(from, stepS); begin < to; begin += stepS) {
    const [first, last] = [Math.max(from, begin), Math.min(to, begin + stepS)];
    parts.set(
      begin,
      sampleOf((name) =>
        last === to
          ? sample[name] - upTo(sample[name], first)
          : upTo(sample[name], last) - upTo(sample[name], first),
      ),
    );
  }
  return parts;
}
