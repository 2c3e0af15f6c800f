/**
 * The line to a cloud: how fast it is, by how long chunks take, and how many it is worth having on it at a time. What is
 * called the line here is all that lies between: the network, and the cloud itself.
 */
import { Slots } from "./slots.ts";

/** How many chunks are on the line at first, and by how many more at a time it is tried. */
export const AT_FIRST = 4;
const STEP = 2;
/** By how much the line must be faster for one more step up to stay. */
const REWARD = 1.1;
/** After a step that was not worth it, so many rounds pass before the next. */
const ROUNDS_OF_REST = 16;

/** Whoever waits to hear how fast a line is that is not near waits for so long from the first chunk on: it is slow then. */
const FIRST_ANSWER_MS = 50;

/** Gzipped chunks say how fast the line is at least, since the cloud works on what is in them: it may be this much faster. */
const HEADROOM = 4;

/** How much of what was learned of gzipped chunks is left after each that is not, so that it is tried again some time. */
const REMEMBERED = 0.98;

/** What goes over the line. */
export type Load = {
  readonly bytes: number;
  readonly gzipped: boolean;
  /** How much there is in it: more than `bytes` where it is gzipped. */
  readonly heldBytes: number;
};

export type LineSpeed = {
  /** How much it carries in a millisecond. */
  readonly bytesPerMs: number;
  /** What the cloud takes, beside that, for each byte that a gzipped chunk holds. */
  readonly msPerHeldByte: number;
};

export class Line {
  readonly #now: () => number;
  readonly #slots: Slots;
  readonly #climb: Climb;
  readonly #heard = Promise.withResolvers<void>();
  #begun = false;
  #underWay = 0;
  #sinceMs = 0;
  /** The time that one chunk, had it been under way all along, would have had the line to itself. */
  #shareMs = 0;
  #round = { chunks: 0, bytes: 0, shareMs: 0 };
  #bytesPerMs: number | null = null;
  #isMeasured = false;
  #msPerHeldByte = 0;

  /** Whether its other end seems to be on this very machine: then it is fast, until it is measured. */
  readonly isNear: boolean;

  /** @param most how many chunks may be under way at the most */
  constructor(
    most: number,
    { isNear = false, now = () => performance.now() }: { isNear?: boolean; now?: () => number } = {},
  ) {
    this.#now = now;
    this.isNear = isNear;
    this.#climb = new Climb(Math.min(AT_FIRST, most), most);
    this.#slots = new Slots(this.#climb.atOnce);
  }

  /** How many chunks are under way at a time. */
  get atOnce(): number {
    return this.#slots.most;
  }

  /** How fast it may well be; null where nothing is known. */
  get speed(): LineSpeed | null {
    if (this.#bytesPerMs === null) return null;
    const bytesPerMs = this.#bytesPerMs * (this.#isMeasured ? 1 : HEADROOM);
    return { bytesPerMs, msPerHeldByte: this.#msPerHeldByte };
  }

  /** Waits until something is known of its speed; not for long, where it is slow. */
  heard(): Promise<void> {
    return this.#heard.promise;
  }

  /** Runs `work`, which carries the load, once there is room on the line. Errors: those of `work`. */
  carry<Result>(load: Load, work: () => Promise<Result>): Promise<Result> {
    return this.#slots.run(async () => {
      if (!this.#begun && !this.isNear) setTimeout(() => this.#heard.resolve(), FIRST_ANSWER_MS).unref();
      this.#begun = true;
      const before = this.#passTime();
      this.#underWay++;
      try {
        const result = await work();
        this.#learn(load, this.#passTime() - before);
        return result;
      } finally {
        this.#passTime();
        this.#underWay--;
      }
    });
  }

  /** Those under way have the line in equal parts. */
  #passTime(): number {
    const now = this.#now();
    if (this.#underWay > 0) this.#shareMs += (now - this.#sinceMs) / this.#underWay;
    this.#sinceMs = now;
    return this.#shareMs;
  }

  #learn({ bytes, gzipped, heldBytes }: Load, shareMs: number): void {
    const bytesPerMs = bytes / Math.max(shareMs, 0.001);
    if (!gzipped) {
      this.#bytesPerMs = this.#isMeasured ? ((this.#bytesPerMs ?? 0) + bytesPerMs) / 2 : bytesPerMs;
      this.#isMeasured = true;
      this.#msPerHeldByte *= REMEMBERED;
    } else {
      const atLeast = Math.max(this.#bytesPerMs ?? 0, bytesPerMs);
      this.#bytesPerMs = atLeast;
      // Where it was never measured without, what the cloud takes cannot be told from what the line does.
      const msPerHeldByte = this.#isMeasured ? (shareMs - bytes / atLeast) / heldBytes : 0;
      this.#msPerHeldByte = (this.#msPerHeldByte + msPerHeldByte) / 2;
    }
    this.#heard.resolve();
    this.#count(bytes, shareMs);
  }

  /** In a round each that is under way is done twice. */
  #count(bytes: number, shareMs: number): void {
    const round = this.#round;
    round.chunks++;
    round.bytes += bytes;
    round.shareMs += shareMs;
    if (round.chunks < 2 * this.atOnce) return;
    this.#slots.most = this.#climb.next(round.bytes / Math.max(round.shareMs, 0.001));
    this.#round = { chunks: 0, bytes: 0, shareMs: 0 };
  }
}

/** How many at once: more for as long as each step up makes the line faster, and now and then whether it does by now. */
export class Climb {
  readonly #most: number;
  #atOnce: number;
  /** How fast it was before the last step up, whose round is not over yet. */
  #before: number | null = null;
  #rest = 0;

  constructor(atFirst: number, most: number) {
    this.#atOnce = atFirst;
    this.#most = most;
  }

  get atOnce(): number {
    return this.#atOnce;
  }

  /** Answers how many it is to be in the next round, by how fast the line was in the last. */
  next(speed: number): number {
    const before = this.#before;
    this.#before = null;
    if (before !== null && speed < REWARD * before) {
      this.#atOnce -= STEP;
      this.#rest = ROUNDS_OF_REST;
    } else if (this.#rest > 0) {
      this.#rest--;
    } else if (this.#atOnce + STEP <= this.#most) {
      this.#before = speed;
      this.#atOnce += STEP;
    }
    return this.#atOnce;
  }
}
