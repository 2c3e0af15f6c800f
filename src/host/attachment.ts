/**
 * How a server's QEMU comes to a drive: what the part that launches it is given, and what it owes in return.
 *
 * An exclusive drive is opened by that QEMU itself; until it ends, the drive is read through it. A shared drive stays
 * with the storage daemon, and every server reaches it over NBD, since two QEMUs must not write on one qcow2 file.
 */
import type { DriveImage } from "./host.ts";
import type { NbdAddress } from "./wire/nbd.ts";

/** A drive as one device of a server needs it. */
export type AttachRequest = {
  readonly drive: DriveImage;
  /** Several servers may write on it at once (claim:type shared). */
  readonly shared: boolean;
  /** For a cdrom. */
  readonly readOnly: boolean;
  /** The name that the device will know its node by: a letter, then letters, digits, `-`, `.` or `_`; 31 at most. */
  readonly nodeName: string;
};

export type Attachment = {
  /** The value of one `-blockdev`, as JSON: its nodes are nested, the outermost bears the name that was asked for. */
  readonly blockdev: Readonly<Record<string, unknown>>;
  /** The secret object (`qom-type: secret`) that must be made before the blockdev, null where none is needed. */
  readonly secret: { readonly id: string; readonly text: string } | null;
};

export type Attachments = {
  /**
   * Makes the drive ready to be opened by the server's QEMU: waits for API reads and closes what they used. File
   * names are relative to the home, which is to be the working directory of that QEMU.
   *
   * Errors: `busy` when an API write is in progress; `failed`.
   */
  attach(server: string, request: AttachRequest): Promise<Attachment>;
  /** A server of the daemon's earlier run still uses a shared drive over NBD: it is kept for it (again). */
  resume(server: string, uuid: string): Promise<void>;
  /** The server's QEMU has gone, or was never launched: gives back all its drives. Repeating it does nothing. */
  detach(server: string): Promise<void>;
};

/**
 * Where a running server's QEMU exports the drive (read-only, over NBD); null when no server holds it.
 *
 * It must answer for an exclusive drive from before its `attach` is asked for until its `detach`, and from the start of
 * the daemon for servers that still run. The promise may wait for the QEMU to be ready, and is rejected when that comes
 * to nothing: the read is then tried again with whoever holds the drive by then.
 */
export type HeldBy = (uuid: string) => null | (() => Promise<NbdAddress>);
