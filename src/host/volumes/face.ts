/** What images use of the volumes on a host: where a volume's file is, what makes it last, and what the disk has. */
export { countDiskSpace } from "./disk-space.ts";
export { diskFull, isOutOfSpace } from "./faults.ts";
export { destroyVolume, diskBytes, syncFolder, type VolumeFolder, volumeName } from "./volume-file.ts";
