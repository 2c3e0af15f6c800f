/**
 * Drives that the storage daemon has open. One export serves all who use a drive; it is opened when it is first
 * needed, kept for a moment after its last use, and kept for good while servers use it (shared drives). When the
 * storage daemon is lost, so are its exports.
 */
import type { DriveImage } from "../host.ts";
import { connectNbd, type Nbd, type NbdAddress } from "../wire/nbd.ts";
import { exportDrive, unexportDrive } from "./daemon-exports.ts";
import type { Session } from "./storage-daemon.ts";

/** How long an export stays open unused: as long as an upload in chunks may pause. */
const IDLE_MS = 5_000;
/** Unused exports that stay open: those last used. */
const MOST_IDLE = 16;

export type Exports = {
  /** Does `work` on the open drive, beside others; it is told where the drive is exported. Errors: QMP's, `work`'s. */
  use<T>(drive: DriveImage, work: (nbd: Nbd, address: NbdAddress) => Promise<T>): Promise<T>;
  /** Closes the drive, which the caller knows nobody to use; connections of others to it are cut. */
  release(uuid: string): Promise<void>;
  /** Opens the drive, keeps it open until `letGo`, and answers where it is. */
  hold(drive: DriveImage): Promise<NbdAddress>;
  letGo(uuid: string): void;
  /** Goes on with exports of an earlier run that others are connected to, for as long as they are. */
  adopt(session: Session, uuids: readonly string[]): void;
  /** All is gone with the daemon. */
  forget(): void;
  /** Closes what is not held, and answers whether anything is still open. */
  close(): Promise<boolean>;
};

type Entry = {
  readonly uuid: string;
  readonly session: Session;
  /** The content that it has open, where that is sealed; undefined also for one that an earlier run left open. */
  readonly sealed: string | undefined;
  /** Settles when the export is there. */
  readonly opened: Promise<NbdAddress>;
  /** Our own connection to it, null before it is needed and after it ended. */
  nbd: Promise<Nbd> | null;
  users: number;
  held: boolean;
  /** Closes it when it was idle for long enough. */
  timer: NodeJS.Timeout | undefined;
  /** Settles when closing it has succeeded, or not. */
  closing: Promise<void> | null;
};

/** @param session answers the storage daemon that runs, and brings one up when there is none. */
export function driveExports(session: () => Promise<Session>, onTrouble: (error: unknown) => void): Exports {
  /** In the order of their last use. */
  const entries = new Map<string, Entry>();

  function enter(uuid: string, session: Session, opened: Promise<NbdAddress>, sealed?: string): Entry {
    const entry: Entry = {
      uuid,
      session,
      sealed,
      opened,
      nbd: null,
      users: 0,
      held: false,
      timer: undefined,
      closing: null,
    };
    entries.set(uuid, entry);
    opened.catch(() => leave(entry));
    return entry;
  }

  function leave(entry: Entry): void {
    clearTimeout(entry.timer);
    if (entries.get(entry.uuid) === entry) entries.delete(entry.uuid);
  }

  /** The drive's entry with the caller as one of its users, opened when it was not. */
  async function occupy(drive: DriveImage): Promise<Entry> {
    for (;;) {
      // An adopted daemon brings entries with it: it comes first.
      const daemon = await session();
      const entry =
        entries.get(drive.uuid) ?? enter(drive.uuid, daemon, exportDrive(daemon, drive), drive.sealed);
      // Another content came under its uuid: nobody can have that one in use any more.
      if (entry.sealed !== undefined && entry.sealed !== drive.sealed) await shut(entry, "hard");
      else if (entry.closing === null) {
        clearTimeout(entry.timer);
        entry.users++;
        return entry;
      }
      await entry.closing;
    }
  }

  function vacate(entry: Entry): void {
    entry.users--;
    rest(entry);
  }

  /** Lets the timer run for an entry that nobody uses, and closes those that were idle longer than enough others. */
  function rest(entry: Entry): void {
    if (!isIdle(entry)) return;
    if (entries.get(entry.uuid) !== entry) {
      hangUp(entry).catch(() => {});
      return;
    }
    entries.delete(entry.uuid);
    entries.set(entry.uuid, entry);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => shutIdle(entry), IDLE_MS).unref();
    const idle = [...entries.values()].filter(isIdle);
    for (const oldest of idle.slice(0, -MOST_IDLE)) shutIdle(oldest);
  }

  function shutIdle(entry: Entry): void {
    if (!isIdle(entry)) return;
    shut(entry, "safe").catch((error: unknown) => {
      // With the daemon lost there is nothing left to close.
      if (entries.get(entry.uuid) === entry) onTrouble(error);
    });
  }

  /** Closes it; `safe` leaves it open when others are connected, as servers are that nobody spoke for yet. */
  async function shut(entry: Entry, mode: "safe" | "hard"): Promise<void> {
    await entry.closing;
    if (entries.get(entry.uuid) !== entry) return;
    const closing = (async () => {
      await hangUp(entry);
      if (await unexportDrive(entry.session, entry.uuid, mode)) leave(entry);
    })();
    // Who waits for the end of it asks again what is open then.
    entry.closing = closing.catch(() => {});
    try {
      await closing;
    } finally {
      entry.closing = null;
      rest(entry);
    }
  }

  function connection(entry: Entry): Promise<Nbd> {
    if (entry.nbd !== null) return entry.nbd;
    const connecting = entry.opened.then(connectNbd);
    const ended = () => {
      if (entry.nbd === connecting) entry.nbd = null;
    };
    connecting.then((nbd) => nbd.closed).then(ended, ended);
    entry.nbd = connecting;
    return connecting;
  }

  return {
    async use(drive, work) {
      const entry = await occupy(drive);
      try {
        return await work(await connection(entry), await entry.opened);
      } finally {
        vacate(entry);
      }
    },
    async release(uuid) {
      await session();
      const entry = entries.get(uuid);
      if (entry !== undefined) await shut(entry, "hard");
    },
    async hold(drive) {
      const entry = await occupy(drive);
      try {
        const address = await entry.opened;
        entry.held = true;
        return address;
      } finally {
        vacate(entry);
      }
    },
    letGo(uuid) {
      const entry = entries.get(uuid);
      if (entry === undefined) return;
      entry.held = false;
      rest(entry);
    },
    adopt(daemon, uuids) {
      for (const uuid of uuids) {
        const address = { socketPath: daemon.nbdSocketPath, exportName: uuid };
        rest(enter(uuid, daemon, Promise.resolve(address)));
      }
    },
    forget() {
      for (const entry of entries.values()) {
        leave(entry);
        rest(entry);
      }
    },
    async close() {
      for (const entry of [...entries.values()]) {
        // What a lost daemon does not close any more, the next one will find.
        if (!entry.held) await shut(entry, "safe").catch(onTrouble);
        clearTimeout(entry.timer);
      }
      return entries.size > 0;
    },
  };
}

async function hangUp(entry: Entry): Promise<void> {
  const nbd = await entry.nbd?.catch(() => null);
  await nbd?.close();
}

function isIdle({ users, held, closing }: Entry): boolean {
  return users === 0 && !held && closing === null;
}
