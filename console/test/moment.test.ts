/** Moments of a form, in the time zone of who fills it in. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { localOf, secondsOf } from "../src/parts/moment.ts";

for (const [zone, local] of [
  ["UTC", "2027-03-01T12:00"],
  ["Asia/Kolkata", "2027-03-01T17:30"],
  ["America/New_York", "2027-03-01T07:00"],
] as const) {
  test(`a moment is shown, and taken, as clocks have it in ${zone}`, (t) => {
    const before = process.env.TZ;
    t.after(() => {
      if (before === undefined) delete process.env.TZ;
      else process.env.TZ = before;
    });
    process.env.TZ = zone;
    const seconds = String(Date.UTC(2027, 2, 1, 12) / 1000);
    assert.equal(localOf(seconds), local);
    assert.equal(secondsOf(local), seconds);
  });
}

test("what is no moment is none", () => {
  for (const value of ["", "soon", "-1", "99999999999999999"]) assert.equal(localOf(value), "");
  assert.equal(secondsOf(""), "");
});
