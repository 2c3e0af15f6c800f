/**
 * How a server's QEMU comes to a drive: what the part that launches it is given, and what it owes in return.
 *
 * An exclusive drive is opened by that QEMU itself; until it ends, the drive is read through it. A shared drive stays
 * with the storage daemon, and every server reaches it over NBD, since two QEMUs must not write on one qcow2 file.
 */
import type { Volume } from "./host.ts";
import type { NbdAddress } from "./wire/nbd.ts";

/** A drive as one device of a server needs it. */
export type AttachRequest = {
  readonly volume: Volume;
  /** Several servers may write on it at once (claim:type shared). */
  readonly shared: boolean;
  /** For a cdrom. */
  readonly readOnly: boolean;
  /** The name that the device will know its node by: a letter, then letters, digits, `-`, `.` or `_`; 31 at most. */
  readonly nodeName: string;
  /**
   * The name by which that QEMU opens the file of an exclusive drive, where it inherits it (qemu(1), `-add-fd`); absent: the
   * file's own, relative to the home.
   */
  readonly filename?: string;
};

export type Attachment = {
  /** The value of one `-blockdev`, as JSON: its nodes are nested, the outermost bears the name that was asked for. */
  readonly blockdev: Readonly<Record<string, unknown>>;
  /** The secret object (`qom-type: secret`) that must be made before the blockdev, null where none is needed. */
  readonly secret: { readonly id: string; readonly text: string } | null;
  /** What is to be open for QEMU by the name that was asked for; null for a shared drive. */
  readonly file: AttachedFile | null;
  /** What QEMU must see, a folder or a file, to reach a shared drive; null for an exclusive one. */
  readonly shown: string | null;
};

/** A drive's file, whose path is relative to the home, and the end of the longest that it may ever become. */
export type AttachedFile = { readonly path: string; readonly readOnly: boolean; readonly limitBytes: number };

/**
 * Where a server's QEMU exports an exclusive drive that it has open (read-only, over NBD). It may wait for the QEMU to
 * be ready, and is rejected when that comes to nothing: the read is then tried again with whoever holds the drive.
 */
export type Exporter = () => Promise<NbdAddress>;

/** A drive that a server uses, as an earlier daemon left it. */
export type AdoptedDrive = { readonly drive: string; readonly shared: boolean; readonly exporter: Exporter };

export type Attachments = {
  /**
   * Makes the drive ready to be opened by the server's QEMU: waits for API reads and closes what they used. From now on
   * an exclusive drive is read by way of `exporter`.
   *
   * Errors: `busy` when an API write or a job is in progress, or another server has it; `failed`.
   */
  attach(server: string, request: AttachRequest, exporter: Exporter): Promise<Attachment>;
  /** Takes up what a server of an earlier daemon uses, before anybody else reaches its drives. */
  adopt(server: string, drives: readonly AdoptedDrive[]): void;
  /** A server that runs uses the shared volume, which is opened for it (again) where it is not. */
  share(server: string, volume: Volume): Promise<void>;
  /** The server's QEMU has gone, or was never launched: gives back all its drives. Repeating it does nothing. */
  detach(server: string): void;
};
