/**
 * The errors a command can end in: one small family, thrown where they are found and turned into a status in one
 * place (spec: the error table). The message is the sentence that the caller reads.
 */

/** Every `X-Elastic-Error` type with the HTTP status that bears it (spec: the error table). */
export const ERROR_STATUS = {
  usage: 400,
  auth: 401,
  billing: 402,
  missing: 404,
  method: 405,
  busy: 409,
  failed: 500,
  system: 500,
  full: 507,
} as const;

export type ErrorType = keyof typeof ERROR_STATUS;

/** An error that is meant for the caller; anything else that is thrown is a defect and answered as `system`. */
export class LodgeError extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "LodgeError";
    this.type = type;
  }
}

/** 400: the caller's input is wrong, and nothing was changed. */
export const usage = (message: string, options?: ErrorOptions) => new LodgeError("usage", message, options);
/** 401: credentials are missing or wrong. */
export const auth = (message: string) => new LodgeError("auth", message);
/** 404: the command or the object does not exist, or is not the caller's to see. */
export const missing = (message: string, options?: ErrorOptions) =>
  new LodgeError("missing", message, options);
/** 405: a changing command came by another method than POST. */
export const method = (message: string) => new LodgeError("method", message);
/** 409: the object, or one that it needs, is in use. */
export const busy = (message: string, options?: ErrorOptions) => new LodgeError("busy", message, options);
/** 507: there is no room left. */
export const full = (message: string, options?: ErrorOptions) => new LodgeError("full", message, options);
/** 500: the command was right, and its effect on a host did not come about. */
export const failed = (message: string, options?: ErrorOptions) => new LodgeError("failed", message, options);
