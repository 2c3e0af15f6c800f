import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { filesOnPostgres, VERSION_TEST } from "./files.ts";

test("the tests of the store, of state and of a whole cloud on PostgreSQL are taken, and no others", () => {
  const files = filesOnPostgres(join(import.meta.dirname, "../.."));
  for (const file of [
    ...[VERSION_TEST, "src/store/store.test.ts", "src/store/postgres/postgres-store.test.ts"],
    ...["test/state/postgres.test.ts", "test/database.test.ts"],
  ]) {
    assert.ok(files.includes(file), file);
  }
  for (const file of [
    "test/state/drives.test.ts",
    "src/store/sqlite/full-disk.test.ts",
    "test/backup.test.ts",
  ]) {
    assert.ok(!files.includes(file), file);
  }
});
