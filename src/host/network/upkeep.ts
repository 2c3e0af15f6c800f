/**
 * Upkeep: every part of the network is written whole from the network state, at each change of it. A part that could not
 * be written, or that is found out of order later, is written again until it is in order, whoever asked for it.
 */
import { backoff } from "../../base/backoff.ts";
import type { NetworkFigures } from "../guest-network.ts";

/** A part of the network. */
export type Part = {
  /** As the log names it. */
  readonly what: string;
  /** Writes it as the network state says now. Errors: nothing of it could be written. */
  refresh(): Promise<void>;
  /** Whether it is as the last `refresh` was to make it. Errors: that cannot be looked at now. */
  isInOrder(): boolean | Promise<boolean>;
};

export type UpkeepOptions = {
  readonly lookEveryMs?: number;
  readonly warn: (message: string, error: unknown) => void;
};

const LOOK_EVERY_MS = 1_000;
/** Between two attempts at a part that stays out of order there are at most so many looks. */
const MOST_LOOKS = 64;

export class Upkeep {
  readonly #parts: readonly Part[];
  readonly #warn: UpkeepOptions["warn"];
  readonly #timer: NodeJS.Timeout;
  /** How often each was attempted in vain, and the looks that pass until the next attempt. */
  readonly #behind = new Map<Part, { failed: number; looks: number }>();
  /** Those that could not be looked at the last time. */
  readonly #unseen = new Set<Part>();
  #looking: Promise<void> | null = null;
  #repairs = 0;

  constructor(parts: readonly Part[], { warn, lookEveryMs = LOOK_EVERY_MS }: UpkeepOptions) {
    this.#parts = parts;
    this.#warn = warn;
    this.#timer = setInterval(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = null;
      });
    }, lookEveryMs).unref();
  }

  get figures(): NetworkFigures {
    return { repairs: this.#repairs, outOfOrder: [...this.#behind.keys()].map(({ what }) => what) };
  }

  /** No longer looks. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    await Promise.all(this.#parts.map((part) => this.#keep(part)));
  }

  async #keep(part: Part): Promise<void> {
    const isInOrder = await this.#lookAt(part);
    if (isInOrder === null) return;
    if (isInOrder) {
      this.#behind.delete(part);
      return;
    }
    const behind = this.#behind.get(part) ?? { failed: 0, looks: 0 };
    if (behind.looks > 0) {
      this.#behind.set(part, { ...behind, looks: behind.looks - 1 });
      return;
    }
    const failed = behind.failed + 1;
    this.#behind.set(part, { failed, looks: backoff(failed, 1, MOST_LOOKS) });
    this.#repairs++;
    await part.refresh().catch((error: unknown) => {
      // What goes on failing is logged once.
      if (failed === 1) this.#warn(`${part.what} could not be brought in order, and is tried again`, error);
    });
  }

  /** Null where it cannot be seen, as without a free descriptor: it is nothing that is known of the part. */
  async #lookAt(part: Part): Promise<boolean | null> {
    try {
      const isInOrder = await part.isInOrder();
      this.#unseen.delete(part);
      return isInOrder;
    } catch (error) {
      if (!this.#unseen.has(part)) this.#warn(`${part.what} cannot be looked at just now`, error);
      this.#unseen.add(part);
      return null;
    }
  }
}
