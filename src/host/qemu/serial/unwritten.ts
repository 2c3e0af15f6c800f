/** What a server has said that is still to be written to its history: within a bound, however slow the disk is. */
import { HISTORY_BYTES } from "./history.ts";

/** Of all servers of a host together. */
const MOST_IN_ALL = 64 * 2 ** 20;

/** What all of them hold together. */
export type Held = { bytes: number };

export class Unwritten {
  readonly #held: Held;
  readonly #most: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(held: Held, most = MOST_IN_ALL) {
    this.#held = held;
    this.#most = most;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** What was said first makes way where there is too much of it. */
  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#count(chunk.length);
    while (this.#isTooMuch()) this.#count(-(this.#chunks.shift()?.length ?? 0));
  }

  /** All of it. */
  look(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** All of it, which it holds no more. */
  take(): Buffer {
    const all = this.look();
    this.#chunks.length = 0;
    this.#count(-all.length);
    return all;
  }

  #isTooMuch(): boolean {
    return this.#chunks.length > 1 && (this.#bytes > HISTORY_BYTES || this.#held.bytes > this.#most);
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    this.#held.bytes += bytes;
  }
}
