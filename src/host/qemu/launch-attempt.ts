/** A launch that is under way: how it is given up, and what is left of it when it comes to nothing. */
import { Unreachable } from "../errors.ts";
import { endProcess, type ProcessIdentity } from "../process/process.ts";
import { launchError } from "./launch.ts";
import type { Monitor } from "./monitor.ts";
import type { ServerRecord } from "./record.ts";
import { type Dependencies, type Start, startServer } from "./start-server.ts";

type Spawned = { readonly record: ServerRecord; readonly identity: ProcessIdentity };

export class LaunchAttempt {
  readonly #start: Start;
  readonly #dependencies: Dependencies;
  readonly #abort = new AbortController();
  #spawned: Spawned | null = null;

  constructor(start: Omit<Start, "signal">, dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#start = {
      ...start,
      signal: this.#abort.signal,
      onSpawned: (record, identity) => {
        this.#spawned = { record, identity };
        start.onSpawned(record, identity);
      },
    };
  }

  /**
   * Answers the monitor of the server, whose vCPUs run. To be called once. Errors: `failed`, `full`, `busy`; the reason to
   * give it up; Unreachable, when its process does not end, which is `left` then.
   */
  async run(): Promise<Monitor> {
    const { spec, directory, signal } = this.#start;
    try {
      return await startServer(this.#start, this.#dependencies);
    } catch (error) {
      await this.#endProcess();
      throw await launchError(spec.uuid, directory, signal.aborted ? signal.reason : error);
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

  async #endProcess(): Promise<void> {
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
