/**
 * Writes that QEMU holds back because the host's disk had no room for them. It pauses the guest then (`werror=enospc`,
 * run state `io-error`), which so loses nothing; the guest goes on as soon as there is room again.
 */
import { statfs } from "node:fs/promises";

/** How often the disk is looked at while a guest waits. */
const LOOK_MS = 1_000;
/** Less room than this would let a guest go on only to be paused at one of its next writes. */
const LEAST_BYTES = 4 * 2 ** 20;

export type HeldWrites = {
  /** The guest waits: from now on the disk is looked at. */
  wait(): void;
  /** It waits no more. */
  areDone(): void;
};

/**
 * @param disk a folder on the disk
 * @param retry lets the guest go on; should there be too little room after all, it waits again
 * @param unattended takes care of what nobody waits for
 */
export function heldWrites(
  disk: string,
  retry: () => Promise<unknown>,
  unattended: (work: Promise<unknown>) => Promise<unknown>,
): HeldWrites {
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const { bavail, bsize } = await statfs(disk);
    if (bavail * bsize >= LEAST_BYTES && timer !== undefined) await retry();
  }

  return {
    wait() {
      timer ??= setInterval(() => void unattended(look()), LOOK_MS).unref();
    },
    areDone() {
      clearInterval(timer);
      timer = undefined;
    },
  };
}
