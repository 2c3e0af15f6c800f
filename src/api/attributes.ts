/** Attributes: the keys that users keep on every kind of object (spec: `tags`, `user:*`), and how they are stored. */
import { z } from "zod";
import { readColumn } from "../base/column.ts";
import { usage } from "../base/errors.ts";
import type { Changes } from "./input.ts";
import type { Key } from "./key.ts";
import type { Value } from "./properties.ts";
import { oneLine, tags } from "./value.ts";

const settable = ["create", "stopped", "active"] as const;

/** The keys that a user set and that no rule looks at, in no particular order. */
export type Attributes = Readonly<Record<string, string>>;

/** The attributes after a change, but for the keys that have a place of their own. */
export function attributesAfter(
  attributes: Attributes,
  changes: Changes,
  elsewhere: ReadonlySet<string> = new Set(),
): Attributes {
  const after: Record<string, string> = { ...attributes };
  for (const [key, value] of changes) {
    if (elsewhere.has(key)) continue;
    if (value === null) delete after[key];
    else after[key] = String(value);
  }
  return after;
}

const ATTRIBUTES = z.record(z.string(), z.string());

/** Attributes as they are stored. Errors: `failed`, naming whose they are, when `text` is none. */
export function readAttributes(text: string, whose: string): Attributes {
  return readColumn(ATTRIBUTES, text, whose);
}

/** How much an object keeps, whatever number of requests it came in: as much as one may bring. */
const MOST_KEPT_CHARACTERS = 2 ** 20;

/** The keys and values that an object keeps, as they are stored. Errors: `usage` when they are too much. */
export function attributesText(attributes: Readonly<Record<string, Value>>): string {
  const text = JSON.stringify(attributes);
  if (text.length > MOST_KEPT_CHARACTERS)
    throw usage("attributes_too_large", "the keys and values of one object take at most 1 MiB");
  return text;
}

export const OWN_KEYS: readonly Key[] = [
  {
    pattern: "tags",
    schema: tags,
    takes: "words with spaces between",
    takesList: true,
    settable,
    help: "tags",
  },
  {
    pattern: "user:*",
    schema: oneLine,
    takes: "a line of at most 4096 characters",
    settable,
    help: "whatever the user wants to keep",
  },
];
