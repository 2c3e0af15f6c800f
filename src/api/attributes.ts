/** Attributes: the keys that users keep on every kind of object (spec: `tags`, `user:*`), and how they are stored. */
import { z } from "zod";
import { isColumnDamaged, readColumn } from "../base/column.ts";
import { usage } from "../base/errors.ts";
import type { Changes } from "./input.ts";
import type { Key } from "./key.ts";
import type { Value } from "./properties.ts";
import { shown } from "./shown.ts";
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

export const areAttributesDamaged = (text: string): boolean => isColumnDamaged(ATTRIBUTES, text);

/** How much an object keeps, whatever number of requests it came in. */
export const MOST_KEPT_BYTES = 64 * 1024;
const MOST_KEPT_KEYS = 256;

type Kept = Readonly<Record<string, Value>>;

/** The keys and values that an object keeps, as they are stored. */
export const attributesText = (attributes: Kept): string => JSON.stringify(attributes);

/**
 * Whether an object may keep what a change makes of it. One that an earlier version let keep more may be made smaller,
 * and changed where it does not grow. Errors: `usage`, which says how many keys there would be, or names the key that
 * brought the most.
 */
export function ensureKeepable(before: Kept, after: Kept, changes: Changes): void {
  const keys = Object.keys(after).length;
  if (keys > MOST_KEPT_KEYS && keys > Object.keys(before).length) {
    const sentence = `the object would keep ${keys} keys, and it keeps at most ${MOST_KEPT_KEYS}`;
    throw usage("attributes_too_large", sentence);
  }
  const bytes = Buffer.byteLength(attributesText(after));
  if (bytes <= MOST_KEPT_BYTES || bytes <= Buffer.byteLength(attributesText(before))) return;
  const [largest] = [...changes]
    .map(([key, value]) => ({ key, bytes: Buffer.byteLength(key) + Buffer.byteLength(String(value ?? "")) }))
    .sort((one, other) => other.bytes - one.bytes);
  throw usage(
    "attributes_too_large",
    `${shown(largest?.key ?? "")} is too much: with it the object would keep ${bytes} bytes of keys and values, and it keeps at most ${MOST_KEPT_BYTES} (64 KiB)`,
    largest === undefined ? {} : { key: largest.key },
  );
}

/** What the object keeps after the change, as it is stored. Errors: as `ensureKeepable`. */
export function changedText(before: Kept, after: Kept, changes: Changes): string {
  ensureKeepable(before, after, changes);
  return attributesText(after);
}

export const OWN_KEYS: readonly Key[] = [
  {
    pattern: "tags",
    schema: tags,
    takes: "words with spaces between",
    takesList: true,
    settable,
    group: "general",
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
