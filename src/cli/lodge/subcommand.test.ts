import assert from "node:assert/strict";
import { test } from "node:test";
import { parse } from "./subcommand.ts";

const OPTIONS = { reference: { type: "string" }, json: { type: "boolean" } } as const;

test("an amount below zero is a word, wherever it stands, and what is no amount is a flag", () => {
  for (const amount of ["-12.50", "-1", "-.5"]) {
    for (const args of [
      ["ann", amount, "--reference", "r", "--json"],
      ["ann", "--json", "--reference", "r", amount],
      ["--reference", "r", "--json", "ann", "--", amount],
    ]) {
      const { values, positionals } = parse(args, OPTIONS);
      assert.deepEqual([{ ...values }, positionals], [{ reference: "r", json: true }, ["ann", amount]]);
    }
  }
  assert.throws(() => parse(["ann", "-x"], OPTIONS), { type: "usage", message: /-x/ });
});
