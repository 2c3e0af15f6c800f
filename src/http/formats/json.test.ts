import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { z } from "zod";
import type { InputValue, Properties } from "../../api/properties.ts";
import { isOneLine } from "../../base/one-line.ts";
import { writeAll } from "./format.ts";
import { json } from "./json.ts";

const taken: readonly [what: string, body: string, properties: Record<string, InputValue>][] = [
  [
    "every kind of value",
    '{"a":"x","b":1.5,"c":true,"d":null,"e":["x","y"]}',
    { a: "x", b: 1.5, c: true, d: null, e: ["x", "y"] },
  ],
  ["an empty object", " {} ", {}],
  ["null", "null", {}],
  ["an empty array", "[]", {}],
  ["nothing", "\n", {}],
  ["a key that comes twice, of which the last counts", '{"a":1,"a":2}', { a: 2 }],
];
for (const [what, body, properties] of taken) {
  test(`JSON takes ${what}`, () => assert.deepEqual(Object.fromEntries(json.read(body)), properties));
}

test("JSON takes a number as the very digits that came where they are money, and as a number elsewhere", () => {
  const key = (pattern: string) =>
    ({ pattern, schema: z.string(), takes: "a value", settable: [], help: "" }) as const;
  const keys = [{ ...key("amount"), decimals: 8 }, key("mem")];
  const read = (body: string) => Object.fromEntries(json.read(body, keys));
  assert.deepEqual(read('{"amount":1234567890.12345678,"mem":256.0}'), {
    amount: "1234567890.12345678",
    mem: 256,
  });
  assert.deepEqual(read('{"amount":1.00000000000000001}'), { amount: "1.00000000000000001" });
  assert.deepEqual(read('{"amount":0.00000001}'), { amount: "0.00000001" });
});

test("JSON takes a key that is called like a part of JavaScript's objects", () => {
  assert.deepEqual(
    [...json.read('{"__proto__":"x","constructor":"y"}')],
    [
      ["__proto__", "x"],
      ["constructor", "y"],
    ],
  );
});

function manyKeys(count: number): string {
  return JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, ":"])));
}

const words = (count: number) => JSON.stringify(new Array(count).fill("w"));

test("JSON takes 512 keys, with whatever in their values, and a list of 1024 words", () => {
  assert.equal(json.read(manyKeys(512)).size, 512);
  const text = `${'\\"'.repeat(3)}:${":".repeat(600)}`;
  assert.deepEqual([...json.read(JSON.stringify({ [text]: text }))], [[text, text]]);
  assert.equal((json.read(`{"a":${words(1024)}}`).get("a") as string[]).length, 1024);
});

const refused: readonly [what: string, body: string, code: string, says: RegExp][] = [
  ["more than 512 keys", manyKeys(513), "too_many_keys", /^the body has more than 512 keys/],
  ["more than 512 keys within others", `{"a":${manyKeys(512)}}`, "too_many_keys", /^the body has more/],
  ["a list of more than 1024 words", `{"a":${words(1025)}}`, "too_many_words", /^the list of "a" has 1025/],
  ["what is not JSON", "name a", "malformed_body", /^the body is not JSON: "name a" came/],
  ["an array of objects", '[{"a":1}]', "malformed_body", /^the body is an array/],
  ["a number", "1", "malformed_body", /^the body is the number "1"/],
  ["an object as a value", '{"a":{}}', "malformed_value", /^the value of "a" is an object/],
  ["a list of numbers", '{"a":[1]}', "malformed_value", /^the value of "a" is an array/],
  ["a newline in a value", '{"a":"x\\ny"}', "malformed_value", /^the value of "a" .* characters \\n between/],
  [
    "a newline in a value of a list",
    '{"a":["x","y\\n"]}',
    "malformed_value",
    /^the value of "a" is malformed/,
  ],
  ["a separator of lines in a value", '{"a":"x\u2028y"}', "malformed_value", /has "\\u2028" in it/],
  ["one that is spelled out", '{"a":["x\\u2029y"]}', "malformed_value", /has "\\u2029" in it/],
  ["a separator of lines in a key", '{"a\\u2028":"x"}', "malformed_key", /^the key "a\\u2028"/],
  ["half of a surrogate pair in a key", '{"\\udc00":"x"}', "malformed_key", /^the key "\\udc00"/],
  ["half of a surrogate pair", '{"a":"\\ud800"}', "malformed_value", /has "half of a surrogate pair"/],
  ["an empty key", '{"":"x"}', "malformed_key", /^a key is missing/],
  ["a space in a key", '{"a b":"x"}', "malformed_key", /malformed/],
  ["a number without end", '{"a":1e999}', "malformed_value", /^the value of "a" is the number "Infinity"/],
];
for (const [what, body, code, message] of refused) {
  test(`JSON refuses ${what}`, () => assert.throws(() => json.read(body), { type: "usage", code, message }));
}

test("JSON writes keys in their order, numbers as numbers, and several objects as an array", () => {
  const object = [
    ["b", "x"],
    ["1", 2],
    ["a", ["x", "y"]],
    ["c", true],
  ] as const;
  const written = '{"b":"x","1":2,"a":["x","y"],"c":true}';
  assert.equal(json.write.properties(object), written);
  for (const kind of ["list", "properties list"] as const) {
    assert.equal(writeAll(json.write[kind], [object, object]), `[${written},${written}]`);
    assert.equal(writeAll(json.write[kind], []), "[]");
  }
});

test("JSON writes each sign so that whoever parses it reads that sign", () => {
  for (let code = 0; code < 0x180; code++) {
    const sign = String.fromCharCode(code);
    const written = json.write.properties([[`k${sign}`, `${sign}v`]]);
    assert.deepEqual(JSON.parse(written), { [`k${sign}`]: `${sign}v` }, `U+${code.toString(16)}`);
  }
});

test("JSON reads what it wrote", () => {
  const plain = fc.string({ unit: "grapheme", maxLength: 20 }).filter(isOneLine);
  const key = plain.filter((value) => value !== "" && !value.includes(" "));
  const value = fc.oneof(plain, fc.integer(), fc.boolean(), fc.array(plain, { maxLength: 3 }));
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 8 }),
      (object) => {
        const read = json.read(json.write.properties(object as Properties));
        assert.deepEqual(new Map(read), new Map(object as [string, InputValue][]));
      },
    ),
    { interruptAfterTimeLimit: 10_000 },
  );
});
