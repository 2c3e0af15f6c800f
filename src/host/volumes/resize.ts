/**
 * Growing and shrinking a drive's file. What is new reads as zeroes, and nothing comes back that a shrink cut off or
 * that a guest wrote behind the drive's end within its last sector. Repeating it, whole or half done, is harmless.
 */
import type { DriveImage } from "../host.ts";
import { resizeDrive } from "./daemon-exports.ts";
import type { Exports } from "./exports.ts";
import { diskFull, isOutOfSpace } from "./faults.ts";
import { diskBytes, type ImageFolder, resizeRaw } from "./image-file.ts";
import { CLUSTER_BYTES } from "./pieces.ts";
import type { Session } from "./storage-daemon.ts";

type Parts = {
  readonly folder: ImageFolder;
  readonly exports: Exports;
  readonly session: () => Promise<Session>;
};

/** Resizes a drive that is closed. `drive` bears the old size. Errors: `full`; then it is as it was. */
export async function resizeImage(parts: Parts, drive: DriveImage, sizeBytes: number): Promise<void> {
  const { folder, exports, session } = parts;
  if (drive.cipher === "none") {
    await resizeRaw(folder, drive, sizeBytes);
    return;
  }
  const [before, after] = [diskBytes(drive.sizeBytes), diskBytes(sizeBytes)];
  const daemon = await session();
  try {
    // Down first: an attempt before this one may have left the file longer than the drive.
    await resizeDrive(daemon, drive, [Math.min(before, after), after]);
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    await resizeDrive(daemon, drive, [before]);
    throw diskFull(error);
  }
  // Cutting the file frees whole clusters; the rest of the last one still holds what was there.
  const clusterEnd = Math.ceil(drive.sizeBytes / CLUSTER_BYTES) * CLUSTER_BYTES;
  const clearBytes = Math.min(clusterEnd, after) - drive.sizeBytes;
  if (clearBytes <= 0) return;
  await exports.use({ ...drive, sizeBytes }, async (nbd) => {
    await nbd.writeZeroes(drive.sizeBytes, clearBytes);
    await nbd.flush();
  });
}
