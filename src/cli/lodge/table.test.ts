import assert from "node:assert/strict";
import { test } from "node:test";
import { tableLines, timeText } from "./table.ts";

test("columns stand below one another, what is missing is a dash, and nothing steers a terminal", () => {
  type Row = { readonly name: string; readonly amount?: number };
  const lines = tableLines<Row>(
    [
      ["name", ({ name }) => name],
      ["amount", ({ amount }) => amount],
    ],
    [{ name: "Zoë 李", amount: 12 }, { name: "", amount: 0 }, { name: "red\u001b[31m\n" }],
  );
  assert.deepEqual(lines, [
    "name                 amount",
    "Zoë 李                12",
    "-                    0",
    "red\\u001b[31m\\u000a  -",
  ]);
});

test("a time is told in UTC to the second", () => {
  assert.equal(timeText(1_798_761_600), "2027-01-01T00:00:00Z");
  assert.equal(timeText(undefined), "-");
});
