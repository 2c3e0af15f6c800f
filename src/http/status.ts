/** Every `X-Elastic-Error` type with the HTTP status that bears it (spec: the error table). */
import type { ErrorType } from "../base/errors.ts";

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
} as const satisfies Readonly<Record<ErrorType, number>>;
