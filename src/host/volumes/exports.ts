/**
 * Drives that the storage daemon has open. One export serves all who use a drive; it is opened when it is first
 * needed, kept for a moment after its last use, and kept for good while servers share it. When the storage daemon is
 * lost, so are its exports.
 */
import { DeadlineExceeded } from "../../base/deadline.ts";
import type { Volume } from "../host.ts";
import { connectNbd, type NbdAddress, type NbdConnection } from "../wire/nbd.ts";
import { exportDrive, unexportDrive } from "./daemon-exports.ts";
import type { DriveTable } from "./drive-table.ts";
import { Moved } from "./faults.ts";
import type { Session } from "./session.ts";
import type { StorageDaemons } from "./storage-daemons.ts";
import { ensureSelfContained, type VolumeFolder } from "./volume-file.ts";

/** How long an export stays open unused: as long as an upload in chunks may pause. */
const IDLE_MS = 5_000;
/** Unused exports that stay open: those last used. */
const MOST_IDLE = 16;

/** What the table knows of a drive that the storage daemon has open, or is opening. */
export type DriveExport = {
  readonly uuid: string;
  readonly session: Session;
  /** The content that it has open where that is sealed, null where it is not; undefined for one that an earlier run left open. */
  readonly sealed: string | null | undefined;
  /** Settles when the export is there; where that fails, the table does not know it any more. */
  readonly opened: Promise<NbdAddress>;
  /** Our own connection to it, null before it is needed, after it ended and when it could not be made. */
  connection: Promise<NbdConnection> | null;
  users: number;
  /** Closes it when it was idle for long enough. */
  timer: NodeJS.Timeout | undefined;
  /** Settles when closing it has succeeded, or not. */
  closing: Promise<void> | null;
};

export type ExportsOptions = {
  readonly folder: VolumeFolder;
  readonly table: DriveTable<DriveExport>;
  readonly daemons: Pick<StorageDaemons, "session" | "running" | "isFor" | "end">;
  /** How long a storage daemon may take to answer. */
  readonly deadlineMs: number;
  onTrouble(error: unknown): void;
};

/** A drive that is open for its user until they release it. */
export type OpenDrive = { readonly nbd: NbdConnection; readonly address: NbdAddress; release(): void };

export class Exports {
  readonly #options: ExportsOptions;
  /** Those that nobody uses, in the order of their last use. */
  readonly #idle = new Set<DriveExport>();

  constructor(options: ExportsOptions) {
    this.#options = options;
  }

  /** Opens the drive. Errors: Moved when a server has it; QMP's; NBD's. */
  async open(volume: Volume): Promise<OpenDrive> {
    const entry = await this.#occupy(volume);
    try {
      const [nbd, address] = await Promise.all([this.#connect(entry), entry.opened]);
      return { nbd, address, release: () => this.#vacate(entry) };
    } catch (error) {
      this.#vacate(entry);
      throw error;
    }
  }

  /** Does `work` on the open drive, beside others. Errors: as of `open`; `work`'s. */
  async use<T>(volume: Volume, work: (nbd: NbdConnection, address: NbdAddress) => Promise<T>): Promise<T> {
    const { nbd, address, release } = await this.open(volume);
    try {
      return await work(nbd, address);
    } finally {
      release();
    }
  }

  /** Opens the drive for servers that share it, and answers where it is. Errors: as of `open`. */
  async share(volume: Volume): Promise<NbdAddress> {
    const entry = await this.#occupy(volume);
    try {
      return await entry.opened;
    } finally {
      this.#vacate(entry);
    }
  }

  /** Whether the drive is open in a daemon of its own: whoever reads it there need not be cut off for servers. */
  isOpenInItsOwn(uuid: string): boolean {
    return this.#options.table.exported(uuid)?.session.drive === uuid;
  }

  /** Closes the drive, which the caller knows nobody to use; connections of others to it are cut. */
  async close(uuid: string): Promise<void> {
    // A daemon that is adopted brings exports with it: it comes first.
    if ((await this.#options.daemons.running(uuid)) === null) return;
    const entry = this.#options.table.exported(uuid);
    if (entry !== null) await this.#shut(entry, "hard");
  }

  /** Servers that shared the drive have gone. */
  rest(uuid: string): void {
    const entry = this.#options.table.exported(uuid);
    if (entry !== null) this.#rest(entry);
    else this.#endOwn(uuid);
  }

  /** Goes on with exports of an earlier run that others are connected to, for as long as they are. */
  async adopt(session: Session, uuids: readonly string[]): Promise<void> {
    for (const uuid of uuids) {
      // The server that has it opened the file itself: nobody but a server that has ended can be connected.
      if (this.#options.table.state(uuid).is === "attached") await unexportDrive(session, uuid, "hard");
      else this.#rest(this.#enter(session, uuid, Promise.resolve(this.#addressOf(session, uuid))));
    }
  }

  /** All that it had open is gone with the daemon. */
  forget(session: Session): void {
    for (const [uuid] of this.#options.table) {
      const entry = this.#options.table.exported(uuid);
      if (entry?.session !== session) continue;
      this.#leave(entry);
      this.#rest(entry);
      this.#endOwn(uuid);
    }
  }

  /** Closes what no server shares, hangs up on the rest, and answers what is still open. */
  async closeAll(): Promise<string[]> {
    const { table, onTrouble } = this.#options;
    const open: string[] = [];
    for (const [uuid, state] of table) {
      const entry = table.exported(uuid);
      // What a lost daemon does not close any more, the next one will find.
      if (entry !== null && state.is !== "shared") await this.#shut(entry, "safe").catch(onTrouble);
      if (state.is === "shared" || table.exported(uuid) !== null) open.push(uuid);
      if (entry === null) continue;
      // What servers go on using stays open to them alone: a connection of ours would keep this process from ending.
      await hangUp(entry);
      clearTimeout(entry.timer);
    }
    return open;
  }

  /** The drive's export with the caller as one of its users, opened when it was not. */
  async #occupy(volume: Volume): Promise<DriveExport> {
    const { table, daemons } = this.#options;
    for (;;) {
      const session = await daemons.session(volume);
      if (table.state(volume.uuid).is === "attached") throw new Moved(volume.uuid);
      // Servers have begun to share it, or have left off.
      if (!daemons.isFor(session, volume.uuid)) continue;
      const entry =
        table.exported(volume.uuid) ??
        this.#enter(session, volume.uuid, this.#export(session, volume), volume.sealed ?? null);
      // Another content came under its uuid, or it was sealed: nobody may have what was there in use any more.
      if (entry.sealed !== undefined && entry.sealed !== (volume.sealed ?? null))
        await this.#shut(entry, "hard");
      else if (entry.closing === null) {
        clearTimeout(entry.timer);
        this.#idle.delete(entry);
        entry.users++;
        return entry;
      }
      await entry.closing;
    }
  }

  async #export(session: Session, volume: Volume): Promise<NbdAddress> {
    await ensureSelfContained(this.#options.folder, volume);
    return exportDrive(session, volume);
  }

  #enter(session: Session, uuid: string, opened: Promise<NbdAddress>, sealed?: string | null): DriveExport {
    const entry: DriveExport = {
      uuid,
      session,
      sealed,
      opened,
      connection: null,
      users: 0,
      timer: undefined,
      closing: null,
    };
    this.#options.table.apply(uuid, { do: "open", exported: entry });
    opened.catch(() => this.#leave(entry));
    return entry;
  }

  #leave(entry: DriveExport): void {
    clearTimeout(entry.timer);
    this.#idle.delete(entry);
    this.#options.table.apply(entry.uuid, { do: "close", exported: entry });
  }

  #vacate(entry: DriveExport): void {
    entry.users--;
    this.#rest(entry);
  }

  /** Lets the timer run for an export that nobody uses, and closes those that were idle longer than enough others. */
  #rest(entry: DriveExport): void {
    if (!this.#isIdle(entry)) return;
    if (!this.#isOpen(entry)) {
      // The daemon that had it open is lost, and with it the connection.
      hangUp(entry).catch(() => {});
      return;
    }
    this.#idle.delete(entry);
    this.#idle.add(entry);
    clearTimeout(entry.timer);
    entry.timer = setTimeout(() => this.#shutIdle(entry), IDLE_MS).unref();
    for (const oldest of [...this.#idle].slice(0, -MOST_IDLE)) this.#shutIdle(oldest);
  }

  #shutIdle(entry: DriveExport): void {
    if (!this.#isIdle(entry)) return;
    this.#shut(entry, "safe").catch((error: unknown) => {
      // With the daemon lost there is nothing left to close.
      if (this.#isOpen(entry)) this.#options.onTrouble(error);
    });
  }

  /** Closes it; `safe` leaves it open when others are connected, as servers are that nobody spoke for yet. */
  async #shut(entry: DriveExport, mode: "safe" | "hard"): Promise<void> {
    const { table, daemons } = this.#options;
    await entry.closing;
    if (!this.#isOpen(entry)) return;
    this.#idle.delete(entry);
    const closing = (async () => {
      await hangUp(entry);
      if (!(await unexportDrive(entry.session, entry.uuid, mode))) return;
      if (table.state(entry.uuid).is !== "shared") await daemons.end(entry.uuid);
      this.#leave(entry);
    })();
    // Who waits for the end of it asks again what is open then.
    entry.closing = closing.catch(() => {});
    try {
      await closing;
    } finally {
      entry.closing = null;
      this.#rest(entry);
    }
  }

  /** Where nothing of the drive is open, nor is to be, it needs no daemon of its own. */
  #endOwn(uuid: string): void {
    const { table, daemons, onTrouble } = this.#options;
    if (table.state(uuid).is !== "shared") daemons.end(uuid).catch(onTrouble);
  }

  #connect(entry: DriveExport): Promise<NbdConnection> {
    if (entry.connection !== null) return entry.connection;
    const connecting = entry.opened.then((address) => connectNbd(address, this.#options.deadlineMs));
    const ended = (wasLate: boolean) => {
      if (entry.connection === connecting) entry.connection = null;
      // Whether the daemon answers nothing at all any more is asked of it, and it is given up where that is so:
      // whoever needs it next finds that.
      if (wasLate) entry.session.ensureAnswers().catch(() => {});
    };
    connecting.then(
      (nbd) => nbd.closed.then(() => ended(nbd.wasLate)),
      (error) => ended(error instanceof DeadlineExceeded),
    );
    entry.connection = connecting;
    return connecting;
  }

  #isOpen(entry: DriveExport): boolean {
    return this.#options.table.exported(entry.uuid) === entry;
  }

  #isIdle({ uuid, users, closing }: DriveExport): boolean {
    return users === 0 && closing === null && this.#options.table.state(uuid).is !== "shared";
  }

  #addressOf({ nbdSocketPath }: Session, uuid: string): NbdAddress {
    return { socketPath: nbdSocketPath, exportName: uuid };
  }
}

async function hangUp(entry: DriveExport): Promise<void> {
  const nbd = await entry.connection?.catch(() => null);
  await nbd?.close();
}
