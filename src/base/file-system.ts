/** The space of the file system that a folder is on. */
import { statfs } from "node:fs/promises";

export type FileSystem = {
  readonly sizeBytes: number;
  /** What a process without privileges may take (statfs(2), `f_bavail`). */
  readonly freeBytes: number;
  /** How many more files it holds (`f_ffree`); null where it sets no number, as Btrfs. */
  readonly freeFiles: number | null;
};

/** Errors: the file system's. */
export async function fileSystemOf(folder: string): Promise<FileSystem> {
  const { bavail, blocks, bsize, files, ffree } = await statfs(folder);
  return { sizeBytes: blocks * bsize, freeBytes: bavail * bsize, freeFiles: files === 0 ? null : ffree };
}
