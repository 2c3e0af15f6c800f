/**
 * The errors a command can end in: one small family, thrown where they are found and turned into a status in one
 * place (spec: the error table). The message is the sentence that people read, the code is what programs compare.
 */

import type { CodeOf, ErrorCode, ErrorType } from "./error-codes.ts";

/** What an error may tell besides its sentence. */
type ErrorFacts = ErrorOptions & {
  /** The key of the input that is at fault, as it came, or as it is missing. */
  readonly key?: string;
};

type ErrorDetails = ErrorFacts & {
  readonly code?: ErrorCode;
  /** In how many seconds it is worth trying again. */
  readonly retryAfterS?: number;
};

/** An error that is meant for the caller; anything else that is thrown is a defect and answered as `system`. */
export class LodgeError extends Error {
  readonly type: ErrorType;
  readonly code: ErrorCode;
  /** In how many seconds it is worth trying again; null where nobody knows. */
  readonly retryAfterS: number | null;
  /** The key of the input that is at fault; null where it is none, or not one alone. */
  readonly key: string | null;

  constructor(
    type: ErrorType,
    message: string,
    { code = type, retryAfterS, key, ...options }: ErrorDetails = {},
  ) {
    super(message, options);
    this.name = "LodgeError";
    this.type = type;
    this.code = code;
    this.retryAfterS = retryAfterS ?? null;
    this.key = key ?? null;
  }
}

/** Makes errors of a type, of a code of its own where one is given first. */
type MakeError<Type extends ErrorType> = {
  (code: CodeOf<Type>, message: string, options?: ErrorFacts): LodgeError;
  (message: string, options?: ErrorFacts): LodgeError;
};

function makerOf<Type extends ErrorType>(type: Type): MakeError<Type> {
  return (first: string, second?: string | ErrorFacts, options?: ErrorFacts) =>
    typeof second === "string"
      ? new LodgeError(type, second, { ...options, code: first as CodeOf<Type> })
      : new LodgeError(type, first, second);
}

/** What an error says, whatever it was that was thrown. */
export const sentenceOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

/** The caller's input is wrong, and nothing was changed. */
export const usage = makerOf("usage");
/** Credentials are missing or wrong. */
export const auth = makerOf("auth");
/** The account may not have what the command makes. */
export const billing = makerOf("billing");
/** The command or the object does not exist, or is not the caller's to see. */
export const missing = makerOf("missing");
/** A changing command came by another method than POST. */
export const method = makerOf("method");
/** The object, or one that it needs, is in use. */
export const busy = makerOf("busy");
/** There is no room left. */
export const full = makerOf("full");
/** The command was right, and its effect on a host did not come about. */
export const failed = makerOf("failed");
