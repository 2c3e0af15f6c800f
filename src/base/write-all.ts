/** Writing all of the bytes that are to be written, where one write may take a part of them. */
import type { FileHandle } from "node:fs/promises";

/**
 * Writes all of the bytes. A disk that runs full takes a part of them without an error; the write of the rest fails.
 *
 * Errors: the file's.
 *
 * @param position where in the file; null: behind what was written last, or at the end of a file opened to append
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const at = position === null ? null : position + done;
    done += (await file.write(bytes, done, bytes.length - done, at)).bytesWritten;
  }
}
