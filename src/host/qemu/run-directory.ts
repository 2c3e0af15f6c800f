/**
 * What a server leaves on its host for the daemon that comes after this one: a directory named by its uuid, with a
 * record without secrets, its last counters, what its QEMU wrote to standard error, and a directory of sockets. That
 * last one alone belongs to the uid of QEMU: what the daemon reads back, no QEMU can have written.
 */
import { chownSync, mkdirSync, rmSync } from "node:fs";
import { mkdir, open, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import type { z } from "zod";
import { replaceFileSync } from "../../base/atomic-file.ts";
import { parseUuid } from "../../base/ids.ts";
import type { ServerCounters } from "../host.ts";
import { connectQmp, type Qmp, type QmpEvent } from "../wire/qmp.ts";
import { COUNTERS, RECORD, type ServerRecord } from "./record.ts";

export type RunDirectory = {
  readonly path: string;
  readonly log: string;
  /** The ROM that boots from the hard disk of this number. */
  bootRom(number: number): string;
  /** Credentials for VNC over TLS, where it has any. */
  readonly tls: string;
  /** Through which its memory is written out, for as long as that is being begun. */
  readonly memory: string;
  /** Where QEMU listens: for the daemon, for the operator beside it, at the serial port, for readers of its drives. */
  readonly sockets: Readonly<Record<"qmp" | "operator" | "serial" | "nbd", string>>;
};

export function runDirectory(servers: string, uuid: string): RunDirectory {
  const path = join(servers, uuid);
  const socket = (name: string) => join(path, "sockets", `${name}.sock`);
  return {
    path,
    log: join(path, "qemu.log"),
    bootRom: (number) => join(path, `boot-${number}.rom`),
    tls: join(path, "tls"),
    memory: join(path, "memory"),
    sockets: {
      qmp: socket("qmp"),
      operator: socket("operator"),
      serial: socket("serial"),
      nbd: socket("nbd"),
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
    connectQmp(sockets.qmp, onEvent, deadlineMs, `server ${uuid}`);

/**
 * Makes the directory, empty, its sockets' part owned by `uid` (null: this user). As all that is written here it lies in
 * memory, and is made in less time than the thread pool takes to be asked.
 */
export async function makeRunDirectory(directory: RunDirectory, uid: number | null): Promise<void> {
  rmSync(directory.path, { recursive: true, force: true });
  mkdirSync(directory.path, { recursive: true, mode: 0o711 });
  const sockets = join(directory.path, "sockets");
  mkdirSync(sockets, { mode: 0o700 });
  if (uid !== null) chownSync(sockets, uid, uid);
}

export async function removeRunDirectory({ path }: RunDirectory): Promise<void> {
  await rm(path, { recursive: true, force: true });
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
  return write(join(path, "counters.json"), counters);
}

/** Null when there are none. Errors: they are damaged. */
export function readCounters({ path }: RunDirectory): Promise<ServerCounters | null> {
  return read(join(path, "counters.json"), COUNTERS);
}

/** Marks the run as ended, with its last counters. The directory may have gone missing. */
export async function writeEnd({ path }: RunDirectory, counters: ServerCounters): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o711 });
  await write(join(path, "ended.json"), counters);
}

/** The last counters of a run that has ended, null when it is not marked so. Errors: they are damaged. */
export function readEnd({ path }: RunDirectory): Promise<ServerCounters | null> {
  return read(join(path, "ended.json"), COUNTERS);
}

/** Where QEMU's output goes, open for it to inherit. */
export const openLog = ({ log }: RunDirectory) => open(log, "a", 0o600);

async function write(path: string, value: unknown): Promise<void> {
  replaceFileSync(path, JSON.stringify(value), { mode: 0o600 });
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
