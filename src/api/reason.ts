/** Why a command cannot be done now: what the rules of each noun (`can.ts`) answer, to commands and to whoever shows it. */
import type { CodeOf } from "../base/error-codes.ts";
import { busy } from "../base/errors.ts";

export type Reason = {
  readonly code: CodeOf<"busy">;
  /** For people. */
  readonly sentence: string;
};

/** @param reason null where it can be done. Errors: `busy`, with the reason's code and sentence. */
export function ensure(reason: Reason | null): void {
  if (reason !== null) throw busy(reason.code, reason.sentence);
}
