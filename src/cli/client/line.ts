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

/** How much of what was learned is left after each further chunk: some eight of them count. */
const REMEMBERED = 0.88;
/** After each chunk that went as it is, gzipped ones are taken to fare a little more as it did: so they are tried again. */
const REMEMBERED_APART = 0.97;

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
  /** What is remembered of chunks that went as they are, and of gzipped ones. */
  readonly #plain = new Remembered();
  readonly #gzipped = new Remembered();

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

  /**
   * How fast it is; null where nothing is known. Gzipped chunks alone say how fast it is at least: where none went without,
   * what the cloud takes for what they hold cannot be told from what the line does.
   */
  get speed(): LineSpeed | null {
    const [plain, gzipped] = [this.#plain, this.#gzipped];
    const bytesPerMs = Math.max(plain.bytesPerMs, gzipped.bytesPerMs);
    if (bytesPerMs === 0) return null;
    const restMs = gzipped.shareMs - gzipped.bytes / bytesPerMs;
    const isKnown = plain.bytes > 0 && gzipped.heldBytes > 0;
    return { bytesPerMs, msPerHeldByte: isKnown ? Math.max(0, restMs) / gzipped.heldBytes : 0 };
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

  #learn(load: Load, shareMs: number): void {
    (load.gzipped ? this.#gzipped : this.#plain).add(load, shareMs);
    if (!load.gzipped) this.#gzipped.approach(this.#plain.bytesPerMs);
    this.#heard.resolve();
    this.#count(load.bytes, shareMs);
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

/** Chunks of a kind, the later ones more than those before: one alone may have had more or less than its part of the line. */
class Remembered {
  bytes = 0;
  heldBytes = 0;
  shareMs = 0;

  get bytesPerMs(): number {
    return this.bytes === 0 ? 0 : this.bytes / Math.max(this.shareMs, 0.001);
  }

  add({ bytes, heldBytes }: Load, shareMs: number): void {
    this.bytes = this.bytes * REMEMBERED + bytes;
    this.heldBytes = this.heldBytes * REMEMBERED + heldBytes;
    this.shareMs = this.shareMs * REMEMBERED + shareMs;
  }

  /** Is taken to have gone nearly as fast as it was, and a little more as fast as this. */
  approach(bytesPerMs: number): void {
    this.shareMs = this.shareMs * REMEMBERED_APART + (this.bytes / bytesPerMs) * (1 - REMEMBERED_APART);
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
