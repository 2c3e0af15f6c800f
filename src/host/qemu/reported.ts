/** What a caller of this host is told when something on it went wrong. */
import { failed, LodgeError } from "../../base/errors.ts";
import { Outdated, Unreachable } from "../errors.ts";
import { isUnanswered } from "./monitor.ts";

/**
 * The work's answer. Errors: LodgeError, Outdated, Unreachable; anything else becomes one of these, with what it was as its
 * cause: what gave no answer in time is `Unreachable`, and says what was late.
 */
export async function reported<T>(uuid: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof LodgeError || cause instanceof Outdated || cause instanceof Unreachable) throw cause;
    if (isUnanswered(cause)) throw new Unreachable((cause as Error).message, { cause });
    throw failed("host_failed", `the host failed with server ${uuid}`, { cause });
  }
}
