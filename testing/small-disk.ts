/** A small disk of a test's own, which can be filled to its last byte; it takes root to mount one. */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../src/host/process/process.ts";

/** For the options of a test that makes one. */
export const needsSmallDisk = process.getuid?.() === 0 ? {} : { skip: "only root can mount a small disk" };

export type SmallDisk = {
  readonly folder: string;
  /** Takes all the room that is left. */
  fill(): Promise<void>;
  /** Gives back all that was taken. */
  clear(): Promise<void>;
  /** Takes it away; to be called when nobody has a file of it open. */
  end(): Promise<void>;
};

/** Mounts a disk of so many MiB, which everybody may traverse. */
export async function smallDisk(sizeMib: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-disk-"));
  await run(["mount", "-t", "tmpfs", "-o", `size=${sizeMib}m,mode=711`, "none", folder]);
  const filler = join(folder, "filler");
  return {
    folder,
    async fill() {
      const file = await open(filler, "a");
      try {
        // By ever smaller pieces, to the last page.
        for (let bytes = 2 ** 20; bytes >= 4096; bytes /= 4) await appendWhile(file, Buffer.alloc(bytes, 1));
      } finally {
        await file.close();
      }
    },
    clear: () => rm(filler, { force: true }),
    async end() {
      await run(["umount", folder]);
      await rm(folder, { recursive: true });
    },
  };
}

/** Appends the piece again and again until the disk is full. */
async function appendWhile(file: Awaited<ReturnType<typeof open>>, piece: Buffer): Promise<void> {
  try {
    for (;;) {
      const { bytesWritten } = await file.write(piece);
      if (bytesWritten < piece.length) return;
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
