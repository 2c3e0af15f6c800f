/**
 * What names a request in the log, in the answer, and to whoever follows it through several programs: the caller's own
 * `X-Request-Id` where it is fit for a log line, else one made here.
 */
import { randomUUID } from "node:crypto";

export const REQUEST_ID_HEADER = "X-Request-Id";

const WELL_FORMED = /^[\w.:+/=-]{1,128}$/;

/** A UUID all but its last twelve digits, which count: a random one for each request takes longer than routing it. */
const THIS_PROCESS = randomUUID().slice(0, 24);
/** The last three of them, made once: to write a number costs as much as the rest of an id. */
const LAST_DIGITS = Array.from({ length: 0x1000 }, (_, number) => number.toString(16).padStart(3, "0"));
let count = 0;
let first = "";

/** @param came the caller's header */
export function requestIdOf(came: string | string[] | undefined): string {
  if (typeof came === "string" && WELL_FORMED.test(came)) return came;
  const last = count % LAST_DIGITS.length;
  if (last === 0) first = THIS_PROCESS + (count / LAST_DIGITS.length).toString(16).padStart(9, "0");
  count++;
  return first + LAST_DIGITS[last];
}
