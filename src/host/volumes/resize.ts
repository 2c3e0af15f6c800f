/**
 * Growing and shrinking a volume. What is new reads as zeroes, and nothing comes back that a shrink cut off or
 * that a guest wrote behind the drive's end within its last sector. Repeating it, whole or half done, is harmless for as
 * long as nothing was written since.
 */
import type { Volume } from "../host.ts";
import { resizeDrive } from "./daemon-exports.ts";
import type { Exports } from "./exports.ts";
import { diskFull, isOutOfSpace } from "./faults.ts";
import { CLUSTER_BYTES } from "./qcow2.ts";
import type { StorageDaemons } from "./storage-daemons.ts";
import { diskBytes, ensureSelfContained, resizeRaw, type VolumeFolder } from "./volume-file.ts";

type Dependencies = {
  readonly folder: VolumeFolder;
  readonly exports: Exports;
  readonly daemons: StorageDaemons;
};

/** Resizes a volume that is closed. `volume` bears the old size. Errors: `full`; then it is as it was. */
export async function resizeVolume(
  { folder, exports, daemons }: Dependencies,
  volume: Volume,
  sizeBytes: number,
): Promise<void> {
  if (volume.format === "raw") {
    await resizeRaw(folder, volume, sizeBytes);
    return;
  }
  const [before, after] = [diskBytes(volume.sizeBytes), diskBytes(sizeBytes)];
  await ensureSelfContained(folder, volume);
  const session = await daemons.session(volume);
  try {
    // Down first: an attempt before this one may have left the file longer than the volume.
    await resizeDrive(session, volume, [Math.min(before, after), after]);
  } catch (error) {
    if (!isOutOfSpace(error)) throw error;
    await resizeDrive(session, volume, [before]);
    throw diskFull(error);
  }
  // Cutting the file frees whole clusters; the rest of the last one still holds what was there. A smaller one's ends sooner.
  const clusterEnd = Math.ceil(volume.sizeBytes / CLUSTER_BYTES) * CLUSTER_BYTES;
  const clearBytes = Math.min(clusterEnd, after) - volume.sizeBytes;
  if (clearBytes <= 0) return;
  await exports.use({ ...volume, sizeBytes }, async (nbd) => {
    await nbd.markZeroes(volume.sizeBytes, clearBytes);
    await nbd.flush();
  });
}
