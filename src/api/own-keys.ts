/** The keys that users keep on every kind of object (spec: `tags`, `user:*`). */
import type { Key } from "./key.ts";
import { oneLine, tags } from "./value.ts";

const settable = ["create", "stopped", "active"] as const;

export const OWN_KEYS: readonly Key[] = [
  { pattern: "tags", schema: tags, takes: "words with spaces between", settable, help: "tags" },
  {
    pattern: "user:*",
    schema: oneLine,
    takes: "a line of at most 4096 characters",
    settable,
    help: "whatever the user wants to keep",
  },
];
