import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isOneLine } from "../../base/one-line.ts";
import { writeAll } from "./format.ts";
import { text } from "./text.ts";

const read = (body: string) => [...text.read(body)];

const taken: readonly [what: string, body: string, properties: readonly [string, string][]][] = [
  [
    "lines",
    "name a\nsize 1\n",
    [
      ["name", "a"],
      ["size", "1"],
    ],
  ],
  [
    "a last line without its LF",
    "name a\nsize 1",
    [
      ["name", "a"],
      ["size", "1"],
    ],
  ],
  [
    "a CR before each LF",
    "name a\r\nsize 1\r\n",
    [
      ["name", "a"],
      ["size", "1"],
    ],
  ],
  ["spaces within and around a value", "note  a  b \n", [["note", " a  b "]]],
  [
    "a key without a value",
    "tags\nname \n",
    [
      ["tags", ""],
      ["name", ""],
    ],
  ],
  ["an empty line at the end", "name a\n\n", [["name", "a"]]],
  ["several empty lines at the end, with CRs", "name a\r\n\r\n\n", [["name", "a"]]],
  ["nothing", "", []],
  ["blank lines alone", " \r\n\n", []],
  [
    "a key that comes twice, of which the last line counts",
    "ide:0:0 disk\nname a\nide:0:0 uuid\n",
    [
      ["ide:0:0", "uuid"],
      ["name", "a"],
    ],
  ],
  ["a key whose earlier line has a malformed value", "name a\tb\nname c\n", [["name", "c"]]],
  ["characters beyond ASCII", "name ünï 😀\n", [["name", "ünï 😀"]]],
];
for (const [what, body, properties] of taken) {
  test(`text takes ${what}`, () => assert.deepEqual(read(body), properties));
}

const lines = (count: number) => Array.from({ length: count }, (_, index) => `k${index} v`).join("\n");

test("text takes 512 lines, and any number of empty ones at the end", () => {
  assert.equal(read(`${lines(512)}\r\n${"\n".repeat(1000)}`).length, 512);
});

const refused: readonly [what: string, body: string, code: string, says: RegExp][] = [
  ["more than 512 lines", lines(513), "too_many_keys", /^the body has more than 512 keys/],
  ["a line that begins with a space", " name a", "malformed_body", /^line 1 has no key: " name a" came/],
  ["an empty line before the end", "name a\n\nsize 1\n", "malformed_body", /^line 2 has no key/],
  ["an empty line at the beginning", "\nname a\n", "malformed_body", /^line 1 has no key/],
  [
    "a control character in a value",
    "name a\u0000b\n",
    "malformed_value",
    /^the value of "name" is malformed/,
  ],
  ["a control character in a key", "na\tme a\n", "malformed_key", /^the key "na\\tme" is malformed/],
  ["a separator of lines in a value", "name a\u2028b\n", "malformed_value", /in it, and takes one line/],
  ["a separator of paragraphs in a key", "na\u2029me a\n", "malformed_key", /^the key "na\\u2029me"/],
  ["a control character beyond ASCII", "name a\u0085b\n", "malformed_value", /has "\\u0085" in it/],
  ["a CR within a line", "name a\rb\n", "malformed_value", /malformed/],
];
for (const [what, body, code, message] of refused) {
  test(`text refuses ${what}`, () => assert.throws(() => text.read(body), { type: "usage", code, message }));
}

test("text writes an object as lines, a list as rows, and objects with an empty line between", () => {
  const one = [
    ["name", "a"],
    ["cpu", 200],
    ["persistent", true],
    ["boot", ["ide:0:0", "ide:0:1"]],
  ] as const;
  const other = [["name", ""]] as const;
  const lines = "name a\ncpu 200\npersistent true\nboot ide:0:0 ide:0:1\n";
  assert.equal(text.write.properties(one), lines);
  assert.equal(writeAll(text.write.list, [one, one]), "a 200 true ide:0:0 ide:0:1\n".repeat(2));
  assert.equal(writeAll(text.write["properties list"], [one, other]), `${lines}\nname \n`);
  assert.equal(writeAll(text.write["properties list"], []), "");
});

test("text reads what it wrote", () => {
  const line = fc.string({ unit: "grapheme", maxLength: 20 }).filter(isOneLine);
  const key = line.filter((value) => value !== "" && !value.includes(" ") && value.trim() !== "");
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(key, line), { selector: ([name]) => name, maxLength: 8 }),
      (object) => {
        assert.deepEqual(read(text.write.properties(object)), object);
      },
    ),
    { interruptAfterTimeLimit: 10_000 },
  );
});
