/** A database that moves between its hosts: who is asked, and what goes on when one that took writes takes none any more. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, before, describe, type TestContext, test } from "node:test";
import { type PostgresServer, startPostgres } from "../../../testing/postgres.ts";
import { databaseName, freshDatabase, freshHome, lacking, sharedPostgres } from "../../../testing/stores.ts";
import { until } from "../../../testing/until.ts";
import { CommitUnknown, StoreUnavailable } from "../../base/store-errors.ts";
import { openStore } from "../open.ts";
import type { Store, Tx } from "../store.ts";
import { Connector } from "./connector.ts";
import { parseDatabaseUrl } from "./database-url.ts";

const connectorOf = (url: string) => new Connector(parseDatabaseUrl(url));

/** The URL of a database at several ports, in that order. */
function urlOf(server: PostgresServer, ports: readonly number[], database = "postgres"): string {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
  return server.url(database).replace(`127.0.0.1:${server.port}`, hosts);
}

async function openOn(t: TestContext, url: string): Promise<Store> {
  const store = await openStore(await freshHome(t), url);
  t.after(() => store.close());
  return store;
}

const insert = (tx: Tx, uuid: string) =>
  tx.insertInto("users").values({ uuid, name: "n", created: 1 }).execute();

/** Writes rows one after the other until it is told to end; answers the uuids of those whose commits were answered. */
function writeOn(store: Store): { readonly answered: readonly string[]; end(): Promise<void> } {
  const answered: string[] = [];
  const ending = new AbortController();
  const written = (async () => {
    for (let row = 0; !ending.signal.aborted; row++) {
      try {
        await store.transaction((tx) => insert(tx, `row ${row}`));
        answered.push(`row ${row}`);
      } catch (error) {
        if (!(error instanceof StoreUnavailable || error instanceof CommitUnknown)) throw error;
      }
    }
  })();
  return {
    answered,
    async end() {
      ending.abort();
      await written;
    },
  };
}

/** Waits until so many more rows are answered. */
const more = (answered: readonly string[], count: number) => {
  const before = answered.length;
  return until("more is written", async () => answered.length >= before + count || null);
};

describe("a database of several hosts", { skip: lacking("postgres") }, () => {
  let primary: PostgresServer;
  let standby: PostgresServer;
  before(async () => {
    primary = await startPostgres([
      ...["wal_level=replica", "max_wal_senders=4", "hot_standby=on"],
      "synchronous_standby_names=*",
    ]);
    standby = await primary.startStandby();
  });
  after(async () => {
    await primary.close();
    await standby.close();
  });
  const standbyFirst = () => urlOf(primary, [standby.port, primary.port]);

  test("is asked at a standby where any host will do, and nowhere else where it must take writes", async () => {
    const isStandby = async (url: string) => {
      const session = await connectorOf(url).open({ statementTimeoutMs: 5000 });
      const [row] = await session.rows<{ there: boolean }>("select pg_is_in_recovery() as there");
      await session.end();
      return row?.there;
    };
    assert.equal(await isStandby(`${standbyFirst()}?target_session_attrs=any`), true);
    assert.equal(await isStandby(`${standbyFirst()}?target_session_attrs=read-write`), false);
    assert.equal(await isStandby(standbyFirst()), false);
  });

  test("answers no commit that its standby has not confirmed, not when a statement's time is over either", async () => {
    const session = await connectorOf(standbyFirst()).open({ statementTimeoutMs: 200 });
    await session.rows("create table t (n int)");
    await standby.signal("SIGSTOP");
    try {
      await session.script("begin; insert into t values (1)");
      await assert.rejects(session.query("commit"), /does not answer/);
    } finally {
      await standby.signal("SIGCONT");
    }
  });

  test("goes on at its standby once that is promoted, with all that was answered", async (t) => {
    const store = await openOn(t, standbyFirst());
    const lock = await store.lock("lodge");
    assert.ok(lock);
    let heard = Promise.withResolvers<void>();
    store.listen("servers", () => heard.resolve());
    await heard.promise;
    heard = Promise.withResolvers();

    const writing = writeOn(store);
    await more(writing.answered, 20);
    await primary.stop("SIGQUIT");
    await lock.lost;
    await assert.rejects(store.lock("lodge"), StoreUnavailable, "the standby is no host to write to");
    assert.equal(await standby.psql("select pg_promote()"), "t");
    await more(writing.answered, 20);
    await writing.end();

    const rows = new Set((await standby.psql("select uuid from users")).split("\n"));
    const missing = writing.answered.filter((uuid) => !rows.has(uuid));
    assert.deepEqual(missing, []);
    await heard.promise;
    const read = store.query<{ uuid: string }, { uuid: string }>((db, param) =>
      db.selectFrom("users").select("uuid").where("uuid", "=", param("uuid")),
    );
    assert.deepEqual(await read({ uuid: "row 0" }), [{ uuid: "row 0" }]);
    const again = await store.lock("lodge");
    assert.ok(again);
    await again.release();
  });

  test("is left at a host that stops taking writes while it is connected", async (t) => {
    const [one, other] = [await startPostgres(), await sharedPostgres()];
    t.after(() => one.close());
    const url = await freshDatabase();
    const database = databaseName(url);
    await one.createDatabase(database);
    await (await openOn(t, url)).close();
    const store = await openOn(t, urlOf(one, [one.port, other.port], database));
    await store.transaction((tx) => insert(tx, "row"));
    const written = "select count(*) from users where name = 'n'";
    assert.equal(await one.psql(written, database), "1");
    await one.psql("alter system set default_transaction_read_only = on");
    await one.psql("select pg_reload_conf()");
    let row = 0;
    // Its sessions hear of the setting by themselves.
    await until("a row is written at the other", async () => {
      await store.transaction((tx) => insert(tx, `row ${row++}`));
      return (await other.psql(written, database)) !== "0" || null;
    });
  });

  test("is had where its first host is silent, which is not asked again while another serves", async (t) => {
    const server = await sharedPostgres();
    let asked = 0;
    const silent = createServer(() => asked++).listen(0, "127.0.0.1");
    await once(silent, "listening");
    t.after(() => silent.close());
    const { port } = silent.address() as AddressInfo;
    const connector = connectorOf(`${urlOf(server, [port, server.port])}?sslmode=disable`);
    for (let session = 0; session < 3; session++) {
      const opened = await connector.open({ statementTimeoutMs: 1000 });
      assert.deepEqual(await opened.rows("select 1 as one"), [{ one: 1 }]);
      await opened.end();
    }
    assert.equal(asked, 1);
  });
});
