import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { lackingPgbouncer, startPgbouncer } from "../../../testing/pgbouncer.ts";
import { freshHome, lacking, sharedPostgres } from "../../../testing/stores.ts";
import { openStore } from "../open.ts";

describe("a connection pooler", { skip: lacking("postgres") || lackingPgbouncer() }, () => {
  test("in transaction mode is refused at the start, and not remembered", async (t) => {
    const pooler = await startPgbouncer(await sharedPostgres(), "transaction");
    t.after(() => pooler.close());
    const home = await freshHome(t);
    await assert.rejects(openStore(home, pooler.url("postgres")), {
      type: "usage",
      message: /transaction mode/,
    });
    await (await openStore(home)).close();
  });

  test("in session mode will do", async (t) => {
    const pooler = await startPgbouncer(await sharedPostgres(), "session");
    t.after(() => pooler.close());
    const store = await openStore(await freshHome(t), pooler.url("postgres"));
    const lock = await store.lock("lodge");
    assert.ok(lock);
    assert.equal(await store.lock("lodge"), null);
    await lock.release();
    await store.close();
  });
});
