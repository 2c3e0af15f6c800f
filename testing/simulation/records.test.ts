import assert from "node:assert/strict";
import { test } from "node:test";
import { type AllRecords, hasCounted } from "./records.ts";

const SERVER = "5e4e0000-0000-4000-8000-000000000000";
const RAN_AT = 4;

const countedWith = (...runs: readonly (string | null)[]) =>
  hasCounted(
    { servers: runs.map((run) => ({ uuid: SERVER, run })) } as unknown as AllRecords,
    SERVER,
    RAN_AT,
  );

test("what an ended run wrote is counted from the end on that the store has recorded, not before", () => {
  assert.equal(countedWith(), true, "its server is gone");
  assert.equal(countedWith(null), true, "its server has no run");
  assert.equal(countedWith('{"generation":5}'), true, "its server has a later run");
  assert.equal(countedWith('{"generation":4}'), false, "the store has it as running");
  assert.equal(countedWith('{"generation":3}'), false, "a change was applied to it since its start");
});
