/**
 * What a server leaves on its host for the daemon that comes after this one: a directory named by its uuid, with a
 * record without secrets, its last counters, what its QEMU wrote to standard error, and a directory of sockets. That
 * last one alone belongs to the uid of QEMU: what the daemon reads back, no QEMU can have written.
 */
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseUuid } from "../../base/ids.ts";
import type { VncListen } from "../guest-network.ts";
import type { ServerCounters } from "../host.ts";

/** What the daemon must know of a running server that QEMU does not tell. */
export type ServerRecord = {
  readonly uuid: string;
  /** When its QEMU was launched, seconds since the epoch. */
  readonly started: number;
  /** Its drives' devices, in the order of its counters. */
  readonly devices: readonly DeviceRecord[];
  /** The taps that count its traffic. */
  readonly taps: readonly string[];
  readonly vnc: { readonly address: string; readonly listen: VncListen } | null;
};

export type DeviceRecord = {
  readonly id: string;
  readonly drive: string;
  readonly node: string;
  readonly shared: boolean;
};

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

/** Makes the directory, empty, its sockets' part owned by `uid` (null: this user). */
export async function makeRunDirectory(directory: RunDirectory, uid: number | null): Promise<void> {
  await rm(directory.path, { recursive: true, force: true });
  await mkdir(directory.path, { recursive: true, mode: 0o711 });
  const sockets = join(directory.path, "sockets");
  await mkdir(sockets, { mode: 0o700 });
  if (uid !== null) await chown(sockets, uid, uid);
}

export async function removeRunDirectory({ path }: RunDirectory): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

/** The uuids of all servers that have a directory below `servers`. */
export async function serversWithDirectory(servers: string): Promise<string[]> {
  return (await readdir(servers)).filter((name) => parseUuid(name) === name);
}

export function writeRecord({ path }: RunDirectory, record: ServerRecord): Promise<void> {
  return replace(join(path, "record.json"), record);
}

/** Null when the daemon that made the directory ended before there was anything to record. */
export function readRecord({ path }: RunDirectory): Promise<ServerRecord | null> {
  return readJson(join(path, "record.json"));
}

export function writeCounters({ path }: RunDirectory, counters: ServerCounters): Promise<void> {
  return replace(join(path, "counters.json"), counters);
}

export function readCounters({ path }: RunDirectory): Promise<ServerCounters | null> {
  return readJson(join(path, "counters.json"));
}

/** Where QEMU's output goes, open for it to inherit. */
export const openLog = ({ log }: RunDirectory) => open(log, "a", 0o600);

/** Whole or not at all, whenever the daemon dies. */
async function replace(path: string, value: unknown): Promise<void> {
  await writeFile(`${path}.new`, JSON.stringify(value), { mode: 0o600 });
  await rename(`${path}.new`, path);
}

async function readJson<T>(path: string): Promise<T | null> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return text === null ? null : (JSON.parse(text) as T);
}
