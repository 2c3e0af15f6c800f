import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { Key } from "../../src/api/key.ts";
import { oneLine } from "../../src/api/value.ts";
import type { CommandRow } from "../../src/commands.ts";
import type { Table } from "../../test/conformance/specification/row.ts";
import { conformance } from "./conformance.ts";

const ROOT = join(import.meta.dirname, "../..");
/** A test that is there. */
const FILE = "src/api/key.test.ts";
const NAME = "a pattern stands for every key that its ranges make";
const SHOWN = [{ file: FILE, name: NAME }];

const key = (pattern: string): Key => ({
  pattern,
  schema: oneLine,
  takes: "anything",
  settable: ["create"],
  help: "",
});

const COMMAND: CommandRow = {
  path: "things/create",
  summary: "",
  effect: "changes",
  takes: "properties",
  errors: [],
  returns: "properties",
  keys: [key("name"), key("tier")],
  answers: [key("name"), key("read:bytes"), key("write:bytes")],
};

const TABLE: Table = {
  title: "Create a thing",
  command: "things/create",
  row: SHOWN,
  takes: { name: SHOWN },
  answers: { "[read|write]:bytes": SHOWN },
};

const made = (tables: readonly Table[], commands = [COMMAND]) =>
  conformance({ root: ROOT, chapters: [{ title: "Things", tables }], commands, beyond: { tier: "some" } });

test("a row names the tests that show it", async () => {
  const { text, problems } = await made([{ ...TABLE, says: { "it lasts": SHOWN } }]);
  assert.deepEqual(problems, []);
  const link = `[key](../${FILE})`;
  assert.match(text, /\n`POST \/things\/create`\n/);
  assert.ok(text.includes(`\n| takes \`name\` | ${link}: ${NAME} |\n`), text);
  assert.ok(text.includes("\n| answers `[read\\|write]:bytes` | "), text);
  assert.ok(text.includes("\n| it lasts | "), text);
  assert.match(text, /a row of these 4 names no test/);
});

const wrong: readonly [what: string, tables: readonly Table[], problem: RegExp][] = [
  ["a row that no test shows", [{ ...TABLE, says: { "it lasts": [] } }], /it lasts: no test shows it/],
  [
    "a test that is not there",
    [{ ...TABLE, row: [{ file: FILE, name: "gone" }] }],
    /there is no test "gone" in src\/api/,
  ],
  ["a command that is in no table", [], /things\/create is in no table/],
  [
    "a table of no command",
    [TABLE, { ...TABLE, command: "things/melt" }],
    /there is no command things\/melt/,
  ],
  [
    "a key that the command does not take",
    [{ ...TABLE, takes: { name: SHOWN, size: SHOWN } }],
    /takes no size/,
  ],
  ["a key that no table has", [{ ...TABLE, takes: {} }], /name, which things\/create takes, is not in/],
  ["a key that is not answered", [{ ...TABLE, answers: { age: SHOWN } }], /answers no age/],
];
for (const [what, tables, problem] of wrong) {
  test(`${what} is a problem`, async () => {
    const { problems } = await made(tables);
    assert.equal(problems.length, 1, problems.join("\n"));
    assert.match(problems[0] ?? "", problem);
  });
}
