/**
 * What can go wrong between us and whoever has a drive open: what passes, and is tried again, and what error a caller
 * gets for the rest.
 */
import { DeadlineExceeded } from "../../base/deadline.ts";
import { failed, full, LodgeError } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import { Outdated, Unreachable } from "../errors.ts";
import { NBD_ENOSPC, NbdError, ConnectionLost as NbdLost } from "../wire/nbd-errors.ts";
import { QmpError, ConnectionLost as QmpLost } from "../wire/qmp.ts";

/** The drive went from the storage daemon to a server, or back, while we were on our way to it. */
export class Moved extends Error {
  constructor(uuid: string, options?: ErrorOptions) {
    super(`drive ${uuid} moved to another process`, options);
    this.name = "Moved";
  }
}

/** How long a drive is tried for that moves, or a storage daemon that was lost. */
const MOVING_MS = 15_000;
const TRY_EVERY_MS = 20;

/** Does `attempt` until it succeeds, or fails for a reason that does not pass. It must be harmless to repeat. */
export async function retryWhileMoving<T>(uuid: string, attempt: () => Promise<T>): Promise<T> {
  const what = `reaching drive ${uuid}`;
  return retry(attempt, { what, deadlineMs: MOVING_MS, pauseMs: TRY_EVERY_MS, isPassing });
}

/** The error of a read or a write as the caller is to read it: where who had the drive open was lost, it can be tried again. */
export function transferError(error: unknown, sentence: string): unknown {
  if (error instanceof LodgeError) return error;
  if (isOutOfSpace(error)) return diskFull(error);
  return failed(isLost(error) ? "host_interrupted" : "storage_failed", sentence, { cause: error });
}

/** Also where another one was tried for until it was too late. */
function isLost(error: unknown): boolean {
  if (error instanceof DeadlineExceeded) return isLost(error.cause);
  return [NbdLost, QmpLost, Unreachable].some((kind) => error instanceof kind);
}

/** The error of an effect: what was late may still come about, and everything else has failed. */
export function effectError(error: unknown, sentence: string): unknown {
  if (error instanceof Outdated || error instanceof Unreachable) return error;
  if (error instanceof DeadlineExceeded)
    return new Unreachable(`${sentence}: ${error.message}`, { cause: error });
  return transferError(error, sentence);
}

export function diskFull(cause: unknown): LodgeError {
  return full("disk_full", "the disk of this host is full", { cause });
}

/** Whether a disk that is full was what stopped it: as the system, as NBD or as QEMU says it. */
export function isOutOfSpace(error: unknown): boolean {
  if (error instanceof NbdError) return error.code === NBD_ENOSPC;
  if (error instanceof QmpError)
    return /No space left|Disk quota exceeded|File too large/.test(error.message);
  return error instanceof Error && "code" in error && OUT_OF_SPACE.has(error.code);
}

const OUT_OF_SPACE: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/**
 * An answer is final, and so is that none came in time; whatever else kept us from getting one passes. So does a file
 * that another process has locked: a QEMU that just ends or that just starts.
 */
function isPassing(error: unknown): boolean {
  if (error instanceof QmpError) return / lock/.test(error.message);
  const isFinal = [LodgeError, NbdError, DeadlineExceeded, Outdated, Unreachable].some(
    (kind) => error instanceof kind,
  );
  return !isFinal && !isOutOfSpace(error);
}
