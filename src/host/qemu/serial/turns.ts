/**
 * When ports are read: each a while after it was read last, and few at a time. QEMU sends each byte of a guest's by itself, so a
 * guest that writes as fast as it can would have the daemon do nothing but read one byte after another; so they gather
 * meanwhile, and a guest that is faster waits, as it does for a real port.
 */

/** How much of one port is read in a millisecond, in the long run: ten times what 115,200 baud bring. */
const BYTES_A_MS = 128;
const TICK_MS = 4;
/** How many ports are read between one tick and the next. */
const MOST_A_TICK = 32;

/** Reads a port on. */
type Read = () => void;

export class Turns {
  readonly #due = new Set<Read>();
  readonly #early = new Map<Read, NodeJS.Timeout>();
  #timer: NodeJS.Timeout | null = null;

  /** Calls `read` when the port is to be read again, of which so many bytes were read just now. */
  wait(read: Read, bytes: number): void {
    const pauseMs = Math.floor(bytes / BYTES_A_MS);
    if (pauseMs <= TICK_MS) {
      this.#isDue(read);
      return;
    }
    const timer = setTimeout(() => {
      this.#early.delete(read);
      this.#isDue(read);
    }, pauseMs);
    this.#early.set(read, timer.unref());
  }

  /** The port is not to be read any more. */
  dismiss(read: Read): void {
    this.#due.delete(read);
    clearTimeout(this.#early.get(read));
    this.#early.delete(read);
  }

  #isDue(read: Read): void {
    this.#due.add(read);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  #tick(): void {
    let left = MOST_A_TICK;
    for (const read of this.#due) {
      if (left-- === 0) return;
      this.#due.delete(read);
      read();
    }
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }
}
