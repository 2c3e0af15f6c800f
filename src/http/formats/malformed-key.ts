/**
 * What keys and values may hold, in either format: text of one line, and no space in a key (rulings: the wire). So
 * whatever came in can be written in both formats, and read by clients that split lines at more than LF.
 */
import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";
import { isOneLine } from "../../base/one-line.ts";

/** Errors: `usage` when no key can be called `key`. */
export function checkKey(key: string): void {
  if (key === "") {
    throw usage("malformed_key", "a key is missing: every value takes a key of at least one character");
  }
  if (key.includes(" ") || !isOneLine(key)) {
    throw usage(
      "malformed_key",
      `the key ${shown(key)} is malformed: a key takes characters other than spaces and controls`,
    );
  }
}

/** Errors: `usage` when `value`, which came under `key`, cannot be a value. */
export function checkValue(key: string, value: string): void {
  if (!isOneLine(value)) {
    throw usage(
      "malformed_value",
      `the value of ${shown(key)} is malformed: ${shown(value)} came, and it takes one line of text without control characters`,
    );
  }
}
