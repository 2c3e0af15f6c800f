/**
 * What names a request in the log, in the answer, and to whoever follows it through several programs: the caller's own
 * `X-Request-Id` where it is fit for a log line, else one made here.
 */
import { randomUUID } from "node:crypto";

export const REQUEST_ID_HEADER = "X-Request-Id";

const WELL_FORMED = /^[\w.:+/=-]{1,128}$/;

/** @param came the caller's header */
export function requestIdOf(came: string | string[] | undefined): string {
  return typeof came === "string" && WELL_FORMED.test(came) ? came : randomUUID();
}
