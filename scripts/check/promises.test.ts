import assert from "node:assert/strict";
import { test } from "node:test";
import { faultsOf } from "./promises.ts";

const DOCUMENT = "# It\n\n- **S1** One.\n- **S2** Two,\n  and more.\n";
const files: Readonly<Record<string, string>> = { "a.test.ts": 'test("one holds", () => {});' };
const faults = (promises: Parameters<typeof faultsOf>[1], document = DOCUMENT) =>
  faultsOf(document, promises, (file) => files[file] ?? null);

test("each promise must be shown by a test that there is", () => {
  const one = ["a.test.ts", "one holds"] as const;
  assert.deepEqual(faults({ S1: [one], S2: [one] }), []);
  assert.deepEqual(faults({ S1: [one], S2: [] }), ["S2: no test shows it"]);
  assert.deepEqual(faults({ S1: [one] }), ["S2: no test shows it"]);
  assert.deepEqual(faults({ S1: [one], S2: [["a.test.ts", "two holds"]] }), [
    'S2: there is no test "two holds" in a.test.ts',
  ]);
  assert.deepEqual(faults({ S1: [one], S2: [["b.test.ts", "one holds"]] }), [
    'S2: there is no test "one holds" in b.test.ts',
  ]);
  assert.deepEqual(faults({ S1: [one], S2: [one], S3: [one] }), ["S3 is no promise"]);
  assert.deepEqual(faults({ S1: [one], S3: [one] }, DOCUMENT.replace("S2", "S3")), ["S3 is not S2"]);
});
