/**
 * Watching a host: what is recorded is compared with what is there, at first, whenever the host says that something has
 * changed, and once a minute in any case. The event only says where to look, so one that was lost is merely late.
 */
import { setTimeout as delay } from "node:timers/promises";
import { backoff } from "../base/backoff.ts";
import { answerable } from "../base/uncaught.ts";
import type { Changes, Cursor, Host } from "../host/host.ts";

/** How often everything is looked at, whatever was heard. */
const LOOK_MS = 60_000;
/** How soon a look that failed is repeated: the first pause, and the longest that it grows to. */
const LOOK_AGAIN_MS = 1_000;
const LONGEST_AGAIN_MS = 60_000;

/**
 * Compares what the store says of a host with what is on it, and records what follows; for the objects named, or
 * (null) for all. It may be repeated at any time.
 */
export type Look = (host: string, objects: readonly string[] | null) => Promise<void>;

export type WatchOptions = {
  readonly name: string;
  readonly host: Pick<Host, "changes">;
  readonly looks: readonly Look[];
  /** Told why a look failed; it is repeated. */
  readonly onTrouble: (error: unknown) => void;
  /** How often everything is looked at, and how soon a look that failed is repeated at first, in milliseconds. */
  readonly lookMs?: number;
  readonly lookAgainMs?: number;
};

export class Watch {
  readonly #options: Required<WatchOptions>;
  readonly #end = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions) {
    this.#options = { lookMs: LOOK_MS, lookAgainMs: LOOK_AGAIN_MS, ...options };
  }

  /** Begins to watch; answers once everything was looked at for the first time, whatever came of it. */
  async start(): Promise<void> {
    const first = await this.#heard(null, this.#options.lookMs).catch(() => null);
    const succeeded = await this.#look(null);
    this.#watching = this.#watch(first?.cursor ?? null, succeeded).catch((error: unknown) => {
      if (!this.#end.signal.aborted) this.#options.onTrouble(error);
    });
  }

  async close(): Promise<void> {
    this.#end.abort();
    await this.#watching;
  }

  async #watch(from: Cursor | null, succeeded: boolean): Promise<void> {
    const { signal } = this.#end;
    let cursor = from;
    let failures = succeeded ? 0 : 1;
    let wholeAt = this.#wholeAfter(failures);
    while (!signal.aborted) {
      // What changes is looked at at once although another object's look fails and is repeated later.
      const changes = await this.#heard(cursor, Math.max(0, wholeAt - performance.now()));
      cursor = changes?.cursor ?? cursor;
      const objects = performance.now() >= wholeAt ? null : (changes?.objects ?? null);
      if (await this.#look(objects)) failures = objects === null ? 0 : failures;
      else failures++;
      // After a look that failed everything is looked at: what it was about is not told again.
      if (objects === null) wholeAt = this.#wholeAfter(failures);
      else if (failures > 0) wholeAt = Math.min(wholeAt, this.#wholeAfter(failures));
    }
  }

  /** When everything is to be looked at again, after so many failures one after the other. */
  #wholeAfter(failures: number): number {
    const { lookMs, lookAgainMs } = this.#options;
    return performance.now() + (failures === 0 ? lookMs : backoff(failures, lookAgainMs, LONGEST_AGAIN_MS));
  }

  /** What changed since the cursor; null when nothing did for so long, or the host is away. */
  async #heard(cursor: Cursor | null, forMs: number): Promise<Changes | null> {
    const { host, onTrouble, lookAgainMs } = this.#options;
    const { signal } = this.#end;
    const patience = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(forMs))]);
    try {
      return await host.changes(cursor, patience);
    } catch (error) {
      signal.throwIfAborted();
      if (!patience.aborted) {
        onTrouble(error);
        await delay(lookAgainMs, undefined, { signal, ref: false });
      }
      return null;
    }
  }

  /** Answers whether all looks succeeded. */
  async #look(objects: readonly string[] | null): Promise<boolean> {
    const { name, looks, onTrouble } = this.#options;
    const outcomes = await Promise.allSettled(
      looks.map((look) => answerable({ host: name }, () => look(name, objects))),
    );
    const faults = outcomes.filter((outcome) => outcome.status === "rejected");
    if (!this.#end.signal.aborted) for (const { reason } of faults) onTrouble(reason);
    return faults.length === 0;
  }
}
