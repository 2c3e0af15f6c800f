/** What is said with a storage daemon over QMP, from its launch or adoption until it is lost. */
import type { z } from "zod";
import { DeadlineExceeded, within } from "../../base/deadline.ts";
import type { Qmp, QmpEvent } from "../wire/qmp.ts";

/** What a drive's bytes are reached by that no server's QEMU has open. */
export const PROGRAM = "qemu-storage-daemon";

export class Session {
  readonly nbdSocketPath: string;
  /** The one drive that it is for, null for the daemon that is for all. */
  readonly drive: string | null;
  /** It was there before we were. */
  readonly adopted: boolean;
  /** Settles when it is lost, or was given up. */
  readonly closed: Promise<void>;
  readonly #qmp: Qmp;
  readonly #deadlineMs: number;
  readonly #exportsGone = new Map<string, () => void>();

  constructor(
    qmp: Qmp,
    options: Pick<Session, "nbdSocketPath" | "drive" | "adopted"> & { deadlineMs: number },
  ) {
    this.#qmp = qmp;
    this.nbdSocketPath = options.nbdSocketPath;
    this.drive = options.drive;
    this.adopted = options.adopted;
    this.#deadlineMs = options.deadlineMs;
    this.closed = qmp.closed.then(() => {
      for (const resolve of this.#exportsGone.values()) resolve();
    });
  }

  /**
   * Executes a command of QMP, whose answer is to have that form. Errors: QmpError; ConnectionLost; DeadlineExceeded and
   * Nonsense, and the session is over then: what came of the command is found out by adopting the daemon again.
   */
  execute<T = unknown>(command: string, args?: object, form?: z.ZodType<T>): Promise<T> {
    const asked = form === undefined ? {} : { form };
    return this.#inTime(`the answer of ${PROGRAM} to ${command}`, this.#qmp.execute<T>(command, args, asked));
  }

  /** Ends the export by a command of QMP, and answers once it has gone. Errors: as of `execute`. */
  async endExport(id: string, mode: "safe" | "hard"): Promise<void> {
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    this.#exportsGone.set(id, resolve);
    await this.execute("block-export-del", { id, mode });
    await this.#inTime(`the end of export ${id} of ${PROGRAM}`, gone);
  }

  /** Gives the daemon up if it does not answer; for whoever waited for it elsewhere in vain. */
  async ensureAnswers(): Promise<void> {
    await this.execute("query-block-exports");
  }

  onEvent({ event, data }: QmpEvent): void {
    if (event !== "BLOCK_EXPORT_DELETED") return;
    const { id } = data;
    if (typeof id !== "string") return;
    this.#exportsGone.get(id)?.();
    this.#exportsGone.delete(id);
  }

  end(): void {
    this.#qmp.close();
  }

  async #inTime<T>(what: string, work: Promise<T>): Promise<T> {
    try {
      return await within(this.#deadlineMs, what, work);
    } catch (error) {
      if (error instanceof DeadlineExceeded) this.end();
      throw error;
    }
  }
}
