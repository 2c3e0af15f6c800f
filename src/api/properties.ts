/**
 * Properties: the ordered keys and values of one object, apart from any wire format (spec: the three kinds of data).
 */

/** A value as it is answered: text and numbers as such, a list where several values stand under one key. */
export type Value = string | number | boolean | readonly string[];

/** What a command answers of one object, its keys in the order of the answer. */
export type Properties = readonly (readonly [key: string, value: Value])[];

/**
 * A value as it came: text from text/plain; text, number, boolean, null or a list of texts from JSON. Null means
 * absent on create and unset on set.
 */
export type InputValue = string | number | boolean | null | readonly string[];

/** What a caller sent, in the order it came, each key once. */
export type Input = ReadonlyMap<string, InputValue>;

/** The key with its value; nothing where that is null or an empty text. */
export const ifAny = (key: string, value: Value | null): readonly [string, Value][] =>
  value === null || value === "" ? [] : [[key, value]];
