import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { absentPaths } from "./paths.ts";

const ROOT = join(import.meta.dirname, "../..");

test("a path that a document names and that is not there is found, in code and in a link", () => {
  const text =
    "`npm test src/no/file.ts` of `no-room/file.ts`, [here](there.md) and [there](../README.md); `servers/create`, `bin/lodge status`, `api/key.ts`, `src/store/migrations/NNNN-what.ts`, `test/**/*.ts`";
  assert.deepEqual(absentPaths(ROOT, "docs", text), ["src/no/file.ts", "no-room/file.ts", "there.md"]);
});
