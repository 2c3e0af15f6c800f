/**
 * What can go wrong between us and whoever has a drive open: what passes, and is tried again, and how the rest is told
 * to the caller.
 */
import { setTimeout as delay } from "node:timers/promises";
import { failed, full, LodgeError } from "../../base/errors.ts";
import { NBD_ENOSPC, NbdError } from "../wire/nbd.ts";
import { QmpError } from "../wire/qmp.ts";

/** The drive went from the storage daemon to a server, or back, while we were on our way to it. */
export class ChangedHands extends Error {
  constructor(uuid: string, options?: ErrorOptions) {
    super(`drive ${uuid} changed hands`, options);
    this.name = "ChangedHands";
  }
}

/** How long a drive is followed that changes hands, or a storage daemon is waited for that was lost. */
const FOLLOW_MS = 15_000;
const FOLLOW_EVERY_MS = 20;

/** Does `attempt` until it succeeds, or fails for a reason that does not pass. It must be harmless to repeat. */
export async function following<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + FOLLOW_MS;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
    await delay(FOLLOW_EVERY_MS);
  }
}

/** The error as the caller is to read it. */
export function told(error: unknown, sentence: string): unknown {
  if (error instanceof LodgeError) return error;
  return isOutOfSpace(error) ? diskFull(error) : failed(sentence, { cause: error });
}

export function diskFull(cause: unknown): LodgeError {
  return full("the disk of this host is full", { cause });
}

/** Whether a disk that is full was what stopped it: as the system, as NBD or as QEMU says it. */
export function isOutOfSpace(error: unknown): boolean {
  if (error instanceof NbdError) return error.code === NBD_ENOSPC;
  if (error instanceof QmpError)
    return /No space left|Disk quota exceeded|File too large/.test(error.message);
  return error instanceof Error && "code" in error && NO_ROOM.has(error.code);
}

const NO_ROOM: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/**
 * An answer is final; whatever kept us from getting one passes. So does a file that another process has locked: a QEMU
 * that just ends or that just starts.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof QmpError) return / lock/.test(error.message);
  return !(error instanceof LodgeError || error instanceof NbdError) && !isOutOfSpace(error);
}
