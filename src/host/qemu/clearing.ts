/**
 * Clearing what a run held on its host, once its process is gone and its last counters are kept. It is named by the server's
 * uuid alone, so that it can be done for one whose start was cut off anywhere. Each part by itself; what fails is left for
 * the next attempt.
 */
import { failed } from "../../base/errors.ts";
import type { DatedCounters } from "./record.ts";
import { type RunDirectory, writeEnd } from "./run-directory.ts";
import type { Dependencies } from "./start-server.ts";

type Part = { readonly what: string; readonly clear: () => unknown };

export class Clearing {
  readonly #uuid: string;
  readonly #directory: RunDirectory;
  #isKept = false;
  /** Its group may hold a process that nobody knows of, and which has drives open. */
  #kill: (() => Promise<void>) | null;
  #left: readonly Part[];

  constructor(
    uuid: string,
    directory: RunDirectory,
    {
      network,
      quota,
      bounds,
      attachments,
    }: Pick<Dependencies, "network" | "quota" | "bounds" | "attachments">,
  ) {
    this.#uuid = uuid;
    this.#directory = directory;
    this.#kill = quota === null ? null : () => quota.kill(uuid);
    this.#left = [
      { what: "network", clear: () => network.unplug(uuid) },
      { what: "control group", clear: () => quota?.remove(uuid) },
      { what: "bounds", clear: () => bounds?.remove(uuid) },
      { what: "drives", clear: () => attachments.detach(uuid) },
    ];
  }

  /** The last counters are kept: here by an earlier daemon, or wherever the end was recorded. */
  countersAreKept(): void {
    this.#isKept = true;
  }

  get hasKeptCounters(): boolean {
    return this.#isKept;
  }

  get isDone(): boolean {
    return this.#isKept && this.#kill === null && this.#left.length === 0;
  }

  /**
   * Does what is left to be done. Not to be called twice at once.
   *
   * @param end its last counters and when it was, null of a run that never ran
   *
   * Errors: the counters could not be kept, and nothing was cleared; `failed`, which names what could not be cleared.
   */
  async clear(end: DatedCounters | null): Promise<void> {
    if (!this.#isKept && end !== null) await writeEnd(this.#directory, end);
    this.#isKept = true;
    await this.#kill?.();
    this.#kill = null;
    const parts = this.#left;
    const outcomes = await Promise.allSettled(parts.map(async ({ clear }) => clear()));
    this.#left = parts.filter((_, index) => outcomes[index]?.status === "rejected");
    if (this.#left.length === 0) return;
    const what = this.#left.map((part) => part.what).join(" and its ");
    const reasons = outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason] : []));
    throw failed("host_failed", `the ${what} of server ${this.#uuid} could not be cleared on its host`, {
      cause: new AggregateError(reasons, reasons.map(String).join("; ")),
    });
  }
}
