/** The header `Idempotency-Key`: the caller's name for a request that may be sent again. */
import { usage } from "../base/errors.ts";

const WELL_FORMED = /^[!-~]{1,255}$/;

/** The key, or null when none came. Errors: `usage` when it is not 1 to 255 visible ASCII characters. */
export function idempotencyKeyOf(came: string | string[] | undefined): string | null {
  if (came === undefined) return null;
  if (typeof came === "string" && WELL_FORMED.test(came)) return came;
  throw usage(
    "malformed_idempotency_key",
    "the Idempotency-Key is malformed: it takes 1 to 255 visible ASCII characters, without a space",
  );
}
