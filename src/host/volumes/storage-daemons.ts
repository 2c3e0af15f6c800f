/**
 * The storage daemons of a cloud. One is for all drives that the API alone uses: nobody else reaches it. And each drive that
 * servers share has one of its own, which sees that drive's file and no other: a storage daemon serves all that it has open at
 * one socket, which a server's QEMU is shown, and so would be a door to drives of others.
 *
 * A drive gets one of its own when servers begin to share it, and keeps it until it is closed after the last of them. That it
 * has one is on record by the folder of its sockets. One that servers of an earlier release share is open in the general one,
 * and stays there until the last of them has gone.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureFolder, PASSABLE } from "../../base/folder.ts";
import { parseUuid } from "../../base/ids.ts";
import { allSettled } from "../../base/settled.ts";
import type { Volume } from "../host.ts";
import { findProcesses } from "../process/find.ts";
import type { ProcessIdentity } from "../process/process.ts";
import type { Cages } from "./cages.ts";
import type { Session } from "./session.ts";
import {
  type SessionHooks,
  StorageDaemon,
  type StorageDaemonFigures,
  type StorageDaemonOptions,
  socketDirNamedBy,
} from "./storage-daemon.ts";
import { longestBytes, volumeNames } from "./volume-file.ts";

export type StorageDaemonsOptions = Pick<StorageDaemonOptions, "home" | "sandboxer" | "deadlineMs"> & {
  readonly cages: Cages;
  /** Who drives' files belong to; null: our own user. */
  readonly uid: number | null;
  /** For the folders of their sockets. */
  readonly runDir: string;
};

export class StorageDaemons {
  readonly #options: StorageDaemonsOptions;
  readonly #hooks: SessionHooks;
  readonly #general: StorageDaemon;
  readonly #own = new Map<string, StorageDaemon>();
  /** The end of the longest file that a drive's own daemon may write, once its volume is known. */
  readonly #longestBytes = new Map<string, number>();
  readonly #counts = { launches: 0, losses: 0 };
  /** Those of drives that are on their way to their ends; each settles, whatever comes of it. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(options: StorageDaemonsOptions, hooks: SessionHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#general = this.#daemon(null);
    const folder = foldersOfOwn(options.runDir);
    ensureFolder(folder, PASSABLE);
    for (const drive of drivesIn(readdirSync(folder))) {
      const id = uidOf(socketDirOf(options.runDir, drive), options.uid);
      this.#own.set(drive, this.#daemon(drive, id));
    }
  }

  /** Of all of them together. */
  get figures(): StorageDaemonFigures {
    return { ...this.#counts };
  }

  /** The daemon in which the drive is to be opened. Errors: as of `StorageDaemon.session`. */
  async session(volume: Volume): Promise<Session> {
    const { uuid } = volume;
    await this.#ending.get(uuid);
    if (this.#own.has(uuid)) this.#longestBytes.set(uuid, longestBytes(volume));
    return this.#for(uuid).session();
  }

  /** The same, but null where it does not run: for whoever only wants something closed in it. */
  async running(drive: string): Promise<Session | null> {
    await this.#ending.get(drive);
    return this.#for(drive).running();
  }

  /** Whether that is the daemon in which the drive is to be opened. */
  isFor(session: Pick<Session, "drive">, drive: string): boolean {
    return session.drive === (this.#own.has(drive) ? drive : null);
  }

  /** From now on the drive is opened in a daemon of its own. The caller knows that it is open nowhere. */
  giveOwn(drive: string): void {
    if (!this.#own.has(drive)) this.#own.set(drive, this.#daemon(drive));
  }

  /**
   * Ends the daemon that the drive has for itself, where it has one: from now on it is opened in that of all. Its caller
   * knows that nobody has it open any more.
   */
  async end(drive: string): Promise<void> {
    const daemon = this.#own.get(drive);
    if (daemon === undefined) return this.#ending.get(drive);
    this.#own.delete(drive);
    this.#longestBytes.delete(drive);
    const { runDir } = this.#options;
    const ended = (async () => {
      await daemon.close(false);
      await rm(socketDirOf(runDir, drive), { recursive: true, force: true });
    })();
    const settled = ended.then(
      () => {},
      () => {},
    );
    this.#ending.set(drive, settled);
    try {
      await ended;
    } finally {
      if (this.#ending.get(drive) === settled) this.#ending.delete(drive);
    }
  }

  /** The drives that have daemons of their own. */
  drives(): string[] {
    return [...this.#own.keys()];
  }

  /** Lets go of all. They end, but those that are to stay for servers. */
  async close(stays: (daemon: Pick<Session, "drive">) => boolean): Promise<void> {
    await allSettled([
      this.#general.close(stays({ drive: null })),
      ...[...this.#own].map(([drive, daemon]) => (stays({ drive }) ? daemon.close(true) : this.end(drive))),
      ...this.#ending.values(),
    ]);
  }

  #for(drive: string): StorageDaemon {
    return this.#own.get(drive) ?? this.#general;
  }

  /** @param id the uid of the one that an earlier daemon launched, null where it is none of its own */
  #daemon(drive: string | null, id: number | null = null): StorageDaemon {
    const { runDir, home, cages, ...rest } = this.#options;
    const cage = cages.storageDaemon(drive, id);
    const sees =
      drive === null
        ? () => [join(home, "drives")]
        : () =>
            volumeNames({ uuid: drive }).flatMap((name) =>
              existsSync(join(home, name)) ? [join(home, name)] : [],
            );
    const logFile = join(home, "log", "storage-daemon.log");
    const fileBytes = () => (drive === null ? undefined : this.#longestBytes.get(drive));
    const places = { home, sees, fileBytes, logFile, socketDir: socketDirOf(runDir, drive) };
    return new StorageDaemon({ ...rest, ...places, cage, drive, counts: this.#counts }, this.#hooks);
  }
}

const foldersOfOwn = (runDir: string): string => join(runDir, "shared");

/** The folder of the sockets of the drive's own daemon, or of that of all drives (null). */
export const socketDirOf = (runDir: string, drive: string | null): string =>
  drive === null ? join(runDir, "blocks") : join(foldersOfOwn(runDir), drive);

/** The uid that the storage daemon of that folder of sockets was given; null where it has that of all drives. */
function uidOf(socketDir: string, drivesUid: number | null): number | null {
  const { gid } = statSync(socketDir);
  // Whoever is not root gives none, and no earlier release gave one.
  return drivesUid === null || gid === 0 || gid === drivesUid ? null : gid;
}

const drivesIn = (names: readonly string[]): string[] =>
  names.flatMap((name) => {
    const drive = parseUuid(name);
    return drive === null ? [] : [drive];
  });

/** All storage daemons of that folder for sockets that run. */
export async function findStorageDaemons(runDir: string): Promise<ProcessIdentity[]> {
  const folders = [socketDirOf(runDir, null), foldersOfOwn(runDir)];
  const found = await findProcesses((words) => {
    const socketDir = socketDirNamedBy(words);
    if (socketDir === null) return null;
    return folders.includes(socketDir) || folders.includes(dirname(socketDir)) ? true : null;
  });
  return found.map(({ identity }) => identity);
}
