/** What a store on PostgreSQL does when its server, its connections or other processes fail it. */
import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import { type PostgresServer, startPostgres } from "../../../testing/postgres.ts";
import { long } from "../../../testing/share.ts";
import { databaseName, freshDatabase, freshHome, lacking, sharedPostgres } from "../../../testing/stores.ts";
import { until } from "../../../testing/until.ts";
import { CommitUnknown, StoreUnavailable } from "../../base/store-errors.ts";
import { HeldLock } from "../held-lock.ts";
import { openStore } from "../open.ts";
import type { Store, Tx } from "../store.ts";

async function openOn(t: TestContext, url: string): Promise<Store> {
  const store = await openStore(await freshHome(t), url);
  t.after(() => store.close());
  return store;
}

const insert = (tx: Tx, uuid: string, name = "n") =>
  tx.insertInto("users").values({ uuid, name, created: 1 }).execute();

const countQuery = (store: Store) => {
  const count = store.query<{ uuid: string }, { uuid: string }>((db, param) =>
    db.selectFrom("users").select("uuid").where("uuid", "=", param("uuid")),
  );
  return async (uuid: string) => (await count({ uuid })).length;
};

/** Of a session that holds an advisory lock. */
const HOLDS_LOCK =
  "exists (select from pg_locks l where l.locktype = 'advisory' and l.granted and l.pid = pg_stat_activity.pid)";

/** Ends the sessions that a condition on pg_stat_activity describes; waits until there is one. */
async function terminate(server: PostgresServer, condition: string): Promise<void> {
  const statement = `select count(pg_terminate_backend(pid)) from pg_stat_activity
    where pid <> pg_backend_pid() and (${condition})`;
  await until("such a session is ended", async () => (await server.psql(statement)) !== "0" || null);
}

/** A server of the test's own, which it may kill. */
async function ownServer(t: TestContext, settings: readonly string[] = []): Promise<PostgresServer> {
  const server = await startPostgres(settings);
  t.after(() => server.close());
  return server;
}

describe("a store on PostgreSQL", { skip: lacking("postgres") }, () => {
  test("a transaction whose session is killed before its commit is run again, once whole", async (t) => {
    const url = await freshDatabase();
    const database = databaseName(url);
    const store = await openOn(t, url);
    let attempts = 0;
    await store.transaction(async (tx) => {
      await insert(tx, `attempt ${++attempts}`);
      if (attempts > 1) return;
      await terminate(await sharedPostgres(), `datname = '${database}' and state = 'idle in transaction'`);
      await insert(tx, "another");
    });
    assert.equal(attempts, 2);
    const count = countQuery(store);
    assert.deepEqual([await count("attempt 1"), await count("attempt 2")], [0, 1]);
  });

  test("a commit whose answer was lost is an error of its own, and never repeated", async (t) => {
    const server = await ownServer(t, [
      ...["wal_level=replica", "max_wal_senders=2", "synchronous_standby_names=nobody"],
      "synchronous_commit=local",
    ]);
    const store = await openOn(t, server.url("postgres"));
    let attempts = 0;
    const committing = store.transaction(async (tx) => {
      attempts++;
      // Nobody is there to confirm it: the commit is made, and never answered.
      await insert(tx, "u1");
      const { sql } = await import("kysely");
      await sql`set local synchronous_commit = on`.execute(tx);
    });
    const [outcome] = await Promise.all([
      committing.catch((error: unknown) => error),
      terminate(server, "wait_event = 'SyncRep'"),
    ]);
    assert.ok(outcome instanceof CommitUnknown, `${outcome}`);
    assert.equal(attempts, 1);
    assert.equal(await countQuery(store)("u1"), 1, "this one was made");
  });

  test("a statement that fails fails its transaction, also when the work goes on", async (t) => {
    const store = await openOn(t, await freshDatabase());
    const swallowing = store.transaction(async (tx) => {
      await insert(tx, "u1");
      // A caller that passes over the error; the transaction is broken all the same.
      await insert(tx, "u1").catch(() => {});
    });
    await assert.rejects(swallowing, { name: "AbortedTransactionError" });
    assert.equal(await countQuery(store)("u1"), 0);
    await store.transaction((tx) => insert(tx, "u1"));
  });

  test(
    "reads and writes go on when the server has restarted, and rings are told as possibly lost",
    long,
    async (t) => {
      const server = await ownServer(t);
      const store = await openOn(t, server.url("postgres"));
      const count = countQuery(store);
      await store.transaction((tx) => insert(tx, "u1"));
      let heard = Promise.withResolvers<void>();
      store.listen("servers", () => heard.resolve());
      await heard.promise;
      heard = Promise.withResolvers();
      await server.stop("SIGQUIT");
      await assert.rejects(count("u1"), StoreUnavailable);
      await assert.rejects(
        store.transaction((tx) => insert(tx, "u2")),
        StoreUnavailable,
      );
      await server.start();
      await store.transaction((tx) => insert(tx, "u2"));
      assert.deepEqual([await count("u1"), await count("u2")], [1, 1]);
      await heard.promise;
    },
  );

  test("a store whose tables are up to date opens while another process writes", {
    timeout: 60_000,
  }, async (t) => {
    const url = await freshDatabase();
    const store = await openOn(t, url);
    const [begun, end] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const writing = store.transaction(async () => {
      begun.resolve();
      await end.promise;
    });
    t.after(() => end.resolve());
    await begun.promise;
    await openOn(t, url);
    end.resolve();
    await writing;
  });

  test("a migration that the database does not name is applied, whichever others it names", async (t) => {
    const url = await freshDatabase();
    await (await openOn(t, url)).close();
    const forget = "delete from kysely_migration where name = (select max(name) from kysely_migration)";
    await (await sharedPostgres()).psql(forget, databaseName(url));
    // What it makes is there, so that it is seen to have been tried.
    await assert.rejects(openOn(t, url), { message: "the database could not be migrated" });
  });

  test("a ring is heard by other processes, and as one when many are rung at once", async (t) => {
    const url = await freshDatabase();
    const [one, other] = [await openOn(t, url), await openOn(t, url)];
    let heard = 0;
    let next = Promise.withResolvers<void>();
    other.listen("servers", () => {
      heard++;
      next.resolve();
    });
    // The first call says that it listens by now.
    await next.promise;
    next = Promise.withResolvers();
    heard = 0;
    for (let count = 0; count < 100; count++) one.ring("servers");
    await next.promise;
    next = Promise.withResolvers();
    one.ring("servers");
    await next.promise;
    assert.ok(heard < 100, `${heard} of 101 rings were heard`);
  });

  test("a lock that is lost with its session is told, and another may take it", long, async (t) => {
    const url = await freshDatabase();
    const database = databaseName(url);
    const [one, other] = [await openOn(t, url), await openOn(t, url)];
    const lock = await one.lock("host a");
    assert.ok(lock);
    await terminate(await sharedPostgres(), `datname = '${database}' and ${HOLDS_LOCK}`);
    assert.match((await lock.lost).message, /the database at 127\.0\.0\.1/);
    const taken = await other.lock("host a");
    assert.ok(taken);
    assert.equal(await one.lock("host a"), null);
    const elsewhere = await one.lock("host b");
    assert.ok(elsewhere, "another name is another lock");
    await elsewhere.release();
    await taken.release();
  });

  test(
    "a lock that is held is taken again after a restart, and told as taken when another was faster",
    long,
    async (t) => {
      const server = await ownServer(t);
      const [one, other] = [await openOn(t, server.url("postgres")), await openOn(t, server.url("postgres"))];
      const lock = await HeldLock.take(one, "lodge");
      assert.ok(lock);
      await server.stop("SIGQUIT");
      await server.start();
      const locks = "select count(*) from pg_locks where locktype = 'advisory'";
      await until("the lock is taken again", async () => (await server.psql(locks)) !== "0" || null);
      assert.equal(await HeldLock.take(other, "lodge"), null, "it is held again");

      // The other waits in the server by now, and comes first when the session that holds the lock ends.
      const rivalling = other.lock("lodge");
      const waits = "select count(*) from pg_locks where locktype = 'advisory' and not granted";
      await until("the other waits", async () => (await server.psql(waits)) !== "0" || null);
      await terminate(server, HOLDS_LOCK);
      const rival = await rivalling;
      assert.ok(rival);
      assert.match((await lock.taken).message, /the lock lodge/);
      await rival.release();
      await lock.release();
    },
  );

  test(
    "of several hosts the one that takes writes is used, and another when it has gone",
    long,
    async (t) => {
      const primary = await ownServer(t);
      const standby = await ownServer(t, ["default_transaction_read_only=on"]);
      const nobody = "127.0.0.1:1";
      const hosts = [nobody, `127.0.0.1:${standby.port}`, `127.0.0.1:${primary.port}`].join(",");
      const url = primary.url("postgres").replace(`127.0.0.1:${primary.port}`, hosts);
      const store = await openOn(t, url);
      await store.transaction((tx) => insert(tx, "u1"));
      assert.equal(await primary.psql("select count(*) from users where uuid = 'u1'"), "1");
      await primary.stop("SIGQUIT");
      await assert.rejects(
        store.transaction((tx) => insert(tx, "u2")),
        (error: Error) => error instanceof StoreUnavailable && /takes no writes/.test(error.message),
      );
      const alone = standby.url("postgres");
      await assert.rejects(openOn(t, alone), /takes no writes/);
    },
  );

  test("a user to whom the database belongs, and who may do nothing else, will do", async (t) => {
    const server = await sharedPostgres();
    const database = databaseName(await freshDatabase());
    const user = `${database}_owner`;
    await server.psql(`create role ${user} login password 'secret'`);
    await server.psql(`alter database ${database} owner to ${user}`);
    const store = await openOn(t, `postgres://${user}:secret@127.0.0.1:${server.port}/${database}`);
    await store.transaction((tx) => insert(tx, "u1"));
    assert.equal(await countQuery(store)("u1"), 1);
    const lock = await store.lock("lodge");
    assert.ok(lock);
    await lock.release();
    const heard = Promise.withResolvers<void>();
    store.listen("servers", () => heard.resolve());
    await heard.promise;
  });

  test("a number that JavaScript cannot hold is an error, never another number", async (t) => {
    const url = await freshDatabase();
    const store = await openOn(t, url);
    await store.transaction((tx) => insert(tx, "u1"));
    const server = await sharedPostgres();
    await server.psql("update users set created = 9007199254740993", databaseName(url));
    const created = store.query((db) => db.selectFrom("users").select("created").where("uuid", "=", "u1"));
    await assert.rejects(async () => created({}), /9007199254740993/);
    assert.equal(await countQuery(store)("u1"), 1, "the session goes on");
  });

  test("two stores of a process share nothing that is kept in memory of one", async (t) => {
    const stores = [await openOn(t, await freshDatabase()), await openOn(t, await freshDatabase())];
    const [one, other] = await Promise.all(
      stores.map((store) => store.snapshot(async (tx) => tx.getExecutor().adapter)),
    );
    assert.notEqual(one, other);
  });
});
