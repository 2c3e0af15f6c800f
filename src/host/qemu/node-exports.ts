/**
 * Reading a drive that a running server holds: its QEMU exports the drive's node over NBD, read-only, from the first time
 * that somebody wants to read until it ends. What is read is what the guest has written. It serves from its launch on,
 * when its sockets are made; one that a release before that launched begins when it is first asked to.
 */
import { existsSync } from "node:fs";
import { z } from "zod";
import type { NbdAddress } from "../wire/nbd.ts";
import { type Qmp, QmpError } from "../wire/qmp.ts";
import type { RunDirectory } from "./run-directory.ts";

/** Of what QMP answers, what is read. */
const EXPORTS = z.array(z.object({ id: z.string() }));

export class NodeExports {
  readonly #execute: Qmp["execute"];
  readonly #directory: RunDirectory;
  #serving: Promise<string> | null = null;
  readonly #exports = new Map<string, Promise<NbdAddress>>();

  constructor(execute: Qmp["execute"], directory: RunDirectory) {
    this.#execute = execute;
    this.#directory = directory;
  }

  /** Has a QEMU serve that was just launched. Errors: QMP's. */
  async begin(): Promise<void> {
    await this.#start(this.#directory.sockets.nbd);
  }

  /** Answers where the node is exported, once it is. What fails is tried again by whoever asks next. Errors: QMP's. */
  of(node: string): Promise<NbdAddress> {
    const known = this.#exports.get(node);
    if (known !== undefined) return known;
    const added = this.#add(node);
    this.#exports.set(node, added);
    added.catch(() => this.#exports.delete(node));
    return added;
  }

  async #add(node: string): Promise<NbdAddress> {
    this.#serving ??= this.#serve().catch((error: unknown) => {
      this.#serving = null;
      throw error;
    });
    const socketPath = await this.#serving;
    const id = `export-${node}`;
    try {
      await this.#execute("block-export-add", { type: "nbd", id, "node-name": node, name: node });
    } catch (error) {
      // An earlier attempt, of which no answer came, may have succeeded.
      if (!(error instanceof QmpError) || !(await this.#has(id))) throw error;
    }
    return { socketPath, exportName: node };
  }

  /** Answers the socket, once it serves. */
  async #serve(): Promise<string> {
    const { exportFolder, sockets } = this.#directory;
    if (existsSync(exportFolder)) return sockets.nbd;
    // An earlier daemon may have had it serve: then that is undone, with its exports.
    await this.#execute("nbd-server-stop").catch((error: unknown) => {
      if (!(error instanceof QmpError)) throw error;
    });
    await this.#start(sockets.formerNbd);
    return sockets.formerNbd;
  }

  async #start(path: string): Promise<void> {
    await this.#execute("nbd-server-start", { addr: { type: "unix", data: { path } } });
  }

  async #has(id: string): Promise<boolean> {
    const exports = await this.#execute("query-block-exports", {}, { form: EXPORTS });
    return exports.some((each) => each.id === id);
  }
}
