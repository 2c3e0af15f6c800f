/**
 * The text of answers that are given again. Rule: an answer is never changed once it is made, a changed object gets a new
 * one; so its text stays right for as long as it is there, and goes with it. (A tenth of the cost of an `info`.)
 */
import type { Properties } from "../../api/properties.ts";

/** Writes an object as `write` does, once. */
export function remembered(write: (object: Properties) => string): (object: Properties) => string {
  const texts = new WeakMap<Properties, string>();
  return (object) => {
    const known = texts.get(object);
    if (known !== undefined) return known;
    const text = write(object);
    texts.set(object, text);
    return text;
  };
}
