/**
 * What keys and values may hold, in either format: text without control characters, and no space in a key (rulings:
 * the wire). So whatever came in can be written in both formats.
 */
import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";

const CONTROL = /\p{Cc}/u;

/** Errors: `usage` when no key can be called `key`. */
export function checkKey(key: string): void {
  if (key === "") {
    throw usage("malformed_key", "a key is missing: every value takes a key of at least one character");
  }
  if (key.includes(" ") || !isPlain(key)) {
    throw usage(
      "malformed_key",
      `the key ${shown(key)} is malformed: a key takes characters other than spaces and controls`,
    );
  }
}

/** Errors: `usage` when `value`, which came under `key`, cannot be a value. */
export function checkValue(key: string, value: string): void {
  if (!isPlain(value)) {
    throw usage(
      "malformed_value",
      `the value of ${shown(key)} is malformed: ${shown(value)} came, and it takes text without control characters`,
    );
  }
}

/** Whether every character can be written in UTF-8 on one line. JSON can spell halves of surrogate pairs. */
function isPlain(text: string): boolean {
  return !CONTROL.test(text) && text.isWellFormed();
}
