/**
 * Writing out the memory of a server as an ELF core, for the operator to look into. Its guest stands still meanwhile
 * (status `dumped`) and goes on afterwards, however that ends. QEMU writes into a named pipe: so it needs no right to
 * any file, whoever asked writes with their own, and when they are killed QEMU finds the pipe broken and gives up.
 */
import { closeSync, constants, openSync } from "node:fs";
import { chown, mkdir, rm } from "node:fs/promises";
import { Socket } from "node:net";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { failed, missing } from "../../base/errors.ts";
import { run } from "../process/process.ts";
import { connectQmp, type Qmp, type QmpEvent } from "../wire/qmp.ts";
import { type RunDirectory, uidOf } from "./run-directory.ts";

/**
 * Writes the memory of the server whose run directory this is, and ends `to` unless it is to be left open.
 *
 * Errors: `missing`, it does not run here; `failed`, another dump is under way, or it ended or could not write.
 */
export async function dumpMemory(
  directory: RunDirectory,
  to: Writable,
  options: { readonly end: boolean },
): Promise<void> {
  const { promise: completed, resolve } = Promise.withResolvers<QmpEvent["data"]>();
  const qmp = await connect(directory, ({ event, data }) => {
    if (event === "DUMP_COMPLETED") resolve(data);
  });
  try {
    const memory = await begin(qmp, directory);
    const [data] = await Promise.all([Promise.race([completed, qmp.closed]), pipeline(memory, to, options)]);
    if (data === undefined) throw failed("the server ended before its memory was written out");
    if (data.error !== undefined) throw failed(`its memory could not be written out: ${data.error}`);
  } finally {
    qmp.close();
  }
}

async function connect({ sockets }: RunDirectory, onEvent: (event: QmpEvent) => void): Promise<Qmp> {
  try {
    return await connectQmp(sockets.operator, { onEvent });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ECONNREFUSED") throw missing("no such server runs here");
    // One operator at a time is answered.
    throw failed("the server does not answer: its memory may be being written out already", { cause });
  }
}

/** Answers the pipe, into which QEMU has begun to write. Its name is gone by then. */
async function begin(qmp: Qmp, directory: RunDirectory): Promise<Socket> {
  const { memory } = directory;
  // A QEMU that an earlier release launched has no folder for it yet.
  await mkdir(memory, { recursive: true, mode: 0o711 });
  const pipe = join(memory, "pipe");
  // An earlier one may have been killed just here.
  await rm(pipe, { force: true });
  await run(["mkfifo", "--mode=600", pipe]);
  let ours: number | undefined;
  try {
    // In this folder QEMU can put nothing in the pipe's place.
    const uid = await uidOf(directory);
    if (process.getuid?.() === 0) await chown(pipe, uid, uid);
    // Our end is open first, without waiting for QEMU's: QEMU, which does nothing else meanwhile, need not wait for ours.
    ours = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    await qmp.execute("dump-guest-memory", { paging: false, protocol: `file:${pipe}`, detach: true });
    return new Socket({ fd: ours, readable: true, writable: false });
  } catch (error) {
    if (ours !== undefined) closeSync(ours);
    throw error;
  } finally {
    await rm(pipe, { force: true });
  }
}
