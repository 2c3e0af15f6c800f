import assert from "node:assert/strict";
import { test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import { OWN_KEYS } from "../../api/attributes.ts";
import type { Key } from "../../api/key.ts";
import { oneLine, sizeBytes } from "../../api/value.ts";
import { answerSchema, inputSchema } from "./schema.ts";

const key = (pattern: string, more: Partial<Key> = {}): Key => ({
  pattern,
  schema: oneLine,
  takes: "a line",
  settable: ["create"],
  help: `the ${pattern}`,
  ...more,
});

const KEYS = [
  key("name", { required: true }),
  key("size", { schema: sizeBytes, unit: "bytes" }),
  key("ide:BUS[0-1]:UNIT[0-1]"),
  key("boot", { takesList: true, listsSeveral: true }),
  key("vnc", { aliases: ["vnc:ip"] }),
  ...OWN_KEYS,
];
const STATE = key("vnc:ip", { settable: [], help: "address allotted" });

const accepts = (schema: object) => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
  return (value: object) => validate(value);
};

test("on input a list is taken for keys that list several things alone, and null and text for every key", () => {
  const takes = accepts(inputSchema(KEYS));
  const rows: readonly [given: object, is: boolean][] = [
    [{ name: "a", boot: ["ide:0:0"], tags: ["x", "y"] }, true],
    [{ name: "a", size: 1, "ide:1:0": "x", "user:a": null }, true],
    [{ name: "a", size: "1G" }, true],
    [{ name: ["a"] }, false],
    [{ name: "a", size: ["1"] }, false],
    [{ name: "a", "user:a": ["x"] }, false],
    [{ size: 1 }, false],
    [{ name: "a", "ide:2:0": "x" }, false],
  ];
  for (const [given, is] of rows) assert.equal(takes(given), is, JSON.stringify(given));
});

test("an alias on input is the same as its key, and in an answer what the answer's own key says", () => {
  const described = (schema: object) =>
    (schema as { properties: Record<string, { description: string; deprecated?: boolean }> }).properties[
      "vnc:ip"
    ];
  assert.deepEqual(described(inputSchema(KEYS))?.description, "the same as vnc");
  const { description, deprecated } = described(answerSchema([...KEYS, STATE])) ?? {};
  assert.deepEqual([description, deprecated], ["address allotted", undefined]);
});

test("keys are listed in the order of the table, patterns among them", () => {
  assert.deepEqual(answerSchema([...KEYS, STATE])["x-key-order"], [
    "name",
    "size",
    "ide:BUS[0-1]:UNIT[0-1]",
    "boot",
    "vnc",
    "vnc:ip",
    "tags",
    "user:*",
  ]);
});
