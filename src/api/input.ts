/**
 * What a caller sent, checked by a table of keys: everything is refused here that is unknown, malformed, given twice or
 * missing, before anything is changed (rulings: the wire).
 */
import type { z } from "zod";
import { type LodgeError, usage } from "../base/errors.ts";
import type { Key, KeyTable, Moment } from "./key.ts";
import { nearest } from "./nearest.ts";
import type { Input, InputValue, Value } from "./properties.ts";
import { ensure, type Reason } from "./reason.ts";
import { whyNotNow } from "./settable.ts";
import { shown, shownWord } from "./shown.ts";

/** The keys that came with their values; null means that the key is to be unset. */
export type Changes = ReadonlyMap<string, Value | null>;

/**
 * Reads the input of a command at a given moment. At `create`, keys without a value are as if they had not come, and
 * required ones must be there; in a `set`, they unset.
 *
 * Errors: `usage` names the first key at fault, what came and what it takes; `busy` when all is well but for a key
 * that only a stopped object may change.
 */
export function readInput(table: KeyTable, input: Input, moment: Moment): Changes {
  const { changes, tooLate } = readUnlessWrong(table, input, moment);
  ensure(tooLate);
  return changes;
}

/**
 * The same, for whom something else is to be said first: `tooLate` is why a key cannot be changed at that moment, null where
 * all can be. Errors: `usage`, as above.
 */
export function readUnlessWrong(
  table: KeyTable,
  input: Input,
  moment: Moment,
): { readonly changes: Changes; readonly tooLate: Reason | null } {
  const changes = new Map<string, Value | null>();
  let tooLate: Reason | null = null;
  for (const [given, value] of input) {
    const found = table.find(given);
    if (found === null) throw unknownKey(table, given, moment);
    const { key, name } = found;
    if (key.settable.length === 0)
      throw usage("key_not_settable", `${shownWord(given)} is set by the cloud alone`, { key: given });
    if (!key.settable.includes(moment)) {
      if (moment === "create" || !key.settable.includes("stopped")) {
        throw usage(
          "key_not_settable",
          `${shownWord(given)} can only be given ${key.settable.includes("create") ? "at creation" : "later, by set"}`,
          { key: given },
        );
      }
      tooLate ??= whyNotNow(shownWord(given), key, moment);
    }
    const read = readValue(given, key, value);
    if (read === null && moment !== "create" && key.required) {
      throw usage("key_required", `${shownWord(given)} cannot be unset: it takes ${key.takes}`, {
        key: given,
      });
    }
    if (changes.has(name) && changes.get(name) !== read) {
      throw usage(
        "conflicting_keys",
        `${shownWord(given)} came twice, under two names for ${shownWord(name)}`,
        { key: given },
      );
    }
    if (read !== null || moment !== "create") changes.set(name, read);
  }
  if (moment === "create") requireAll(table, changes);
  return { changes, tooLate };
}

/** Names the key that may have been meant, or where all of them are listed. */
function unknownKey(table: KeyTable, given: string, moment: Moment): LodgeError {
  const meant = nearest(given, table.settableAt(moment));
  const list = table.noun === null ? "" : ` (lodge help ${table.noun} and GET /openapi.json list them)`;
  const hint = meant === null ? list : `: did you mean ${meant}?`;
  return usage("unknown_key", `${shown(given)} is not a key that is known here${hint}`, { key: given });
}

function requireAll(table: KeyTable, changes: Changes): void {
  for (const key of table.keys) {
    if (key.required && !changes.has(key.pattern)) {
      throw usage("key_required", `${key.pattern} is missing: it takes ${key.takes}`, { key: key.pattern });
    }
  }
}

/** What came in its place: in the words of the schema where it has some, else as it came; nothing of a secret. */
function insteadOf(
  { writeOnly = false, isSecret = writeOnly }: Key,
  text: string,
  { issues }: z.ZodError,
): string {
  const said = issues.map((issue) => (issue.code === "custom" ? issue.params?.instead : undefined));
  const instead = said.find((words) => typeof words === "string");
  if (instead !== undefined) return `, not ${instead}`;
  return isSecret ? "" : `, not ${shown(text)}`;
}

function readValue(name: string, key: Key, value: InputValue): Value | null {
  if (value === null) return null;
  const malformed = (instead: string) =>
    usage("malformed_value", `${shownWord(name)} takes ${key.takes}${instead}`, { key: name });
  if (Array.isArray(value) && key.takesList !== true) throw malformed(", not a list");
  const text = Array.isArray(value) ? value.join(" ") : String(value);
  if (text === "") {
    if (key.neverEmpty) throw malformed(", not nothing");
    return null;
  }
  const result = key.schema.safeParse(text);
  if (!result.success) throw malformed(insteadOf(key, text, result.error));
  // A list of words of which none is left has no value either.
  if (result.data === "") return null;
  return typeof value === "boolean" && key.keepsBoolean ? value : result.data;
}
