/**
 * Files that are whole or not there, whenever the process or the machine dies: written beside their place, and then
 * moved to it (rename(2), link(2)). What is written in between is of the file's name with `.new` behind it. A file's
 * bytes and its name are on stable storage when this answers, but for one that need not outlive the machine.
 */
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { KeyedLock } from "./keyed-lock.ts";

export type AtomicFileOptions = {
  /** The file's permissions, whatever the umask. */
  readonly mode: number;
};

/** Two writers of one file would write one into the other. */
const writers = new KeyedLock();

/** Writes the file in place of the one that is there, if any. Of several at once the last one counts. */
export function replaceFile(path: string, text: string, { mode }: AtomicFileOptions): Promise<void> {
  return writers.run(path, async () => {
    const unfinished = `${path}.new`;
    try {
      // What a writer left that died may have other permissions.
      await rm(unfinished, { force: true });
      await withFile(unfinished, "wx", mode, async (file) => {
        await file.chmod(mode);
        await file.writeFile(text);
        await file.sync();
      });
      await rename(unfinished, path);
    } catch (error) {
      await rm(unfinished, { force: true });
      throw error;
    }
    await withFile(dirname(path), "r", 0, (folder) => folder.sync());
  });
}

/** `replaceFile` in one go: nothing else of this process comes in between. Not for a file that both are used for. */
export function replaceFileSync(path: string, text: string, options: AtomicFileOptions): void {
  const unfinished = `${path}.new`;
  writeWhole(unfinished, text, options, () => renameSync(unfinished, path));
  syncFolder(dirname(path));
}

/**
 * The same for a file of what runs on this machine, which ends with it: it is whole or not there whenever this process dies,
 * and nothing waits for a disk, where it is not in memory (tmpfs) anyhow. After a loss of power it may be damaged.
 */
export function replaceVolatileFileSync(path: string, text: string, { mode }: AtomicFileOptions): void {
  const unfinished = `${path}.new`;
  try {
    rmSync(unfinished, { force: true });
    writeFileSync(unfinished, text, { mode, flag: "wx" });
    chmodSync(unfinished, mode);
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Whether the file is there with that text: then it need not be written, for which a full disk has no room. */
export function holds(path: string, text: string): boolean {
  try {
    return readFileSync(path, "utf8") === text;
  } catch {
    return false;
  }
}

/**
 * Makes the file, unless there is one: also when another process makes it at the same moment. Answers whether it was
 * made here.
 */
export function createFileSync(path: string, text: string, options: AtomicFileOptions): boolean {
  // Of its own name: the other process is writing, too.
  const unfinished = `${path}.${process.pid}.new`;
  let isOurs = true;
  writeWhole(unfinished, text, options, () => {
    try {
      linkSync(unfinished, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      isOurs = false;
    }
    rmSync(unfinished);
  });
  // Also where the other process made it: whoever goes on from here relies on it.
  syncFolder(dirname(path));
  return isOurs;
}

/** What `createFileSync` writes first, with the number of its process. */
const UNFINISHED = /\.([1-9]\d{0,9})\.new$/;

/** Removes from the folder what `createFileSync` left in processes that have ended since: it may hold a secret. */
export function clearUnfinished(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = Number(UNFINISHED.exec(name)?.[1]);
    // An earlier process may have had this one's number, as in a container.
    if (pid > 0 && (pid === process.pid || !isThere(pid))) rmSync(join(folder, name), { force: true });
  }
}

/** Whether there is such a process (kill(2), signal 0). */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Writes the unfinished file and lets `place` take it to where it belongs; nothing is left of it on failure. */
function writeWhole(unfinished: string, text: string, { mode }: AtomicFileOptions, place: () => void): void {
  try {
    rmSync(unfinished, { force: true });
    const descriptor = openSync(unfinished, "wx", mode);
    try {
      fchmodSync(descriptor, mode);
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    place();
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

/** Answers when what was made, renamed or removed in the folder is so on stable storage. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function withFile(
  path: string,
  flags: "r" | "wx",
  mode: number,
  work: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const file = await open(path, flags, mode);
  try {
    await work(file);
  } finally {
    await file.close();
  }
}
