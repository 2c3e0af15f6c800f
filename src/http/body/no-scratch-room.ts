/** The one refusal of a gzipped body that finds no room. */
import { full, type LodgeError } from "../../base/errors.ts";

/** @param lengthBytes how long the body says that it is */
export const noScratchRoom = (lengthBytes: number, cause?: unknown): LodgeError =>
  full(
    "no_scratch_room",
    `there is no room to keep a gzipped body of ${lengthBytes} bytes while it is inflated: send it in smaller parts`,
    { cause },
  );
