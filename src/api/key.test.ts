import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { OWN_KEYS } from "./attributes.ts";
import { readInput } from "./input.ts";
import { expand, type Key, keyTable, takesOf } from "./key.ts";
import type { InputValue } from "./properties.ts";

const key = (pattern: string, more: Partial<Key> = {}): Key => ({
  pattern,
  schema: z.string().max(5),
  takes: "at most 5 characters",
  settable: ["create", "stopped", "active"],
  help: "",
  ...more,
});

const KEYS = [
  key("server", { settable: [] }),
  key("name", { required: true }),
  key("mem", { settable: ["create", "stopped"], schema: z.string().regex(/^\d+$/).transform(Number) }),
  key("ide:BUS[0-1]:UNIT[0-1]"),
  key("boot", { takesList: true, schema: z.string() }),
  key("vnc", { aliases: ["vnc:ip"] }),
  key("vnc:ip", { settable: [] }),
  key("flag", { keepsBoolean: true }),
  key("vnc:password", { aliases: ["password"] }),
  ...OWN_KEYS,
];
const TABLE = keyTable(KEYS, "things");

const input = (properties: Record<string, InputValue>) => new Map(Object.entries(properties));

test("a pattern stands for every key that its ranges make", () => {
  assert.deepEqual(expand("ide:BUS[0-1]:UNIT[0-1]"), ["ide:0:0", "ide:0:1", "ide:1:0", "ide:1:1"]);
  assert.deepEqual(expand("scsi:BUS[0]:UNIT[0-2]"), ["scsi:0:0", "scsi:0:1", "scsi:0:2"]);
  assert.deepEqual(expand("name"), ["name"]);
});

test("answers are in the order of the table, open keys by name", () => {
  const values = ["user:b", "flag", "ide:1:0", "user:a", "ide:0:1", "name", "server"].map(
    (name) => [name, "x"] as const,
  );
  assert.deepEqual(
    TABLE.inOrder(values).map(([name]) => name),
    ["server", "name", "ide:0:1", "ide:1:0", "flag", "user:a", "user:b"],
  );
});

test("what came is read to its kind, under its name without aliases", () => {
  const changes = readInput(
    TABLE,
    input({ name: "a", mem: "64", flag: true, password: "pw", "user:x": 1, "ide:0:0": null }),
    "create",
  );
  assert.deepEqual(Object.fromEntries(changes), {
    name: "a",
    mem: 64,
    flag: true,
    "vnc:password": "pw",
    "user:x": "1",
  });
});

const refused: [
  what: string,
  moment: "create" | "stopped" | "active",
  given: Record<string, InputValue>,
  error: object,
][] = [
  [
    "an unknown key",
    "create",
    { name: "a", nmae: "b" },
    { type: "usage", message: /"nmae" is not a key.*: did you mean name\?$/ },
  ],
  [
    "a key that is like none",
    "create",
    { name: "a", colour: "b" },
    { code: "unknown_key", message: /"colour" is not a key.* \(lodge help things and GET .* list them\)$/ },
  ],
  [
    "a key that is like one of the cloud's alone",
    "create",
    { name: "a", serverr: "b" },
    { code: "unknown_key", message: /list them\)$/ },
  ],
  [
    "a key that is like an alias",
    "create",
    { name: "a", pasword: "b" },
    { code: "unknown_key", message: /did you mean password\?$/ },
  ],
  [
    "a key that is like one of another moment",
    "active",
    { men: "b" },
    { code: "unknown_key", message: /list them\)$/ },
  ],
  ["user: alone", "create", { name: "a", "user:": "b" }, { type: "usage" }],
  ["a missing key", "create", { mem: 1 }, { type: "usage", message: /^name is missing: it takes at most 5/ }],
  ["a malformed value", "create", { name: "toolong" }, { type: "usage", message: /not "toolong"$/ }],
  ["a key of the cloud's", "create", { name: "a", server: "x" }, { type: "usage" }],
  [
    "two values under two names",
    "create",
    { name: "a", password: "x", "vnc:password": "y" },
    { type: "usage" },
  ],
  [
    "a list for a key that does not list several things",
    "create",
    { name: ["a"] },
    { code: "malformed_value", message: /^name takes at most 5 characters, not a list$/ },
  ],
  [
    "an empty list for such a key",
    "create",
    { name: "a", "user:x": [] },
    { code: "malformed_value", message: /^user:x takes/ },
  ],
  ["unsetting a required key", "stopped", { name: null }, { type: "usage", message: /cannot be unset/ }],
  ["a stopped object's key on an active one", "active", { mem: 1 }, { type: "busy", message: /^mem/ }],
  [
    "a malformed key beside a conflict",
    "active",
    { mem: 1, name: "toolong" },
    { type: "usage", message: /^name/ },
  ],
];
for (const [what, moment, given, error] of refused) {
  test(`${what} is refused at ${moment}`, () => {
    assert.throws(() => readInput(TABLE, input(given), moment), error);
  });
}

test("a list is taken, and joined by spaces, for a key that lists several things", () => {
  const changes = readInput(TABLE, input({ name: "a", boot: ["x", "y"], tags: ["one", "two"] }), "create");
  assert.deepEqual(Object.fromEntries(changes), { name: "a", boot: "x y", tags: "one two" });
});

test("an alias that is a key of answers too is the alias where it comes in, and itself in the order of answers", () => {
  assert.deepEqual(Object.fromEntries(readInput(TABLE, input({ "vnc:ip": "auto" }), "stopped")), {
    vnc: "auto",
  });
  const names = ["password", "vnc:password", "vnc:ip", "vnc", "tags"].map((name) => [name, "x"] as const);
  assert.deepEqual(
    TABLE.inOrder(names).map(([name]) => name),
    ["vnc", "vnc:ip", "vnc:password", "password", "tags"],
  );
});

test("a long value is cut short in the error", () => {
  assert.throws(
    () => readInput(TABLE, input({ name: "x".repeat(10_000) }), "create"),
    (error: Error) => error.message.length < 200,
  );
});

test("in a set, what has no value is unset", () => {
  const given = input({ flag: "", tags: "  ", "user:x": null, boot: [] });
  assert.deepEqual(Object.fromEntries(readInput(TABLE, given, "stopped")), {
    flag: null,
    tags: null,
    "user:x": null,
    boot: null,
  });
});

test("what the value of a key takes is told for whatever it is called, with the lists that it takes", () => {
  assert.equal(takesOf(KEYS, "ide:1:0"), "at most 5 characters");
  assert.equal(takesOf(KEYS, "boot"), "at most 5 characters, or a list of strings");
  assert.equal(takesOf(KEYS, "password"), "at most 5 characters");
  assert.notEqual(takesOf(KEYS, "user:x"), null);
  assert.equal(takesOf(KEYS, "colour"), null);
});
