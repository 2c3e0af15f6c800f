import assert from "node:assert/strict";
import { test } from "node:test";
import { z } from "zod";
import { readInput } from "./input.ts";
import { type Key, keyTable } from "./key.ts";

const NUMBER = {
  schema: z.string().regex(/^\d+$/),
  takes: "digits",
  settable: ["create"],
  help: "",
} as const;

const KEYS: readonly Key[] = [
  { ...NUMBER, pattern: "open" },
  { ...NUMBER, pattern: "sealed", writeOnly: true },
  { ...NUMBER, pattern: "secret", isSecret: true },
  {
    ...NUMBER,
    pattern: "told",
    schema: z.string().superRefine((_, context) => {
      context.addIssue({ code: "custom", params: { instead: "what it is" } });
    }),
  },
];

const refusalOf = (key: string): string => {
  try {
    readInput(keyTable(KEYS), new Map([[key, "h0rse"]]), "create");
    return "";
  } catch (error) {
    return (error as Error).message;
  }
};

test("a refusal repeats what came, in the words of the key where it has some, and nothing of a secret", () => {
  assert.equal(refusalOf("open"), 'open takes digits, not "h0rse"');
  assert.equal(refusalOf("told"), "told takes digits, not what it is");
  for (const key of ["sealed", "secret"]) assert.equal(refusalOf(key), `${key} takes digits`);
});

test("an empty value is as none at a creation, but for a key of which nothing is not the default", () => {
  const keys = keyTable([
    { ...NUMBER, pattern: "open", takesList: true },
    { ...NUMBER, pattern: "right", takesList: true, neverEmpty: true },
  ]);
  for (const empty of ["", []]) {
    assert.deepEqual(readInput(keys, new Map([["open", empty]]), "create"), new Map());
    assert.throws(() => readInput(keys, new Map([["right", empty]]), "create"), {
      ...{ type: "usage", message: "right takes digits, not nothing" },
    });
  }
});

test("what nobody is answered is in no answer", () => {
  assert.deepEqual(
    keyTable(KEYS).answered.map(({ pattern }) => pattern),
    ["open", "secret", "told"],
  );
});
