/**
 * Writes that QEMU holds back because the host's disk had no room for them. It pauses the guest then (`werror=enospc`,
 * run state `io-error`), which so loses nothing; the guest goes on as soon as there is room again.
 */
import { fileSystemOf } from "../../base/file-system.ts";

/** How often the disk is looked at while a guest waits. */
const LOOK_MS = 1_000;
/** Less room than this would let a guest go on only to be paused at one of its next writes. */
const LEAST_BYTES = 4 * 2 ** 20;

export class HeldWrites {
  readonly #disk: string;
  readonly #retry: () => Promise<unknown>;
  readonly #unattended: (work: Promise<unknown>) => void;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param disk a folder on the disk
   * @param retry lets the guest go on; should there be too little room after all, it waits again
   * @param unattended takes care of what nobody waits for
   */
  constructor(disk: string, retry: () => Promise<unknown>, unattended: (work: Promise<unknown>) => void) {
    this.#disk = disk;
    this.#retry = retry;
    this.#unattended = unattended;
  }

  /** The guest waits: from now on the disk is looked at. */
  wait(): void {
    this.#timer ??= setInterval(() => this.#unattended(this.#look()), LOOK_MS).unref();
  }

  /** It waits no more. */
  areDone(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  async #look(): Promise<void> {
    const { freeBytes } = await fileSystemOf(this.#disk);
    if (freeBytes >= LEAST_BYTES && this.#timer !== undefined) await this.#retry();
  }
}
