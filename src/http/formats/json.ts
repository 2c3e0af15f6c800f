/**
 * application/json: an object of keys and values, or an array of such objects (spec: the three kinds of data;
 * real clients: 5, 6, 12).
 */

import { type Key, takesOf } from "../../api/key.ts";
import type { Input, InputValue, Properties, Value } from "../../api/properties.ts";
import { shown } from "../../api/shown.ts";
import { usage } from "../../base/errors.ts";
import { type Format, NO_INPUT } from "./format.ts";
import { checkKey, checkValue, ensureFewKeys, ensureFewWords } from "./malformed-key.ts";
import { remembered } from "./remembered.ts";
import { ToldPages } from "./told-pages.ts";

function read(body: string, keys: readonly Key[] = []): Input {
  if (body.trim() === "") return NO_INPUT;
  ensureFewKeys(keysIn(body));
  const parsed = parse(body);
  if (parsed === null || (Array.isArray(parsed) && parsed.length === 0)) return NO_INPUT;
  if (typeof parsed !== "object" || Array.isArray(parsed)) {
    throw usage(
      "malformed_body",
      `the body is ${nameOf(parsed)}: application/json takes one object of keys and values`,
    );
  }
  const input = new Map<string, InputValue>();
  const decimals = decimalsOf(keys);
  for (const [key, came] of Object.entries(parsed)) {
    checkKey(key);
    const value = came instanceof Numeral ? came.valueAs(decimals.has(key)) : came;
    input.set(key, readValue(key, value, keys));
  }
  return input;
}

/** How many keys there are, in objects within it too: what is told without making any of them. */
function keysIn(body: string): number {
  let count = 0;
  let isString = false;
  for (let at = 0; at < body.length; at++) {
    const character = body[at];
    if (character === '"') isString = !isString;
    else if (character === "\\") at++;
    else if (character === ":" && !isString) count++;
  }
  return count;
}

/** A number as it came: the binary one that it is read as may have lost digits of it, which are money. */
class Numeral {
  readonly #value: number;
  readonly #source: string;

  constructor(value: number, source: string) {
    this.#value = value;
    this.#source = source;
  }

  /** @param isDecimal whether each of its digits counts */
  valueAs(isDecimal: boolean): number | string {
    return isDecimal ? this.#source : this.#value;
  }
}

/** The keys whose values are exact decimals. */
const decimalsOf = (keys: readonly Key[]): ReadonlySet<string> =>
  new Set(keys.filter(({ decimals }) => decimals !== undefined).map(({ pattern }) => pattern));

/** As `JSON.parse` calls it, with the text that a value stands for (ECMAScript 2026); what is called nothing stays a number. */
const withNumerals = (key: string, value: unknown, context?: { readonly source?: string }): unknown =>
  typeof value === "number" && key !== "" ? new Numeral(value, context?.source ?? String(value)) : value;

function parse(body: string): unknown {
  try {
    return JSON.parse(body, withNumerals);
  } catch (cause) {
    const sentence = `the body is not JSON: ${shown(body.trim())} came, and application/json takes one object`;
    throw usage("malformed_body", sentence, { cause });
  }
}

function readValue(key: string, value: unknown, keys: readonly Key[]): InputValue {
  if (typeof value === "string") {
    checkValue(key, value);
    return value;
  }
  if (value === null || typeof value === "boolean" || Number.isFinite(value)) {
    return value as null | boolean | number;
  }
  if (Array.isArray(value)) ensureFewWords(key, value.length);
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
    for (const item of value) checkValue(key, item);
    return value;
  }
  const takes = takesOf(keys, key) ?? "a string, a number, true, false, null or a list of strings";
  throw usage("malformed_value", `the value of ${shown(key)} is ${nameOf(value)}: it takes ${takes}`, {
    key,
  });
}

/** What a JSON value that is refused is called. */
function nameOf(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" ? "an object" : `the ${typeof value} ${shown(String(value))}`;
}

/** Spelled out rather than made an object of, which would move keys that look like numbers to the front. */
function writeOnce(object: Properties): string {
  return `{${object.map(([key, value]) => `${writeText(key)}:${writeValue(value)}`).join(",")}}`;
}

const writeObject = remembered(writeOnce);

/** Printable ASCII, of which JSON escapes two signs (RFC 8259, 7). */
const PLAIN = /^[ !#-[\]-~]*$/;

/** Most texts are plain, and it takes half of the time to find that out. */
const writeText = (text: string) => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

function writeValue(value: Value): string {
  return typeof value === "string" ? writeText(value) : JSON.stringify(value);
}

const ARRAY = { before: "[", between: ",", after: "]" } as const;

/**
 * application/json as a format. Reading: the values of an object are strings, numbers, booleans, null or lists of
 * strings; serialisers that have nothing to say send `null` or `[]`. Writing: keys stay in order, numbers are numbers.
 */
export const json: Format = {
  contentType: "application/json",
  read,
  write: {
    properties: writeObject,
    list: { ...ARRAY, object: writeOnce, told: null },
    "properties list": { ...ARRAY, object: writeObject, told: new ToldPages() },
  },
};
