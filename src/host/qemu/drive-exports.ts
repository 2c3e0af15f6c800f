/**
 * Reading a drive that a running server holds: its QEMU exports the drive's node over NBD, read-only, from the first time
 * that somebody wants to read until it ends. What is read is what the guest has written.
 */
import type { NbdAddress } from "../wire/nbd.ts";
import { type Qmp, QmpError } from "../wire/qmp.ts";

/** Answers where the node is exported, once it is. Errors: QmpError, ConnectionLost. */
export function driveExports(qmp: Qmp, socketPath: string): (node: string) => Promise<NbdAddress> {
  let serving: Promise<void> | null = null;
  const exports = new Map<string, Promise<NbdAddress>>();

  async function serve(): Promise<void> {
    // An earlier daemon may have had it serve: then that is undone, with its exports.
    await qmp.execute("nbd-server-stop").catch((error: unknown) => {
      if (!(error instanceof QmpError)) throw error;
    });
    await qmp.execute("nbd-server-start", { addr: { type: "unix", data: { path: socketPath } } });
  }

  async function add(node: string): Promise<NbdAddress> {
    serving ??= serve();
    await serving;
    const id = `export-${node}`;
    await qmp.execute("block-export-add", { type: "nbd", id, "node-name": node, name: node });
    return { socketPath, exportName: node };
  }

  return (node) => {
    const exported = exports.get(node) ?? add(node);
    exports.set(node, exported);
    return exported;
  };
}
