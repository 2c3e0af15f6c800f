/** What forms are told of each key that a command takes, against what the key really takes and what really comes of it. */
import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import { expand, type Key } from "../../api/key.ts";
import { expandPath } from "../../api/path.ts";
import type { Value } from "../../api/properties.ts";
import { COMMANDS } from "../../commands.ts";
import { configurationOf } from "../../servers/configuration.ts";
import { SERVER_KEYS } from "../../servers/keys.ts";
import { STATUSES } from "../status.ts";
import type { Field } from "./field.ts";
import { inputName } from "./names.ts";
import { openApi } from "./openapi.ts";

const UUID = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
/** Uuids, but of what no list of one's own can be offered: of accounts, which nobody is told, and of standard images, which are nobody's. */
const OF_NOTHING_LISTED: readonly string[] = ["readers", "image"];

type Schema = {
  readonly properties: Readonly<Record<string, { readonly title?: string; readonly "x-lodge": Field }>>;
  readonly patternProperties?: Schema["properties"];
};

const { components } = openApi(COMMANDS as never, STATUSES);

/** Each key that a command takes, with what its field is in the command's schema. */
const FIELDS = COMMANDS.flatMap(({ path, keys = [] }) =>
  keys.map((key) => {
    const schema = components.schemas[inputName(expandPath(path)[0] ?? [])] as Schema;
    const values = Object.values({ ...schema.properties, ...schema.patternProperties });
    const field = values.find(({ title }) => title === key.pattern)?.["x-lodge"];
    return { path, key, field: field ?? assert.fail(`${path} has no field for ${key.pattern}`) };
  }),
);

const takes = ({ schema }: Key, value: Value): boolean => schema.safeParse(String(value)).success;

describe("x-lodge of each key that a command takes, of which forms are made, is what the key says", () => {
  for (const { path, key, field } of FIELDS) {
    it(`${key.pattern} of ${path}`, () => {
      const { least, most, choices = [], default: otherwise } = field;
      assert.deepEqual(
        [field.settable, field.unit, field.default, field.decimals, field.refers, field.group],
        [key.settable, key.unit, key.default, key.decimals, key.refers, key.group],
      );
      assert.deepEqual(
        [field.several, field.severalLines, field.writeOnly],
        [key.takesList, key.severalLines, key.writeOnly].map((is) => is || undefined),
      );
      if (least !== undefined) assert.deepEqual([takes(key, least), takes(key, least - 1)], [true, false]);
      if (most !== undefined) assert.deepEqual([takes(key, most), takes(key, most + 1)], [true, false]);
      for (const choice of choices) assert.ok(takes(key, choice), choice);
      if (otherwise !== undefined) assert.ok(takes(key, otherwise), otherwise);
      if (choices.length > 0 && least === undefined && field.refers === undefined) {
        assert.ok(!takes(key, "none of them"), "choices are all that there are");
        assert.ok(choices.length > 1, "a choice is one between several");
      }
      if (field.decimals !== undefined) {
        const places = (count: number) => `1.${"1".repeat(count)}`;
        assert.ok(takes(key, places(field.decimals)) && !takes(key, places(field.decimals + 1)));
      } else if (key.unit !== undefined || takes(key, "7") !== takes(key, "seven")) {
        assert.equal(typeof least, "number", "a number has a bound");
      }
      if (takes(key, UUID) && !takes(key, "x")) {
        const isListed = !OF_NOTHING_LISTED.includes(key.pattern);
        assert.equal(field.refers !== undefined, isListed, "what takes uuids says whose");
      }
      for (const member of field.members ?? [])
        assert.ok(expand(key.pattern).some((name) => name.startsWith(member)));
      assert.equal(
        field.family !== undefined,
        expand(key.pattern).length > 1 || key.pattern.endsWith("*") || key.pattern.includes("["),
      );
    });
  }
});

test("the keys of one row of a form are one family, whose members are what the row may be called", () => {
  const fields = FIELDS.filter(({ path }) => path === "servers/create/stopped");
  const ide = fields
    .filter(({ field }) => field.family === "ide:BUS:UNIT")
    .map(({ key, field }) => [key.pattern, field.members]);
  const members = ["ide:0:0", "ide:0:1", "ide:1:0", "ide:1:1"];
  assert.deepEqual(ide, [
    ["ide:BUS[0-1]:UNIT[0-1]", members],
    ["ide:BUS[0-1]:UNIT[0-1]:media", members],
  ]);
});

test("the fields of a schema are in an order, and in each is a group that is filled in first", () => {
  for (const [name, schema] of Object.entries(components.schemas) as [string, Schema][]) {
    const ranks = Object.values({ ...schema.properties, ...schema.patternProperties }).map(
      (value) => value["x-lodge"].rank,
    );
    assert.ok(
      ranks.every((rank) => Number.isInteger(rank) && rank > 0),
      name,
    );
  }
  const required = FIELDS.filter(({ key }) => key.required === true);
  for (const { path, key, field } of required)
    assert.ok(field.group, `${path} requires ${key.pattern}, which is in no group`);
});

test("what is said to hold where a key of a server is not set is what holds", () => {
  const bare = { name: "web", cpu: 500, mem: 256, "ide:0:0": UUID };
  let tried = 0;
  for (const { pattern, default: otherwise } of SERVER_KEYS.keys) {
    if (otherwise === undefined) continue;
    const [name = ""] = expand(pattern);
    if (name.endsWith(":media") && name !== "ide:0:0:media") continue;
    assert.deepEqual(configurationOf({ ...bare, [name]: otherwise }), configurationOf(bare), name);
    tried++;
  }
  assert.ok(tried >= 4, `${tried} keys have defaults`);
});
