import assert from "node:assert/strict";
import { test } from "node:test";
import { requestIdOf } from "./request-id.ts";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

test("each request has an id of its own, in the form of a UUID, that sorts by when it came", () => {
  const ids = Array.from({ length: 10_000 }, () => requestIdOf(undefined));
  assert.equal(new Set(ids).size, ids.length);
  assert.deepEqual(ids.toSorted(), ids);
  for (const id of ids) assert.match(id, UUID);
});
