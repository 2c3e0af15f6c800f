/** Every `X-Elastic-Error` type with the HTTP status that bears it (spec: the error table). */
import type { ErrorCode, ErrorType } from "../base/error-codes.ts";
import type { LodgeError } from "../base/errors.ts";

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

/** Codes whose status tells more than that of their type: what is tried again, by clients that know HTTP alone. */
export const CODE_STATUS: Readonly<Partial<Record<ErrorCode, number>>> = {
  headers_timeout: 408,
  body_timeout: 408,
  rate_exceeded: 429,
  too_many_anonymous: 429,
  too_many_failed_logins: 429,
  too_much_in_flight: 429,
  too_many_streams: 429,
  too_many_connections: 503,
  stopping: 503,
  store_unavailable: 503,
  host_interrupted: 503,
};

export const STATUSES = { ofType: ERROR_STATUS, ofCode: CODE_STATUS } as const;

export const statusOf = ({ type, code }: LodgeError): number => CODE_STATUS[code] ?? ERROR_STATUS[type];
