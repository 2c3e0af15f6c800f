/**
 * A QMP connection that lasts as long as its QEMU: it is made anew whenever it is lost, or given up since an answer was
 * late or is none that a QEMU gives. Whether the process is there is looked up in the process table alone: no answer means
 * nothing. One that is lost soon after it was made counts as a failed attempt: the next one waits longer.
 */
import { setTimeout as delay } from "node:timers/promises";
import { backoff } from "../../base/backoff.ts";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { Unreachable } from "../errors.ts";
import { isRunning, type ProcessIdentity } from "../process/process.ts";
import { type Asked, ConnectionLost, Nonsense, type Qmp, type QmpEvent } from "../wire/qmp.ts";

/** The pause before the first attempt to connect anew, and the longest that it grows to by doubling. */
const FIRST_PAUSE_MS = 5;
const LONGEST_PAUSE_MS = 5_000;
/** One that lasted for so long was sound: what ends it is looked into at once. */
const SOUND_MS = 5_000;
/** So many attempts may fail on a process that is just ending, which closes its sockets before it is gone. */
const ATTEMPTS_WHILE_ENDING = 7;

export type Connect = (onEvent: (event: QmpEvent) => void) => Promise<Qmp>;

export type LastingQmpOptions = {
  readonly identity: ProcessIdentity;
  /** Who is spoken to, as errors name it. */
  readonly peer: string;
  /** An attempt, bounded by itself. */
  readonly connect: Connect;
  readonly onEvent: (event: QmpEvent) => void;
  /** It answers, for the first time or again. */
  readonly onConnected: () => void;
  /** It does not answer, though its process was there a moment ago. */
  readonly onLost: (error: unknown) => void;
};

export class LastingQmp {
  /** Settles when the process is gone; never, once it was left. */
  readonly gone: Promise<void>;
  readonly #options: LastingQmpOptions;
  readonly #gone = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  #qmp: Qmp | null = null;

  constructor(options: LastingQmpOptions) {
    this.#options = options;
    this.gone = this.#gone.promise;
  }

  get isConnected(): boolean {
    return this.#qmp !== null;
  }

  /** Makes the first connection, by an attempt that may differ from the later ones. Errors: the attempt's. */
  async open(connect: Connect): Promise<void> {
    this.#qmp = await connect(this.#options.onEvent);
  }

  /** Lasts from now on, connected or not. */
  last(): void {
    void this.#last();
  }

  /** As `Qmp.execute`; Unreachable while there is no connection. An answer that is late, or nonsense, ends the connection. */
  async execute<T = unknown>(command: string, args?: object, asked?: Asked<T>): Promise<T> {
    const qmp = this.#qmp;
    if (qmp === null) throw new Unreachable(`${command}: ${this.#options.peer} does not answer`);
    try {
      return await qmp.execute<T>(command, args, asked);
    } catch (error) {
      if (error instanceof DeadlineExceeded || error instanceof Nonsense) this.#drop(qmp, error);
      throw error;
    }
  }

  /** Ends the connection, by which what no QEMU says was heard; another one is made. */
  giveUp(reason: Error): void {
    if (this.#qmp !== null) this.#drop(this.#qmp, reason);
  }

  /** The process was seen to be gone. */
  end(): void {
    this.leave();
    this.#gone.resolve();
  }

  /** Lets go of it: it runs on, and nothing is known of it any more. */
  leave(): void {
    this.#over.abort();
    this.#qmp?.close();
    this.#qmp = null;
  }

  #drop(qmp: Qmp, error: Error): void {
    if (this.#qmp === qmp) {
      this.#qmp = null;
      this.#options.onLost(error);
    }
    qmp.close(error);
  }

  async #last(): Promise<void> {
    const { signal } = this.#over;
    let failed = 0;
    while (!signal.aborted) {
      const qmp = this.#qmp ?? (await this.#reconnect(failed));
      if (qmp === null) return;
      this.#qmp = qmp;
      const sinceMs = performance.now();
      this.#options.onConnected();
      await qmp.closed;
      failed = performance.now() - sinceMs < SOUND_MS ? failed + 1 : 0;
      // A process that has just ended closes its sockets first, and is then no one who does not answer.
      if (this.#qmp === qmp) this.#qmp = null;
      const isOver = qmp.fault !== null || failed > ATTEMPTS_WHILE_ENDING;
      if (isOver && !signal.aborted) this.#options.onLost(qmp.fault ?? new ConnectionLost("anything"));
    }
  }

  /**
   * Null once the process is gone, or was left.
   *
   * @param failed how many connections were lost soon after they were made, one after the other
   */
  async #reconnect(failed: number): Promise<Qmp | null> {
    const { identity, connect, onEvent, onLost } = this.#options;
    const { signal } = this.#over;
    if (failed > 0) await this.#pause(failed);
    for (let attempts = failed + 1; !signal.aborted; attempts++) {
      // Where that cannot be seen, as without a free descriptor, it is not known to be gone.
      if (!(await isRunning(identity).catch(() => true))) {
        if (!signal.aborted) this.#gone.resolve();
        return null;
      }
      try {
        const qmp = await connect(onEvent);
        if (!signal.aborted) return qmp;
        qmp.close();
      } catch (error) {
        if (attempts > ATTEMPTS_WHILE_ENDING || error instanceof DeadlineExceeded) onLost(error);
        await this.#pause(attempts);
      }
    }
    return null;
  }

  /** It is ended by the signal alone, which whoever waited asks for. */
  async #pause(failed: number): Promise<void> {
    const pauseMs = backoff(failed, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    await delay(pauseMs, undefined, { signal: this.#over.signal }).catch(() => {});
  }
}
