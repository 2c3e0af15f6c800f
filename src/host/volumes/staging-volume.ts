/**
 * A staging volume: what is to become a drive's volume once it is filled. It is open to QEMU as any volume is, under a
 * uuid of its own, and cleared away at the next start if it comes to nothing.
 */
import { randomUUID } from "node:crypto";
import { constants, copyFile, open, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Volume } from "../host.ts";
import { changeFile } from "./file-handle.ts";
import {
  giveToQemu,
  layout,
  outOfSpaceError,
  syncFolder,
  type VolumeFolder,
  volumeName,
} from "./volume-file.ts";

export type StagingVolume = Volume & { readonly staging: true };

/** Makes a copy of the volume's file, which is empty and which nobody has open, beside it. Errors: `full`. */
export async function makeStaging(folder: VolumeFolder, volume: Volume): Promise<StagingVolume> {
  const staging = { ...volume, uuid: randomUUID(), staging: true } as const;
  const [path, model] = [staging, volume].map((one) => join(folder.home, volumeName(one))) as [
    string,
    string,
  ];
  try {
    if (layout(volume) !== "raw") await copyFile(model, path, constants.COPYFILE_EXCL);
    const file = await open(path, "a", 0o600);
    try {
      await giveToQemu(folder, file);
      await file.truncate((await stat(model)).size);
    } finally {
      await file.close();
    }
    return staging;
  } catch (error) {
    await discardStaging(folder, staging);
    throw outOfSpaceError(error);
  }
}

/** Makes the staging volume that of the drive, which nobody has open; it is on stable storage then. */
export async function placeStaging(
  folder: VolumeFolder,
  staging: StagingVolume,
  volume: Volume,
): Promise<void> {
  const path = join(folder.home, volumeName(staging));
  await changeFile(path, "r+", async () => {});
  await rename(path, join(folder.home, volumeName(volume)));
  await syncFolder(folder);
}

/** Removes the staging volume, if it is still there. */
export async function discardStaging({ home }: VolumeFolder, staging: StagingVolume): Promise<void> {
  await rm(join(home, volumeName(staging)), { force: true });
}
