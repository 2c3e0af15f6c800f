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

/** A part that was out of order at the last look that told. */
type Behind = {
  /** How often it was attempted in a row. */
  readonly failed: number;
  /** That pass until the next attempt. */
  readonly looks: number;
  /** Since the last attempt succeeded, it was not found out of order. */
  readonly isMended: boolean;
};

export class Upkeep {
  readonly #parts: readonly Part[];
  readonly #warn: UpkeepOptions["warn"];
  readonly #timer: NodeJS.Timeout;
  readonly #behind = new Map<Part, Behind>();
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
    const outOfOrder = [...this.#behind].filter(([, { isMended }]) => !isMended).map(([{ what }]) => what);
    return { repairs: this.#repairs, outOfOrder };
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
    const before = this.#behind.get(part) ?? { failed: 0, looks: 0 };
    if (before.looks > 0) {
      this.#behind.set(part, { ...before, looks: before.looks - 1, isMended: false });
      return;
    }
    const failed = before.failed + 1;
    const behind = { failed, looks: backoff(failed, 1, MOST_LOOKS), isMended: false };
    this.#behind.set(part, behind);
    this.#repairs++;
    try {
      await part.refresh();
      this.#behind.set(part, { ...behind, isMended: true });
    } catch (error) {
      // What goes on failing is logged once.
      if (failed === 1) this.#warn(`${part.what} could not be brought in order, and is tried again`, error);
    }
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
