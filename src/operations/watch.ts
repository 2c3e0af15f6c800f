/**
 * Watching a host: what is recorded is compared with what is there, at first, whenever the host says that something has
 * changed, and once a minute in any case. The event only says where to look, so one that was lost is merely late.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Changes, Cursor, Host } from "../host/host.ts";

/** How often everything is looked at, whatever was heard. */
const LOOK_MS = 60_000;
/** How soon a look that failed is repeated. */
const LOOK_AGAIN_MS = 1_000;

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
};

export class Watch {
  readonly #options: WatchOptions;
  readonly #end = new AbortController();
  #watching: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Begins to watch; answers once everything was looked at for the first time, whatever came of it. */
  async start(): Promise<void> {
    const first = await this.#heard(null).catch(() => null);
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
    let wholly = !succeeded;
    while (!signal.aborted) {
      if (wholly) await delay(LOOK_AGAIN_MS, undefined, { signal, ref: false });
      const changes = wholly ? null : await this.#heard(cursor);
      cursor = changes?.cursor ?? cursor;
      wholly = !(await this.#look(changes?.objects ?? null));
    }
  }

  /** What changed since the cursor; null when nothing did for as long as a look may be put off, or the host is away. */
  async #heard(cursor: Cursor | null): Promise<Changes | null> {
    const { host, onTrouble } = this.#options;
    const patience = AbortSignal.any([this.#end.signal, AbortSignal.timeout(LOOK_MS)]);
    try {
      return await host.changes(cursor, patience);
    } catch (error) {
      this.#end.signal.throwIfAborted();
      if (!patience.aborted) {
        onTrouble(error);
        await delay(LOOK_AGAIN_MS, undefined, { signal: this.#end.signal, ref: false });
      }
      return null;
    }
  }

  /** Answers whether all looks succeeded. */
  async #look(objects: readonly string[] | null): Promise<boolean> {
    const { name, looks, onTrouble } = this.#options;
    const outcomes = await Promise.allSettled(looks.map((look) => look(name, objects)));
    const faults = outcomes.filter((outcome) => outcome.status === "rejected");
    if (!this.#end.signal.aborted) for (const { reason } of faults) onTrouble(reason);
    return faults.length === 0;
  }
}
