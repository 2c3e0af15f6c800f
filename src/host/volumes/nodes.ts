/**
 * A volume as a node of QEMU's block layer: the options of `blockdev-add` and `-blockdev` (QEMU qapi/block-core.json).
 * What is written as zeroes, and what is discarded, becomes a hole; zeroes of an encrypted volume are marked in its tables first.
 */
import type { Volume } from "../host.ts";
import type { NbdAddress } from "../wire/nbd.ts";
import { layout, secretOf, volumeName } from "./volume-file.ts";

export type BlockdevOptions = Readonly<Record<string, unknown>>;

/** How long a server's requests wait for a storage daemon that is away; its guest sees a slow disk, not a broken one. */
const RECONNECT_SECONDS = 300;

/** Whatever the file names as the one behind it. */
const QCOW2 = { driver: "qcow2", backing: null } as const;

/** A secret object of QEMU's, to be there when the node is opened. */
export type NodeSecret = { readonly id: string; readonly text: string };

type NodeOptions = { readonly nodeName: string; readonly readOnly: boolean };
type FileNodeOptions = NodeOptions & {
  /** The name that its file is opened by; absent: its own. */
  readonly filename?: string;
};

/**
 * The node that opens the volume's file, and the secret that it needs (null where it is not encrypted). What is sealed
 * is never opened for writing. Errors: `failed` for a volume that cannot be opened.
 */
export function fileNode(
  volume: Volume,
  { nodeName, filename = volumeName(volume), ...wanted }: FileNodeOptions,
): { readonly blockdev: BlockdevOptions; readonly secret: NodeSecret | null } {
  const readOnly = wanted.readOnly || volume.sealed !== undefined;
  const access = { "read-only": readOnly, discard: "unmap" };
  const own = { ...access, "node-name": nodeName, "detect-zeroes": readOnly ? "off" : "unmap" };
  const file = { driver: "file", filename };
  switch (layout(volume)) {
    case "raw":
      return { blockdev: { ...own, ...file }, secret: null };
    case "qcow2":
      return { blockdev: { ...own, ...QCOW2, file: { ...access, ...file } }, secret: null };
    case "luks-qcow2": {
      const secret = { id: `${nodeName}.secret`, text: secretOf(volume) };
      const encrypt = { format: "luks", "key-secret": secret.id };
      // A hole reads as noise until the tables say otherwise: what is written as zeroes is marked in them alone.
      const marks = { "detect-zeroes": readOnly ? "off" : "on" };
      const blockdev = { ...own, ...QCOW2, ...marks, encrypt, file: { ...access, ...file } };
      return { blockdev, secret };
    }
  }
}

/**
 * The node that reads the volume's file beside whoever has it open, as long as nobody writes on it; the secret is to be
 * the object `secretId`.
 */
export function readingNode(volume: Volume, secretId: string): BlockdevOptions {
  const access = { "read-only": true, "force-share": true };
  const file = { ...access, driver: "file", filename: volumeName(volume) };
  const encrypted = layout(volume) === "luks-qcow2";
  const encrypt = encrypted ? { encrypt: { format: "luks", "key-secret": secretId } } : {};
  return { ...access, ...(volume.format === "raw" ? { driver: "raw" } : QCOW2), ...encrypt, file };
}

/** The node through which a server reaches a drive that the storage daemon has open. */
export function nbdNode(
  { socketPath, exportName }: NbdAddress,
  { nodeName, readOnly }: NodeOptions,
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
