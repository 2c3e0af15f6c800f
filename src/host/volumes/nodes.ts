/**
 * A drive as a node of QEMU's block layer: the options of `blockdev-add` and `-blockdev` (QEMU qapi/block-core.json).
 * What is written as zeroes, and what is discarded, becomes a hole.
 */
import type { DriveImage } from "../host.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import { imageName, secretOf } from "./image-file.ts";

export type BlockdevOptions = Readonly<Record<string, unknown>>;

/** How long a server's requests wait for a storage daemon that is away; its guest sees a slow disk, not a broken one. */
const RECONNECT_SECONDS = 300;

/** A secret object of QEMU's, to be there when the node is opened. */
export type NodeSecret = { readonly id: string; readonly text: string };

type NodeWishes = { readonly nodeName: string; readonly readOnly: boolean };

/**
 * The node that opens the drive's file, and the secret that it needs (null with cipher `none`). What is sealed is never
 * opened for writing.
 */
export function fileNode(
  drive: DriveImage,
  { nodeName, ...wanted }: NodeWishes,
): { readonly blockdev: BlockdevOptions; readonly secret: NodeSecret | null } {
  const readOnly = wanted.readOnly || drive.sealed !== undefined;
  const wishes = { "read-only": readOnly, discard: "unmap" };
  const own = { ...wishes, "node-name": nodeName, "detect-zeroes": readOnly ? "off" : "unmap" };
  const file = { driver: "file", filename: imageName(drive) };
  if (drive.cipher === "none") return { blockdev: { ...own, ...file }, secret: null };
  const secret = { id: `${nodeName}.secret`, text: secretOf(drive) };
  const encrypt = { format: "luks", "key-secret": secret.id };
  return { blockdev: { ...own, driver: "qcow2", encrypt, file: { ...wishes, ...file } }, secret };
}

/**
 * The node that reads the drive's file beside whoever has it open, as long as nobody writes on it; the secret is to be
 * the object `secretId`.
 */
export function readingNode(drive: DriveImage, secretId: string): BlockdevOptions {
  const wishes = { "read-only": true, "force-share": true };
  const file = { ...wishes, driver: "file", filename: imageName(drive) };
  if (drive.cipher === "none") return { ...wishes, driver: "raw", file };
  return { ...wishes, driver: "qcow2", encrypt: { format: "luks", "key-secret": secretId }, file };
}

/** The node through which a server reaches a drive that the storage daemon holds. */
export function nbdNode(
  { socketPath, exportName }: NbdAddress,
  { nodeName, readOnly }: NodeWishes,
): BlockdevOptions {
  return {
    driver: "nbd",
    "node-name": nodeName,
    server: { type: "unix", path: socketPath },
    export: exportName,
    "read-only": readOnly,
    discard: "unmap",
    "detect-zeroes": readOnly ? "off" : "unmap",
    "reconnect-delay": RECONNECT_SECONDS,
  };
}

/** The name of a drive's node in the storage daemon. A node's name has 31 characters at most: a uuid is longer. */
export function nodeNameOf(uuid: string): string {
  return `d${BigInt(`0x${uuid.replaceAll("-", "")}`).toString(36)}`;
}
