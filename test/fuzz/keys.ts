/** What the schema of every key, of every command, makes of any value. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { readInput } from "../../src/api/input.ts";
import { type Key, keyTable, type Moment } from "../../src/api/key.ts";
import type { InputValue } from "../../src/api/properties.ts";
import { LodgeError } from "../../src/base/errors.ts";
import { COMMANDS } from "../../src/commands.ts";
import { part } from "./part.ts";
import { keyNames, words } from "./words.ts";

const TABLES = COMMANDS.flatMap(({ keys }) => (keys === undefined ? [] : [keyTable(keys)]));
const KEYS: readonly Key[] = TABLES.flatMap(({ keys }) => keys);
const MOMENTS: readonly Moment[] = ["create", "stopped", "active"];

const value: fc.Arbitrary<InputValue> = fc.oneof(
  { weight: 6, arbitrary: words },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.integer(),
      fc.double({ noDefaultInfinity: true, noNaN: true }),
      fc.boolean(),
      fc.constant(null),
    ),
  },
  { weight: 1, arbitrary: fc.array(words, { maxLength: 4 }) },
);

/** The input of one command, and a value for one key alone. */
const made = fc.record({
  table: fc.constantFrom(...TABLES),
  moment: fc.constantFrom(...MOMENTS),
  input: fc.array(fc.tuple(keyNames, value), { maxLength: 6 }),
  key: fc.constantFrom(...KEYS),
  text: words,
});

export const KEY_VALUES = part({ name: "keys", share: 40, growthMib: 16 }, async () => ({
  cases: made,
  check({ table, moment, input, key, text }) {
    try {
      readInput(table, new Map(input), moment);
    } catch (error) {
      assert(error instanceof LodgeError && ["usage", "busy"].includes(error.type), String(error));
      assert(error.message.length < 600, "a refusal repeats a bounded part of what came");
    }
    const read = key.schema.safeParse(text);
    if (!read.success) return;
    // What is kept of a value, and answered, is a value that the key takes, and means the same.
    const kept = Array.isArray(read.data) ? read.data.join(" ") : String(read.data);
    if (kept !== "") assert.deepEqual(key.schema.parse(kept), read.data);
  },
}));
