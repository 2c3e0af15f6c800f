/** The keys that users keep on every kind of object (spec: `tags`, `user:*`). */
import { usage } from "../base/errors.ts";
import type { Key } from "./key.ts";
import type { Value } from "./properties.ts";
import { oneLine, tags } from "./value.ts";

const settable = ["create", "stopped", "active"] as const;

/** How much an object keeps, whatever number of requests it came in: as much as one may bring. */
const MOST_KEPT_CHARACTERS = 2 ** 20;

/** The keys and values that an object keeps, as they are stored. Errors: `usage` when they are too much. */
export function keptText(kept: Readonly<Record<string, Value>>): string {
  const text = JSON.stringify(kept);
  if (text.length > MOST_KEPT_CHARACTERS) {
    throw usage("attributes_too_large", "the keys and values of one object take at most 1 MiB");
  }
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
