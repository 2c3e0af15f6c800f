import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { filesOnPostgres, VERSION_TEST } from "./files.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What they find out needs no store of another kind: simulated time has a store of its own, and the rest is about answers. */
const ON_SQLITE_ALONE = ["simulation.test.ts", "can.test.ts", "screens.test.ts", "unpriced.test.ts"];

test("each test of state runs on PostgreSQL, too", () => {
  const folder = join(ROOT, "test/state");
  const [again, once] = ["postgres-*.test.ts", "!(postgres-*).test.ts"].map((pattern) =>
    globSync(pattern, { cwd: folder }),
  ) as [string[], string[]];
  const loaded = again.flatMap((file) =>
    [...readFileSync(join(folder, file), "utf8").matchAll(/import\("\.\/(.+?)"\)/g)].map(([, name]) => name),
  );
  assert.deepEqual(
    loaded.toSorted(),
    once
      .map((file) => basename(file))
      .filter((file) => !ON_SQLITE_ALONE.includes(file))
      .toSorted(),
  );
});

test("the tests of the store, of state and of a whole cloud on PostgreSQL are taken, and no others", () => {
  const files = filesOnPostgres(ROOT);
  for (const file of [
    ...[VERSION_TEST, "src/store/store.test.ts", "src/store/postgres/postgres-store.test.ts"],
    ...[
      "test/state/postgres-accounts.test.ts",
      "test/state/postgres-drives.test.ts",
      "test/database.test.ts",
    ],
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
