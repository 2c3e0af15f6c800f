import assert from "node:assert/strict";
import { test } from "node:test";
import { monthAfter, monthAt, monthNamed } from "./month.ts";

const at = (text: string) => Date.parse(`${text}Z`) / 1000;

test("a month goes from its first second to that of the next, leap years and the turn of a year included", () => {
  for (const [name, from, to] of [
    ["2026-12", "2026-12-01T00:00:00", "2027-01-01T00:00:00"],
    ["2028-02", "2028-02-01T00:00:00", "2028-03-01T00:00:00"],
    ["2027-02", "2027-02-01T00:00:00", "2027-03-01T00:00:00"],
  ] as const) {
    const month = { name, from: at(from), to: at(to) };
    assert.deepEqual(monthNamed(name), month);
    assert.deepEqual(monthAt(month.from), month);
    assert.deepEqual(monthAt(month.to - 1), month);
    assert.equal(monthAt(month.to).from, month.to);
    assert.deepEqual(monthAfter(month), monthAt(month.to));
  }
});

test("what is no month has none", () => {
  for (const name of ["", "2026", "2026-00", "2026-13", "2026-1", "2026-012", "26-12"])
    assert.equal(monthNamed(name), null);
});
