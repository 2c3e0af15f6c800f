/**
 * Bytes that a process inherits: a file on a tmpfs that never had a name, opened by the process as `/dev/fd/N`. A secret
 * passed so shows neither in `ps` nor on a disk. (A pipe of Node's is a socket, which cannot be opened so.)
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** open(2), as on all of Linux but alpha, parisc and sparc; Node does not name it. */
export const O_TMPFILE = 0o20000000 | constants.O_DIRECTORY;

/** The content in a file that `uid` alone (null: this user) may open. The caller closes it once it is inherited. */
export async function unnamedFile(
  content: string | Buffer,
  uid: number | null,
  tmpfs = "/dev/shm",
): Promise<FileHandle> {
  const file = await open(tmpfs, constants.O_RDWR | O_TMPFILE, 0o600);
  try {
    await file.writeFile(content);
    if (uid !== null) await file.chown(uid, uid);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
