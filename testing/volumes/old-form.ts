/**
 * A drive's file as releases before extended L2 entries laid it out, with clusters of 64 KiB: byte for byte what they wrote,
 * for a volume of 8 MiB. All else of the file is a hole.
 */
import { chown, type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Volume } from "../../src/host/host.ts";
import { makeLuksHeader } from "../../src/host/volumes/luks.ts";
import { volumeName } from "../../src/host/volumes/volume-file.ts";
import type { Fixture } from "./drives.ts";

export const OLD_FORM_BYTES = 8 * 2 ** 20;
const CLUSTER_BYTES = 64 * 1024;

/** What differs between a file that is encrypted and one that is not. */
type Form = { readonly header: string; readonly clusters: number };

const REFCOUNT_TABLE = "0000000000020000";
const PLAIN: Form = {
  header:
    "514649fb000000030000000000000000000000000000001000000000008000000000000000000001000000000003000000000000" +
    "00010000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000400000068",
  clusters: 4,
};
const ENCRYPTED: Form = {
  header:
    "514649fb000000030000000000000000000000000000001000000000008000000000000200000001000000000003000000000000" +
    "00010000000000010000000000000000000000000000000000000000000000000000000000000000000000000000000400000068" +
    "0537be7700000010000000000004000000000000001f90000000000000000000",
  clusters: 36,
};

/** Makes the file of a qcow2 volume of OLD_FORM_BYTES, with a LUKS header of its own where it is encrypted. */
export async function makeOldFile({ home, uid }: Fixture, volume: Volume): Promise<void> {
  const { header, clusters } = volume.secret === null ? PLAIN : ENCRYPTED;
  const path = join(home, volumeName(volume));
  const file = await open(path, "wx", 0o600);
  try {
    await file.truncate(clusters * CLUSTER_BYTES);
    await put(file, 0, Buffer.from(header, "hex"));
    await put(file, CLUSTER_BYTES, Buffer.from(REFCOUNT_TABLE, "hex"));
    await put(file, 2 * CLUSTER_BYTES, Buffer.from("0001".repeat(clusters), "hex"));
    if (volume.secret !== null)
      await put(file, 4 * CLUSTER_BYTES, await makeLuksHeader(volume.uuid, volume.secret));
  } finally {
    await file.close();
  }
  if (uid !== null) await chown(path, uid, uid);
}

const put = (file: FileHandle, offset: number, bytes: Buffer) => file.write(bytes, 0, bytes.length, offset);
