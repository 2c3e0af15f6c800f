/** Answers of commands, read by their keys. */
import type { Properties } from "../../src/api/properties.ts";

/** The value of a key as text. Errors: it is not there. */
export function textOf(properties: Properties, key: string): string {
  const text = maybeText(properties, key);
  if (text === null) throw new Error(`${key} is not answered`);
  return text;
}

/** Null where the key is not there. */
export function maybeText(properties: Properties, key: string): string | null {
  const value = properties.find(([name]) => name === key)?.[1];
  return value === undefined ? null : String(value);
}
