import type { FileHandle } from "node:fs/promises";

/**
 * Writes all of the bytes: a disk that runs full takes a part first, without an error.
 *
 * @param position where in the file; null: behind what was written last, or at the end of a file opened to append
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done;
    done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten;
  }
}
