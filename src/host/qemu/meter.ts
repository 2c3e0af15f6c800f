/**
 * What a running server counts. Who asks at the same moment as another gets the same answer, and a QEMU that does not
 * answer is answered for by its last counters, which are kept in its run directory as well.
 */
import { readFile } from "node:fs/promises";
import { withinOr } from "../../base/deadline.ts";
import type { ServerCounters } from "../host.ts";
import { type Qmp, QmpError } from "../wire/qmp.ts";
import { BLOCK_STATS, deviceCounters, nicCounters, noCounters } from "./counters.ts";
import type { ServerRecord } from "./record.ts";
import { type RunDirectory, writeCounters } from "./run-directory.ts";

/** How long a QEMU may take to tell its counters, until the last that are known are taken for them. */
const TELL_MS = 1_000;
/** How old counters may be: asking costs a guest more than telling it costs us, and callers poll. */
const FRESH_MS = 25;

export type MeterOptions = {
  readonly record: ServerRecord;
  readonly directory: RunDirectory;
  /** Where its taps are told (`GuestNetwork.devices`). */
  readonly netDev: string | null;
  readonly execute: Qmp["execute"];
  /** The last counters that an earlier daemon knew, null when there are none. */
  readonly last: ServerCounters | null;
};

export class Meter {
  readonly #options: MeterOptions;
  #last: ServerCounters;
  #lastAtMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<ServerCounters> | null = null;

  constructor(options: MeterOptions) {
    this.#options = options;
    this.#last = options.last ?? noCounters(options.record.devices);
  }

  /** The last counters that are known. */
  get last(): ServerCounters {
    return this.#last;
  }

  /** It has counted nothing until now. */
  begin(): void {
    this.#lastAtMs = performance.now();
  }

  /** What it counted a moment ago; null where the last that is known is older. */
  get fresh(): ServerCounters | null {
    return performance.now() - this.#lastAtMs < FRESH_MS ? this.#last : null;
  }

  /** What it counts now, or a moment ago. Errors: QmpError. */
  async now(): Promise<ServerCounters> {
    return this.fresh ?? this.read(TELL_MS);
  }

  /** Asks for new ones, and answers the last that are known when none come in time. Errors: QmpError. */
  read(withinMs: number): Promise<ServerCounters> {
    this.#asking ??= this.#ask()
      .catch((error: unknown) => {
        if (error instanceof QmpError) throw error;
        // It does not answer, or it has just gone: what it counted last stands.
        return this.#last;
      })
      .finally(() => {
        this.#asking = null;
      });
    return withinOr(withinMs, this.#asking, () => this.#last);
  }

  /** Asks once more before the end, and answers whether it was told anything. */
  async readLast(withinMs: number): Promise<boolean> {
    const before = this.#lastAtMs;
    // One that tells nothing has told all that it will.
    await this.read(withinMs).catch(() => {});
    return this.#lastAtMs !== before;
  }

  /** Keeps them for the daemon that comes after this one. */
  async keep(): Promise<void> {
    await writeCounters(this.#options.directory, await this.now());
  }

  async #ask(): Promise<ServerCounters> {
    const { record, netDev, execute } = this.#options;
    const [stats, devices] = await Promise.all([
      execute("query-blockstats", {}, { form: BLOCK_STATS }),
      netDev === null || record.taps.length === 0 ? "" : readFile(netDev, "latin1"),
    ]);
    this.#last = { ...nicCounters(devices, record.taps), devices: deviceCounters(stats, record.devices) };
    this.#lastAtMs = performance.now();
    return this.#last;
  }
}
