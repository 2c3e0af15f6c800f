/** A launch that is under way: how it is given up, and what is left of it when it comes to nothing. */

import { withinOr } from "../../base/deadline.ts";
import { Unreachable } from "../errors.ts";
import { endProcess, type ProcessIdentity } from "../process/process.ts";
import { causeOf, type LaunchedProcess, launchError } from "./launch.ts";
import type { Monitor } from "./monitor.ts";
import type { ServerRecord } from "./record.ts";
import { type Dependencies, type Start, startServer } from "./start-server.ts";

/** How long the rest of what a process said is waited for that has ended. */
const SAID_MS = 1_000;

type Spawned = { readonly record: ServerRecord; readonly identity: ProcessIdentity };

export class LaunchAttempt {
  readonly #start: Start;
  readonly #dependencies: Dependencies;
  readonly #abort = new AbortController();
  #spawned: Spawned | null = null;
  #launched: LaunchedProcess | null = null;

  constructor(start: Omit<Start, "signal">, dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#start = {
      ...start,
      signal: this.#abort.signal,
      onSpawned: (record, launched) => {
        this.#spawned = { record, identity: launched.identity };
        this.#launched = launched;
        start.onSpawned(record, launched);
      },
    };
  }

  /**
   * Answers the monitor of the server, whose vCPUs run. To be called once. Errors: `failed`, `full`, `busy`; the reason to
   * give it up; Unreachable, when its process does not end, which is `left` then.
   */
  async run(): Promise<Monitor> {
    const { spec, signal } = this.#start;
    try {
      return await startServer(this.#start, this.#dependencies);
    } catch (error) {
      const cause =
        signal.aborted || this.#launched === null ? error : await causeOf(error, this.#launched.ended);
      await this.#endProcess();
      throw launchError(spec.uuid, await this.#said(), signal.aborted ? signal.reason : cause);
    }
  }

  /** Gives it up; what it fails with is the reason. */
  abort(reason: Error): void {
    this.#abort.abort(reason);
  }

  /** The process that it started, null when there is none any more. */
  get left(): Spawned | null {
    return this.#spawned;
  }

  /** All that its process said, which has ended; none where there was none. */
  async #said(): Promise<string> {
    if (this.#launched === null) return "";
    const { ended, said } = this.#launched;
    await withinOr<unknown>(SAID_MS, ended, () => null);
    return said.text();
  }

  async #endProcess(): Promise<void> {
    await this.#launched?.forgetSecrets();
    if (this.#spawned === null) return;
    try {
      await endProcess(this.#spawned.identity);
      this.#spawned = null;
    } catch (cause) {
      const { uuid } = this.#start.spec;
      throw new Unreachable(`server ${uuid} could not be started, and its QEMU does not end`, { cause });
    }
  }
}
