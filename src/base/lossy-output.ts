/**
 * Where lines are written that may be lost, but that must neither end nor hold up whoever writes them: a log. Its reader
 * may have gone (EPIPE), its disk be full (ENOSPC), its terminal be closed (EIO): then a line is lost. A reader that takes
 * nothing for a while gets what fits a buffer later.
 */
import { constants, openSync, writeSync } from "node:fs";

/** How much waits for a reader, and how often it is tried. */
const MOST_BYTES = 1024 * 1024;
const TRY_AGAIN_MS = 20;

export class LossyOutput {
  readonly #fd: number;
  readonly #notice: (lost: number) => string;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #lost = 0;
  /** What is next to be written is the rest of lines of which a part is written. */
  #isRest = false;
  /** Such a rest was lost: what was written ends in the middle of a line. */
  #isTorn = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param notice the line, without its end, that tells how many were lost, once there is a way to tell it */
  constructor(fd: number, notice: (lost: number) => string) {
    this.#fd = unblocked(fd);
    this.#notice = notice;
  }

  /** Writes whole lines, or loses them; never throws, and never waits. */
  write(lines: string): void {
    const bytes = Buffer.from(lines);
    if (this.#waitingBytes + bytes.length > MOST_BYTES) {
      this.#lost++;
      return;
    }
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#write();
  }

  #write(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const written = this.#try(next);
      if (written === "later") {
        this.#tryLater();
        return;
      }
      if (written === "lost") this.#lose();
      const doneBytes = written === "lost" ? next.length : written;
      this.#waitingBytes -= doneBytes;
      this.#isRest = doneBytes < next.length;
      if (this.#isRest) this.#waiting[0] = next.subarray(doneBytes);
      else this.#waiting.shift();
    }
  }

  #tryLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, TRY_AGAIN_MS).unref();
  }

  #lose(): void {
    this.#lost++;
    this.#isTorn ||= this.#isRest;
  }

  /** Answers how many bytes were taken. */
  #try(bytes: Buffer): number | "later" | "lost" {
    try {
      if (!this.#isRest) this.#tellLost();
      return writeSync(this.#fd, bytes);
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === "EAGAIN" ? "later" : "lost";
    }
  }

  /** So short a line is written whole or not at all (pipe(7), PIPE_BUF). Errors: those of the system. */
  #tellLost(): void {
    if (this.#lost === 0) return;
    writeSync(this.#fd, `${this.#isTorn ? "\n" : ""}${this.#notice(this.#lost)}\n`);
    this.#lost = 0;
    this.#isTorn = false;
  }
}

/**
 * The same file, pipe or terminal by a description of our own, at which a write does not wait; others that share `fd` notice
 * nothing. A socket cannot be opened so: it stays as it is.
 */
function unblocked(fd: number): number {
  try {
    const { O_WRONLY, O_APPEND, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}
