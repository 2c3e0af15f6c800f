/**
 * What a server leaves on its host for the daemon that comes after this one: a directory named by its uuid, with a
 * record without secrets, its last counters, what its QEMU wrote to standard error, and a directory of sockets. That
 * last one alone belongs to the uid of QEMU, until the sockets are there and before the guest runs: then it is sealed. So
 * what the daemon reads back no guest can have had written, and where it connects no guest can have put another's socket.
 */
import { chmodSync, chownSync, lstatSync, mkdirSync, rmSync, statSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { uptime } from "node:os";
import { basename, join } from "node:path";
import type { z } from "zod";
import { replaceFileSync, replaceVolatileFileSync } from "../../base/atomic-file.ts";
import { parseUuid } from "../../base/ids.ts";
import type { ServerCounters } from "../host.ts";
import { connectQmp, type Qmp, type QmpEvent } from "../wire/qmp.ts";
import { DATED_COUNTERS, type DatedCounters, RECORD, type ServerRecord } from "./record.ts";

export type RunDirectory = {
  readonly path: string;
  readonly log: string;
  /** The ROM that boots from the hard disk of this number. */
  bootRom(number: number): string;
  /** Credentials for VNC over TLS, where it has any. */
  readonly tls: string;
  /** The folder of what its seed's CD is made of, for as long as that is made. */
  readonly seed: string;
  /** The folder of the pipe through which its memory is written out, for as long as that is being begun. */
  readonly memory: string;
  /** The folder of its sockets, whose group is the server's own: what is in it is for nobody else but root. */
  readonly socketFolder: string;
  /** Where its drives are read by whoever is shown this folder. A run of before there were sandboxes has none. */
  readonly exportFolder: string;
  /** Where QEMU listens: for the daemon, for the operator beside it, at the serial port, at its screen, for readers of its drives. */
  readonly sockets: Readonly<Record<"qmp" | "operator" | "serial" | "console" | "nbd" | "formerNbd", string>>;
};

/** Where the servers of a cloud have their run directories. */
export const serversFolder = (runDir: string): string => join(runDir, "servers");

export function runDirectory(servers: string, uuid: string): RunDirectory {
  const path = join(servers, uuid);
  const socketFolder = join(path, "sockets");
  const socket = (name: string) => join(socketFolder, `${name}.sock`);
  const exportFolder = join(socketFolder, "nbd");
  return {
    ...{ path, socketFolder, exportFolder },
    log: join(path, "qemu.log"),
    bootRom: (number) => join(path, `boot-${number}.rom`),
    tls: join(path, "tls"),
    seed: join(path, "seed"),
    memory: join(path, "memory"),
    sockets: {
      qmp: socket("qmp"),
      operator: socket("operator"),
      serial: socket("serial"),
      console: socket("console"),
      nbd: join(exportFolder, "sock"),
      formerNbd: socket("nbd"),
    },
  };
}

/** The server whose QMP socket this is, or null when it is none of those below `servers`. */
export function ownerOfSocket(servers: string, socket: string): string | null {
  const uuid = parseUuid(basename(join(socket, "../..")));
  return uuid !== null && runDirectory(servers, uuid).sockets.qmp === socket ? uuid : null;
}

/** How long a QEMU that runs may take to greet, each time that it is tried. */
const GREETING_MS = 5_000;

/** An attempt to speak with the server's QEMU. */
export const connectTo =
  (uuid: string, { sockets }: RunDirectory, deadlineMs = GREETING_MS) =>
  (onEvent: (event: QmpEvent) => void): Promise<Qmp> =>
    connectQmp(sockets.qmp, { onEvent, deadlineMs, peer: `server ${uuid}` });

/**
 * Makes the directory, empty, its sockets' part owned by `uid` (null: this user). As all that is written here it lies in
 * memory, and is made in less time than the thread pool takes to be asked.
 */
export async function makeRunDirectory(directory: RunDirectory, uid: number | null): Promise<void> {
  rmSync(directory.path, { recursive: true, force: true });
  mkdirSync(directory.path, { recursive: true, mode: 0o711 });
  const { socketFolder, exportFolder, memory } = directory;
  mkdirSync(socketFolder, { mode: 0o700 });
  mkdirSync(memory, { mode: 0o711 });
  mkdirSync(exportFolder, { mode: 0o711 });
  if (uid === null) return;
  for (const folder of [exportFolder, socketFolder]) chownSync(folder, uid, uid);
}

/**
 * All sockets are there: from now on nobody but this user makes, moves or removes any. Whoever is shown the folder of exports
 * may connect there.
 */
export function sealSockets({ socketFolder, exportFolder, sockets }: RunDirectory): void {
  const { gid } = statSync(socketFolder);
  const own = process.getuid?.() ?? 0;
  for (const folder of [exportFolder, socketFolder]) chownSync(folder, own, gid);
  if (!lstatSync(sockets.nbd).isSocket()) throw new Error(`${sockets.nbd} is no socket`);
  chmodSync(sockets.nbd, 0o666);
}

/** The uid that the server was given: the folder of its sockets is of that group, whoever it belongs to by now. */
export async function uidOf({ socketFolder }: RunDirectory): Promise<number> {
  return (await stat(socketFolder)).gid;
}

export async function removeRunDirectory({ path }: RunDirectory): Promise<void> {
  // What its QEMU said last may be on its way into it still, for whoever launched it.
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}

/** The uuids of all servers that have a directory below `servers`. */
export async function serversWithDirectory(servers: string): Promise<string[]> {
  return (await readdir(servers)).filter((name) => parseUuid(name) === name);
}

export function writeRecord({ path }: RunDirectory, record: ServerRecord): Promise<void> {
  return write(join(path, "record.json"), record);
}

/** Null when the daemon that made the directory ended before there was anything to record. Errors: it is damaged. */
export function readRecord({ path }: RunDirectory): Promise<ServerRecord | null> {
  return read(join(path, "record.json"), RECORD);
}

/** Written first just before the vCPUs run: a run without them never ran. */
export function writeCounters({ path }: RunDirectory, counters: ServerCounters): Promise<void> {
  return write(join(path, "counters.json"), { ...counters, bootS: uptime() });
}

/** Null when there are none. Errors: they are damaged. */
export function readCounters({ path }: RunDirectory): Promise<DatedCounters | null> {
  return read(join(path, "counters.json"), DATED_COUNTERS);
}

/** Marks the run as ended, with its last counters. The directory may have gone missing. */
export async function writeEnd({ path }: RunDirectory, { counters, bootS }: DatedCounters): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
  replaceFileSync(join(path, "ended.json"), JSON.stringify({ ...counters, bootS }), { mode: 0o600 });
}

/** The end of a run, null when it is not marked so. Errors: it is damaged. */
export function readEnd({ path }: RunDirectory): Promise<DatedCounters | null> {
  return read(join(path, "ended.json"), DATED_COUNTERS);
}

/** Where QEMU's output goes, open for it to inherit. */
export const openLog = ({ log }: RunDirectory) => open(log, "a", 0o600);

async function write(path: string, value: unknown): Promise<void> {
  replaceVolatileFileSync(path, JSON.stringify(value), { mode: 0o600 });
}

async function read<T>(path: string, form: z.ZodType<T, unknown>): Promise<T | null> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  if (text === null) return null;
  try {
    return form.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged`, { cause });
  }
}
