/** What a server may take of the machine's memory and processes, by what it was given. */
import type { ServerSpec } from "../host.ts";
import type { Bound } from "../quota/bounds.ts";
import type { Accelerator } from "./command-line.ts";

/** What QEMU needs beside the guest's memory: itself, its screen, and what drives' tables and requests take. */
const OVERHEAD_BYTES = 512 * 2 ** 20;
const OVERHEAD_A_DRIVE_BYTES = 64 * 2 ** 20;
/** Where guests are emulated, the code that is made of theirs takes up to 1 GiB. */
const EMULATION_BYTES = 1280 * 2 ** 20;
/** Threads besides those of the vCPUs: QEMU has 64 at most for requests of each drive's, and a few more. */
const THREADS = 64;
const THREADS_A_DRIVE = 64;

/** What the server may take: all that it has been given, and a stated overhead. */
export function boundOf({ memMib, cores, devices }: ServerSpec, accelerator: Accelerator): Bound {
  const emulation = accelerator === "tcg" ? EMULATION_BYTES : 0;
  const overhead = OVERHEAD_BYTES + devices.length * OVERHEAD_A_DRIVE_BYTES + emulation;
  return {
    memoryBytes: memMib * 2 ** 20 + overhead,
    processes: cores + THREADS + devices.length * THREADS_A_DRIVE,
  };
}
