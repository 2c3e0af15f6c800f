/** What images use of the volumes on a host: where a volume's file is, what makes it last, and what the disk has. */
export { diskFull, isOutOfSpace } from "./faults.ts";
export {
  destroyImage as removeVolume,
  diskBytes,
  type ImageFolder as VolumeFolder,
  imageName as volumeFile,
  imageSpace as diskSpace,
  syncFolder,
} from "./image-file.ts";
