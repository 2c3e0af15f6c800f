/**
 * The memory for bytes of requests under way, over all callers and fair among them. A request takes its share before it
 * holds a byte, waits for it if need be, and gives it back when its last byte has gone.
 */
import type { IncomingMessage } from "node:http";
import type { Owner } from "../../api/command.ts";
import { busy } from "../../base/errors.ts";
import { FairShares, type GiveBackShare } from "../../base/fair-shares.ts";

export type BytesInFlightLimits = {
  /** For all; one caller alone may have a half. */
  readonly memoryBytes: number;
  /** How long a request may wait for its share. */
  readonly shareWaitMs: number;
};

export const BYTES_IN_FLIGHT: BytesInFlightLimits = { memoryBytes: 128 * 2 ** 20, shareWaitMs: 10_000 };

/** Bodies of properties up to this are bounded by the number of connections. */
const LITTLE_BYTES = 16 * 1024;
/**
 * Longer ones are refused before they are read: an object keeps 64 KiB at most (`api/attributes.ts`), and JSON may take six
 * bytes for a character.
 */
export const MOST_INPUT_BYTES = 256 * 1024;
/** As it came, as text, and as what was read in it. */
const INPUT_COPIES = 4;

/** The share of a request for its body of properties. */
export function inputShareBytes({ headers }: IncomingMessage): number {
  const length = headers["content-length"];
  const bytes = length === undefined ? MOST_INPUT_BYTES : Math.min(Number(length), MOST_INPUT_BYTES);
  return bytes <= LITTLE_BYTES ? 0 : bytes * INPUT_COPIES;
}

/** What all hold, what there is for all, and how many requests wait for a share. */
export type InFlightFigures = {
  readonly heldBytes: number;
  readonly mostBytes: number;
  readonly waitingRequests: number;
};

export class BytesInFlight {
  readonly #shares: FairShares;
  readonly #waitMs: number;

  constructor({ memoryBytes, shareWaitMs }: BytesInFlightLimits) {
    this.#shares = new FairShares(memoryBytes);
    this.#waitMs = shareWaitMs;
  }

  /** What all hold. */
  get bytes(): number {
    return this.#shares.taken;
  }

  get figures(): InFlightFigures {
    const { taken, total, waiting } = this.#shares;
    return { heldBytes: taken, mostBytes: total, waitingRequests: waiting };
  }

  /**
   * Takes a share, once it can be had; all that one caller may have where it is more than that. Errors: `busy`, to be tried
   * again, when that takes too long.
   */
  async take({ user }: Owner, bytes: number): Promise<GiveBackShare> {
    const giveBack = await this.#shares.take(user, Math.min(bytes, this.#shares.most), this.#waitMs);
    if (giveBack !== null) return giveBack;
    throw busy(
      "too_much_in_flight",
      "too many bytes are under way, of requests that came before: try it again when some of them are done",
    );
  }

  /** Does `work` with a share, which is given back at its end. Errors: as of `take`; `work`'s. */
  async hold<T>(caller: Owner, bytes: number, work: () => Promise<T>): Promise<T> {
    const giveBack = bytes === 0 ? null : await this.take(caller, bytes);
    try {
      return await work();
    } finally {
      giveBack?.();
    }
  }

  /** Takes a share at once; null where it cannot be had now. */
  tryTake({ user }: Owner, bytes: number): GiveBackShare | null {
    return this.#shares.tryTake(user, bytes);
  }
}
