/** The space of the file system that a folder is on. */
import { statfs } from "node:fs/promises";

/** In bytes; `freeBytes` is what a process without privileges may take (statfs(2), `f_bavail`). */
export type FileSystem = { readonly sizeBytes: number; readonly freeBytes: number };

/** Errors: the file system's. */
export async function fileSystemOf(folder: string): Promise<FileSystem> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { sizeBytes: blocks * bsize, freeBytes: bavail * bsize };
}
