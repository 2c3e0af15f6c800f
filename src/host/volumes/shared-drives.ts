/**
 * Shared drives that servers use (claim:type shared) stay open in their storage daemons for as long as any server does. They
 * are opened again at once when a daemon is lost, for the servers wait for it.
 */
import { backoff } from "../../base/backoff.ts";
import { retry } from "../../base/retry.ts";
import type { DriveTable } from "./drive-table.ts";
import type { DriveExport, Exports } from "./exports.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;

export class SharedDrives {
  readonly #table: DriveTable<DriveExport>;
  readonly #exports: Exports;
  readonly #onTrouble: (error: unknown) => void;
  readonly #closed = new AbortController();
  #restoring: Promise<void> | null = null;

  /** @param onTrouble is told why a drive could not be opened again yet */
  constructor(table: DriveTable<DriveExport>, exports: Exports, onTrouble: (error: unknown) => void) {
    this.#table = table;
    this.#exports = exports;
    this.#onTrouble = onTrouble;
  }

  /** Whether servers write on any of the drives that are meant. */
  areWritten(isMeant: (uuid: string) => boolean): boolean {
    for (const [uuid, state] of this.#table) {
      if (state.is === "shared" && state.volume?.sealed === undefined && isMeant(uuid)) return true;
    }
    return false;
  }

  /** Opens all again that are not open, after the daemon was lost; tries until it comes about or nobody needs them. */
  restore(): void {
    if (this.#restoring !== null || this.#closed.signal.aborted || this.#closedOnes().length === 0) return;
    const options = {
      what: "opening shared drives again",
      pauseMs: (failed: number) => backoff(failed, FIRST_PAUSE_MS, LONGEST_PAUSE_MS),
      onFailure: this.#onTrouble,
      signal: this.#closed.signal,
    };
    this.#restoring = retry(() => this.#openAll(), options)
      .catch((error: unknown) => {
        if (!this.#closed.signal.aborted) this.#onTrouble(error);
      })
      .finally(() => {
        this.#restoring = null;
        // The daemon may have been lost again at the last moment.
        this.restore();
      });
  }

  close(): void {
    this.#closed.abort(new Error("Lodge is being stopped"));
  }

  async #openAll(): Promise<void> {
    for (let missing = this.#closedOnes(); missing.length > 0; missing = this.#closedOnes()) {
      const outcomes = await Promise.allSettled(missing.map((volume) => this.#exports.share(volume)));
      const fault = outcomes.find((outcome) => outcome.status === "rejected");
      if (fault !== undefined) throw fault.reason;
    }
  }

  #closedOnes() {
    return [...this.#table].flatMap(([, state]) =>
      state.is === "shared" && state.volume !== null && state.exported === null ? [state.volume] : [],
    );
  }
}
