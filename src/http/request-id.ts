/**
 * What names a request in the log, in the answer, and to whoever follows it through several programs: the caller's own
 * `X-Request-Id` where it is fit for a log line, else one made here.
 */
import { randomUUID } from "node:crypto";

export const REQUEST_ID_HEADER = "X-Request-Id";

const WELL_FORMED = /^[\w.:+/=-]{1,128}$/;

/** A UUID all but its last twelve digits, which count: a random one for each request takes longer than routing it. */
const THIS_PROCESS = randomUUID().slice(0, 24);
let count = 0;

/** @param came the caller's header */
export function requestIdOf(came: string | string[] | undefined): string {
  if (typeof came === "string" && WELL_FORMED.test(came)) return came;
  return THIS_PROCESS + (++count).toString(16).padStart(12, "0");
}
