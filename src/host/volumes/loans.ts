/**
 * Loans of drives' files. A file belongs to the drives' uid, which nobody has but the storage daemon of all drives. Who else
 * opens one has a uid of their own: a worker, or the storage daemon that a drive has for itself. These take no open
 * descriptor (qemu-img knows none, and to open `/dev/fd/N` anew takes the file's own mode; a storage daemon takes them by
 * `add-fd` alone, which Node cannot send). So for as long as they work, the file is of a group that is the drive's alone, and
 * open to it: for reading, or for writing, too.
 *
 * The group is out of the range of servers' uids; who writes has it for their uid. Whose it is, is on record by the file:
 * what a daemon that died had lent is taken back by the next one, but for storage daemons that went on.
 */
import { lstatSync } from "node:fs";
import { chmod, chown, lstat } from "node:fs/promises";
import { join } from "node:path";
import { listVolumes, type VolumeFolder, volumeNames } from "./volume-file.ts";

/** Ids that are nobody else's while they are taken, each by a name of its own. */
export type Ids = {
  /** Errors: `full`, all are taken. */
  take(name: string): number;
  /** It is taken by that name already. */
  adopt(name: string, id: number): void;
  giveBack(name: string): void;
};

export type Access = "read" | "write";

export type Loan = {
  /** The group that may use the file; null where it is open to this user anyway. */
  readonly id: number | null;
  /** Sees to it that the file is open to the group, whatever came over it. */
  renew(): Promise<void>;
  /** The file is closed again, unless others have it too. May be repeated. Errors: the file system's; the group stays taken. */
  end(): Promise<void>;
};

type Lent = { readonly id: number; readers: number; writers: number; work: Promise<unknown> };

/** The volume of a drive, or one that is to become one. */
type Named = { readonly uuid: string; readonly staging?: true };

export class Loans {
  readonly #folder: VolumeFolder;
  readonly #ids: Ids | null;
  readonly #lent = new Map<string, Lent>();

  constructor(folder: VolumeFolder, ids: Ids | null) {
    this.#folder = folder;
    this.#ids = ids;
  }

  /** Lends the volume's file. Errors: `full`, the file system's; then it is not lent. */
  async lend(volume: Named, access: Access): Promise<Loan> {
    if (this.#ids === null || this.#folder.uid === null) return NO_LOAN;
    const lent = this.#lent.get(volume.uuid) ?? this.#enter(volume.uuid, this.#ids.take(nameOf(volume.uuid)));
    const loan = this.#loan(volume, lent, access);
    try {
      await loan.renew();
      return loan;
    } catch (error) {
      await loan.end();
      throw error;
    }
  }

  /** A process that an earlier daemon started has the drive's file for writing, by that group. */
  adopt(uuid: string, id: number): Loan {
    this.#ids?.adopt(nameOf(uuid), id);
    return this.#loan({ uuid }, this.#enter(uuid, id), "write");
  }

  /** Takes back all that nobody has any more. What cannot be taken back is told to `onTrouble`. */
  async takeBackLeft(onTrouble: (error: unknown) => void): Promise<void> {
    if (this.#folder.uid === null) return;
    for (const uuid of await listVolumes(this.#folder)) {
      if (!this.#lent.has(uuid) && this.#isOpen(uuid)) await this.#open({ uuid }, null).catch(onTrouble);
    }
  }

  /** Whether a group may use its file. At once, of which thousands take less than their turns in the thread pool would. */
  #isOpen(uuid: string): boolean {
    const { home, uid } = this.#folder;
    return volumeNames({ uuid }).some((name) => {
      const found = lstatSync(join(home, name), { throwIfNoEntry: false });
      return found?.uid === uid && (found?.gid !== uid || (found.mode & 0o077) !== 0);
    });
  }

  #enter(uuid: string, id: number): Lent {
    const lent = { id, readers: 0, writers: 0, work: Promise.resolve() };
    this.#lent.set(uuid, lent);
    return lent;
  }

  #loan(volume: Named, lent: Lent, access: Access): Loan {
    const users = access === "read" ? "readers" : "writers";
    lent[users]++;
    let isOver = false;
    return {
      id: lent.id,
      renew: () => this.#settle(volume, lent),
      end: () => {
        if (!isOver) lent[users]--;
        isOver = true;
        return this.#settle(volume, lent);
      },
    };
  }

  /** Does what is due once all that came before has been done. */
  #settle(volume: Named, lent: Lent): Promise<void> {
    const settled = lent.work.then(async () => {
      await this.#open(volume, lent);
      if (lent.readers + lent.writers > 0 || this.#lent.get(volume.uuid) !== lent) return;
      this.#lent.delete(volume.uuid);
      this.#ids?.giveBack(nameOf(volume.uuid));
    });
    // Whoever waits for it gets its error.
    lent.work = settled.catch(() => {});
    return settled;
  }

  /** Opens the file to whom it is lent, or closes it. What is not the drives' uid's is a standard image, which all may read. */
  async #open(volume: Named, lent: Lent | null): Promise<void> {
    const { home, uid } = this.#folder;
    if (uid === null) return;
    const isLent = lent !== null && lent.readers + lent.writers > 0;
    const group = isLent ? lent.id : uid;
    const mode = !isLent ? 0o600 : lent.writers > 0 ? 0o660 : 0o640;
    for (const name of volumeNames(volume)) {
      const path = join(home, name);
      const found = await lstat(path).catch(absent);
      if (found?.uid !== uid || !found.isFile()) continue;
      if (found.gid === group && (found.mode & 0o777) === mode) continue;
      // At no moment is it open to another group than that one.
      if (found.gid !== group) {
        await chmod(path, 0o600);
        await chown(path, uid, group);
      }
      await chmod(path, mode);
    }
  }
}

const nameOf = (uuid: string) => `drive-${uuid}`;

/** Where all processes have this user's uid. */
const NO_LOAN: Loan = { id: null, renew: async () => {}, end: async () => {} };

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== "ENOENT") throw error;
}
