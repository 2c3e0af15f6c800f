/** How long a caller is waited for who gives or takes the bytes of a body: silence has an end, and so has slowness. */

export type PaceLimits = {
  /** How long nothing at all may move. */
  readonly silenceMs: number;
  /** What has to move on the whole, of the time that we waited beyond `silenceMs`. */
  readonly floorBytesPerSecond: number;
};

/** Less than a modem gives and takes; who is slower holds what others need for no good of their own. */
export const PACE: PaceLimits = { silenceMs: 30_000, floorBytesPerSecond: 4096 };

/** A timer of Node's waits no longer; one that should would not wait at all. */
const LONGEST_MS = 2 ** 31 - 1;

/** Counts how long we waited for one caller, and what they moved. That we are slow ourselves is not counted. */
export class Pace {
  readonly #limits: PaceLimits;
  readonly #nowMs: () => number;
  #bytes = 0;
  #waitedMs = 0;

  /** @param nowMs a clock that only goes forward */
  constructor(limits: PaceLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#nowMs = nowMs;
  }

  /** So many bytes have moved, or are to move while they are waited for. */
  moved(bytes: number): void {
    this.#bytes += bytes;
  }

  /** How much longer the caller is waited for, however little moves. */
  get leftMs(): number {
    const { silenceMs, floorBytesPerSecond } = this.#limits;
    const leftMs = silenceMs + (this.#bytes * 1000) / floorBytesPerSecond - this.#waitedMs;
    return Math.min(Math.max(0, leftMs), LONGEST_MS);
  }

  /** Waits for `progress`, which never fails, and calls `onLate` where it does not come in `withinMs`. */
  async wait(progress: Promise<void>, withinMs: number, onLate: () => void): Promise<void> {
    const startMs = this.#nowMs();
    const timer = setTimeout(onLate, withinMs);
    await progress;
    clearTimeout(timer);
    this.#waitedMs += this.#nowMs() - startMs;
  }
}
