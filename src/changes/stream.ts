/**
 * What becomes of an account's objects, for one who follows it. Nothing waits in memory: where it stands is a number, and what
 * comes behind that is read when the one before was taken.
 */
import type { EventStream, StreamEvent } from "../api/event-stream.ts";
import type { ChangeRecords } from "./records.ts";

type Options = {
  readonly records: Pick<ChangeRecords, "after">;
  readonly user: string;
  /** The number of the change that was taken last; null: none was. */
  readonly from: number | null;
  /** Calls `wake` when there may be something to read, until what it answers is called. */
  readonly follow: (wake: () => void) => () => void;
  /** Told why nothing could be read; it is tried again. */
  readonly onTrouble: (error: unknown) => void;
};

export class ChangeStream implements EventStream {
  readonly #options: Options;
  readonly #endFollowing: () => void;
  #from: number | null;
  /** Whether something may have come since the last read began. */
  #isDue = false;
  #isOver = false;
  #wake = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.#from = options.from;
    this.#endFollowing = options.follow(() => {
      this.#isDue = true;
      this.#wake();
    });
  }

  async next(withinMs: number): Promise<readonly StreamEvent[] | null> {
    const untilMs = performance.now() + withinMs;
    while (!this.#isOver) {
      this.#isDue = false;
      const events = await this.#read();
      const leftMs = untilMs - performance.now();
      if (this.#isOver) return null;
      if (events.length > 0 || leftMs <= 0) return events;
      if (!this.#isDue) await this.#wokenWithin(leftMs);
    }
    return null;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endFollowing();
    this.#wake();
  }

  /** What there is now. What could not be read is read the next time. */
  async #read(): Promise<readonly StreamEvent[]> {
    const { records, user, onTrouble } = this.#options;
    try {
      const events = await records.after(user, this.#from);
      this.#from = events.at(-1)?.id ?? this.#from;
      return events;
    } catch (error) {
      onTrouble(error);
      return [];
    }
  }

  async #wokenWithin(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = () => {};
  }
}
