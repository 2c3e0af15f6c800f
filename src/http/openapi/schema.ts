/**
 * Tables of keys as JSON schemas (2020-12, as OpenAPI 3.1 has them): of what a command takes and of what it answers in
 * application/json.
 */
import { z } from "zod";
import { groupIn, helpOf, type Key } from "../../api/key.ts";
import { PARAMS } from "../../api/params.ts";
import { fieldOf } from "./field.ts";

export type JsonSchema = { readonly [keyword: string]: unknown };

/** An object of keys that a command takes; values may come as text throughout (real clients: 12). */
export function inputSchema(keys: readonly Key[]): JsonSchema {
  return objectSchema(keys, inputValue, ({ required = false }) => required);
}

/** An object of keys that a command answers; those that are always there are required. */
export function answerSchema(keys: readonly Key[]): JsonSchema {
  return objectSchema(keys, answerValue, ({ required = false }) => required);
}

/**
 * `x-lodge` of each key says in data what forms are made of (`field.ts`). `x-key-order` has the keys as the specification writes
 * them, patterns too, in the order of answers.
 */
function objectSchema(
  keys: readonly Key[],
  schemaOf: (key: Key) => JsonSchema,
  isRequired: (key: Key) => boolean,
): JsonSchema {
  const properties: Record<string, JsonSchema> = {};
  const order = new Set<string>();
  const patternProperties: Record<string, JsonSchema> = {};
  for (const [rank, key] of keys.entries()) {
    const schema = { ...schemaOf(key), "x-lodge": fieldOf(key, valueSchema(key, "output"), rank + 1) };
    const pattern = patternOf(key.pattern);
    for (const name of [key.pattern, ...(key.aliases ?? [])]) order.add(name);
    if (pattern === null) properties[key.pattern] = schema;
    else patternProperties[pattern] = schema;
    for (const alias of key.aliases ?? []) {
      properties[alias] ??= { ...schema, description: `the same as ${key.pattern}`, deprecated: true };
    }
  }
  const required = keys.filter(isRequired).map(({ pattern }) => pattern);
  return {
    type: "object",
    properties,
    ...(Object.keys(patternProperties).length === 0 ? {} : { patternProperties }),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
    "x-key-order": [...order],
  };
}

/** The regular expression of a key that stands for several, or null for one that stands for itself. */
function patternOf(key: string): string | null {
  if (key.endsWith("*")) return `^${key.slice(0, -1)}.+$`;
  return groupIn(key) === null ? null : `^${withoutNames(key)}$`;
}

/** A key's pattern without the names of its groups. */
function withoutNames(key: string): string {
  const group = groupIn(key);
  return group === null ? key : `${group.before}[${group.choice}]${withoutNames(group.after)}`;
}

function answerValue(key: Key): JsonSchema {
  const { pattern: title, unit } = key;
  const description = helpOf(key);
  const about = { title, description: unit === undefined ? description : `${description} (${unit})` };
  const schema = valueSchema(key, "output");
  if (unit !== undefined) return { ...about, type: "integer", minimum: 0 };
  if (key.listsSeveral) return { ...about, anyOf: [schema, { type: "array", items: { type: "string" } }] };
  if (key.keepsBoolean) return { ...about, anyOf: [schema, { type: "boolean" }] };
  return { ...about, ...schema };
}

function inputValue(key: Key): JsonSchema {
  const { pattern: title, takes } = key;
  const ways = [
    valueSchema(key, "input"),
    ...(isNumber(key) ? [{ type: "integer" }] : []),
    ...(key.keepsBoolean ? [{ type: "boolean" }] : []),
    ...(key.takesList ? [{ type: "array", items: { type: "string" }, description: "joined by spaces" }] : []),
    { type: "null", description: "as if it had not come; in set, unsets the key" },
  ];
  const about = { title, description: `${helpOf(key)}; takes ${takes}${whileActive(key)}` };
  return { ...about, ...(key.writeOnly ? { writeOnly: true } : {}), anyOf: ways };
}

const whileActive = ({ settable }: Key) =>
  settable.includes("stopped") && !settable.includes("active") ? "; not while the server is active" : "";

const isNumber = (key: Key) => JSON.stringify(valueSchema(key, "output")).includes('"integer"');

const valueSchema = ({ schema }: Key, io: "input" | "output") => jsonSchema(schema, io);

/** What zod says of a value, without the number of its dialect, which is that of the whole description. */
function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  const { $schema: _, ...said } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return said;
}

/** What stands for a word in capitals of a path. */
export function valueOfParam(word: string): JsonSchema {
  const declared = PARAMS[word];
  if (declared === undefined) throw new Error(`${word} is not among the parameters of paths`);
  return jsonSchema(declared.schema, "input");
}
