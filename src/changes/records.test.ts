/** What a reader sees of changes that several processes commit, in whatever order. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ENGINES, freshDatabase, freshStore, lacking } from "../../testing/stores.ts";
import { until } from "../../testing/until.ts";
import { createUser } from "../accounts/users.ts";
import { Connector } from "../store/postgres/connector.ts";
import { parseDatabaseUrl } from "../store/postgres/database-url.ts";
import { openPostgresStore } from "../store/postgres/postgres-store.ts";
import type { Store } from "../store/store.ts";
import { Feed } from "./feed.ts";
import { ChangeRecords } from "./records.ts";
import { ChangeStream } from "./stream.ts";

const make = (store: Store, user: string, resource: string) =>
  store.transaction((tx) =>
    tx.insertInto("resources").values({ type: "vlan", resource, user, properties: "{}" }).execute(),
  );

/** The account's changes behind that number, by number and object. */
const seen = async (records: ChangeRecords, user: string, from: number) =>
  (await records.after(user, from)).map(({ id, data }) => [id, data[1]?.[1]]);

for (const engine of ENGINES) {
  test(`on ${engine}, what another process commits is told too`, { skip: lacking(engine) }, async (t) => {
    const open = await freshStore(t, engine);
    const [here, there] = [await open(), await open()];
    t.after(async () => {
      await here.close();
      await there.close();
    });
    const [ann, bob] = [(await createUser(there, "ann")).uuid, (await createUser(there, "bob")).uuid];
    const records = new ChangeRecords(here);
    const feed = new Feed(records, assert.ifError);
    const follow = (wake: () => void) => feed.follow(ann, wake);
    const stream = new ChangeStream({ records, user: ann, from: 0, follow, onTrouble: assert.ifError });
    t.after(() => stream.end());
    // What is waited for is held up by nothing of this process.
    const alive = setInterval(() => {}, 1_000);
    t.after(() => clearInterval(alive));
    const next = stream.next(60_000);
    await make(there, bob, "bobs");
    await make(there, ann, "anns");
    assert.deepEqual(
      (await next)?.map(({ id, event }) => [id, event]),
      [[1, "created"]],
    );
    // The first of these may be told by the feed's first look, which wakes everybody; the next one is found to have moved.
    for (const number of [2, 3]) {
      const after = stream.next(60_000);
      await make(there, ann, `anns ${number}`);
      assert.deepEqual(
        (await after)?.map(({ id }) => id),
        [number],
      );
    }
  });
}

test("a number is seen once all lower ones are, though transactions commit in another order than they began", {
  skip: lacking("postgres"),
}, async (t) => {
  const url = await freshDatabase();
  const store = await openPostgresStore(url);
  const connector = new Connector(parseDatabaseUrl(url));
  // Sessions that take no lock of all that write: what numbers promise does not rest on that.
  const open = () => connector.open({ statementTimeoutMs: 120_000 });
  const [first, second, watcher] = [await open(), await open(), await open()];
  t.after(async () => {
    for (const session of [first, second, watcher]) await session.end();
    await store.close();
  });
  const { uuid: ann } = await createUser(store, "ann");
  const insert = (resource: string) =>
    `insert into resources (type, resource, "user", properties) values ('vlan', '${resource}', '${ann}', '{}')`;
  const records = new ChangeRecords(store);
  await first.query("begin");
  await first.query(insert("one"));
  await second.query("begin");
  const waiting = second.query(insert("two")).then(() => second.query("commit"));
  await until("the second waits for the first", async () => {
    const [row] = await watcher.rows<{ waiting: number }>(
      "select count(*)::int as waiting from pg_locks where not granted",
    );
    return row?.waiting === 0 ? null : true;
  });
  assert.deepEqual(await seen(records, ann, 0), []);
  await first.query("commit");
  await waiting;
  assert.deepEqual(await seen(records, ann, 0), [
    [1, "one"],
    [2, "two"],
  ]);
  // One that is rolled back leaves no gap.
  await first.query("begin");
  await first.query(insert("three"));
  await first.query("rollback");
  await make(store, ann, "four");
  assert.deepEqual(await seen(records, ann, 2), [[3, "four"]]);
});
