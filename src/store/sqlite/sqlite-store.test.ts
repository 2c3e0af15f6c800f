import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { sql } from "kysely";
import type { Store, Tx } from "../store.ts";
import { openSqliteStore } from "./sqlite-store.ts";

/** As `pragma synchronous` answers them. */
const NORMAL = 1;
const FULL = 2;

async function openStore(t: TestContext): Promise<Store> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  const store = await openSqliteStore({ file: join(dir, "lodge.db"), lockFile: join(dir, "lodge.lock") });
  t.after(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });
  return store;
}

async function level(tx: Tx): Promise<number> {
  const { rows } = await sql<{ synchronous: number }>`pragma synchronous`.execute(tx);
  assert(rows[0] !== undefined);
  return rows[0].synchronous;
}

test("a transaction is synced when it commits, but one that need not outlive the machine", async (t) => {
  const store = await openStore(t);
  const levels = [level, level, level, level].map((work, index) =>
    store.transaction(work, index % 2 === 0 ? {} : { durable: false }),
  );
  assert.deepEqual(await Promise.all(levels), [FULL, NORMAL, FULL, NORMAL]);
  assert.equal(await store.transaction(level), FULL);
});

test("transactions are synced again after one that was not, and failed", async (t) => {
  const store = await openStore(t);
  const failing = store.transaction(() => Promise.reject(new Error("no")), { durable: false });
  await assert.rejects(failing, /no/);
  assert.equal(await store.transaction(level), FULL);
});
