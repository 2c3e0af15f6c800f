import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSqliteStore } from "./sqlite.ts";

test("a compiled query sees what a transaction committed, and nothing of one that failed", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  t.after(() => rm(dir, { recursive: true }));
  const store = await openSqliteStore(join(dir, "lodge.db"));
  t.after(() => store.close());
  const byName = store.query<{ name: string }, { uuid: string }>((db, param) =>
    db.selectFrom("users").select("uuid").where("name", "=", param("name")),
  );
  const insert = (uuid: string, name: string) =>
    store.transaction(async (tx) => {
      await tx.insertInto("users").values({ uuid, name, key_sha256: "", created: 1 }).execute();
      if (name === "bad") throw new Error("on purpose");
    });
  await insert("u1", "ann");
  await assert.rejects(insert("u2", "bad"), /on purpose/);
  assert.deepEqual(await byName({ name: "ann" }), [{ uuid: "u1" }]);
  assert.deepEqual(await byName({ name: "bad" }), []);
});

test("opening a database again keeps its state", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  t.after(() => rm(dir, { recursive: true }));
  const file = join(dir, "lodge.db");
  const first = await openSqliteStore(file);
  await first.transaction((tx) =>
    tx.insertInto("users").values({ uuid: "u1", name: "ann", key_sha256: "", created: 1 }).execute(),
  );
  await first.close();
  const second = await openSqliteStore(file);
  const rows = await second.query((db) => db.selectFrom("users").select("name").where("uuid", "=", "u1"))({});
  await second.close();
  assert.deepEqual(rows, [{ name: "ann" }]);
});

test("rows that another process changes are read anew where that is asked for", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  t.after(() => rm(dir, { recursive: true }));
  const one = await openSqliteStore(join(dir, "lodge.db"));
  const other = await openSqliteStore(join(dir, "lodge.db"));
  const user = { uuid: "u1", name: "ann", key_sha256: "", created: 1 };
  await one.transaction((tx) => tx.insertInto("users").values(user).execute());
  const names = one.query<{ uuid: string }, { name: string }>(
    (db, param) => db.selectFrom("users").select("name").where("uuid", "=", param("uuid")),
    (rows) => rows.every(({ name }) => name !== "ann"),
  );
  const rename = (name: string) => other.transaction((tx) => tx.updateTable("users").set({ name }).execute());
  const seen: string[] = [];
  for (const name of ["ann", "bob", "eve"]) {
    await rename(name);
    seen.push(...(await names({ uuid: "u1" })).map((row) => row.name));
  }
  assert.deepEqual(seen, ["ann", "bob", "bob"], "what may be kept is kept");
  await Promise.all([one.close(), other.close()]);
});
