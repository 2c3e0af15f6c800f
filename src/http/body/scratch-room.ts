/**
 * The room for scratch files, fair among the callers: of a part of the disk's free space, each takes what they are about
 * to write. What somebody only announced is nobody's loss.
 */
import { busy } from "../../base/errors.ts";
import { FairShares, type GiveBackShare } from "../../base/fair-shares.ts";
import { noScratchRoom } from "./no-scratch-room.ts";

export type ScratchLimits = {
  /** For all callers; and never more than a half of what the disk has free without the files. */
  readonly mostBytes: number;
  /** How long a writer may wait for what others hold. */
  readonly waitMs: number;
};

export const SCRATCH_LIMITS: ScratchLimits = { mostBytes: 64 * 2 ** 30, waitMs: 10_000 };

export class ScratchRoom {
  readonly #limits: ScratchLimits;
  readonly #shares: FairShares;
  #writtenBytes = 0;

  constructor(limits: ScratchLimits) {
    this.#limits = limits;
    this.#shares = new FairShares(limits.mostBytes);
  }

  /** @param freeBytes what the disk has free now */
  look(freeBytes: number): void {
    this.#shares.resize(Math.min(this.#limits.mostBytes, Math.floor((freeBytes + this.#writtenBytes) / 2)));
  }

  /** Whether the user could have so much beside what they hold, were there nobody else. */
  canHave(user: string, bytes: number): boolean {
    return this.#shares.heldBy(user) + bytes <= this.#shares.most;
  }

  /**
   * Room for so many more bytes of a body, once the user may have it. Errors: `full` when they hold too much themselves;
   * `busy` when others do for too long.
   *
   * @param lengthBytes the body's, for the error
   */
  async take(user: string, bytes: number, lengthBytes: number): Promise<GiveBackShare> {
    if (!this.canHave(user, bytes)) throw noScratchRoom(lengthBytes);
    const giveBack = await this.#shares.take(user, bytes, this.#limits.waitMs);
    if (giveBack !== null) return giveBack;
    throw busy(
      "too_much_in_flight",
      "gzipped bodies of others fill the room there is: try it again when some of them are done",
    );
  }

  /** So many bytes were written, or are no more where the number is negative. */
  wrote(bytes: number): void {
    this.#writtenBytes += bytes;
  }
}
