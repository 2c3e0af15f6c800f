/**
 * What keys and values may hold, in either format: text of one line, and no space in a key (rulings: the wire). So
 * whatever came in can be written in both formats, and read by clients that split lines at more than LF.
 */
import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";
import { breakIn, isOneLine } from "../../base/one-line.ts";

/** How many keys a body has, and how many words a list in it: each costs, before anybody knows whether it is one of ours. */
const MOST_KEYS = 512;
const MOST_WORDS = 1024;

/** Errors: `usage` when a body has so many keys, whichever they are. */
export function ensureFewKeys(count: number): void {
  if (count <= MOST_KEYS) return;
  throw usage("too_many_keys", `the body has more than ${MOST_KEYS} keys: it takes at most so many`);
}

/** Errors: `usage` when the list under `key` has so many words. */
export function ensureFewWords(key: string, count: number): void {
  if (count <= MOST_WORDS) return;
  throw usage(
    "too_many_words",
    `the list of ${shown(key)} has ${count} words: it takes at most ${MOST_WORDS}`,
    { key },
  );
}

/** Errors: `usage` when no key can be called `key`. */
export function checkKey(key: string): void {
  if (key === "") {
    throw usage("malformed_key", "a key is missing: every value takes a key of at least one character");
  }
  if (key.includes(" ") || !isOneLine(key)) {
    throw usage(
      "malformed_key",
      `the key ${shown(key)} is malformed: a key takes characters other than spaces and controls`,
      { key },
    );
  }
}

/** Errors: `usage` when `value`, which came under `key`, cannot be a value. */
export function checkValue(key: string, value: string): void {
  const broken = breakIn(value);
  if (broken === null) return;
  // What else is in it may be secret.
  const instead =
    broken === "\n" ? "; keys that take several lines take the two characters \\n between them" : "";
  throw usage(
    "malformed_value",
    `the value of ${shown(key)} is malformed: it has ${shown(broken)} in it, and takes one line of text without control characters${instead}`,
    { key },
  );
}
