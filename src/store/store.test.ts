/** What holds of a store, on either engine. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { sql } from "kysely";
import { ENGINES, type Engine, freshDatabase, freshHome, freshStore, lacking } from "../../testing/stores.ts";
import { HeldLock } from "./held-lock.ts";
import { openStore } from "./open.ts";
import { statement } from "./statement.ts";
import type { Store, Tx } from "./store.ts";

type Opening = { readonly store: Store; readonly another: () => Promise<Store> };

/** Opens a fresh store; it and `another`s, which stand for other processes, are closed after the test. */
async function opened(t: TestContext, engine: Engine): Promise<Opening> {
  const open = await freshStore(t, engine);
  const another = async () => {
    const store = await open();
    t.after(() => store.close());
    return store;
  };
  return { store: await another(), another };
}

const user = (uuid: string, name: string) => ({ uuid, name, created: 4_294_967_296 });

const insert = (tx: Tx, uuid: string, name: string) =>
  tx.insertInto("users").values(user(uuid, name)).execute();

const nameQuery = (store: Store) => {
  const query = store.query<{ uuid: string }, { name: string }>((db, param) =>
    db.selectFrom("users").select("name").where("uuid", "=", param("uuid")),
  );
  return async (uuid: string) => (await query({ uuid }))[0]?.name;
};

const rename = (store: Store, name: string) =>
  store.transaction((tx) => tx.updateTable("users").set({ name }).where("uuid", "=", "u1").execute());

for (const engine of ENGINES) {
  describe(`a store on ${engine}`, { skip: lacking(engine) }, () => {
    test("a transaction is made whole or not at all, and a compiled query sees what is committed", async (t) => {
      const { store } = await opened(t, engine);
      const nameOf = nameQuery(store);
      assert.equal(await nameOf("u1"), undefined);
      await store.transaction((tx) => insert(tx, "u1", "ann"));
      const failing = store.transaction(async (tx) => {
        await insert(tx, "u2", "bad");
        throw new Error("on purpose");
      });
      await assert.rejects(failing, /on purpose/);
      assert.equal(await nameOf("u1"), "ann", "that there was none is forgotten");
      assert.equal(await nameOf("u2"), undefined);
    });

    test("who is to hear that a transaction changed a row hears it once, last, and within it", async (t) => {
      const { store } = await opened(t, engine);
      const nameOf = nameQuery(store);
      const heard: string[] = [];
      const telling = (name: string) => ({
        onChange: async (tx: Tx) => {
          heard.push(name);
          await insert(tx, `after ${name}`, name);
        },
      });
      const renamed = (tx: Tx, uuid: string) =>
        tx.updateTable("users").set({ name: "ben" }).where("uuid", "=", uuid).execute();
      const compiled = statement<{ uuid: string }, unknown>((db, param) =>
        db.deleteFrom("users").where("uuid", "=", param("uuid")),
      );
      await store.transaction((tx) => insert(tx, "u1", "ann"), telling("an insert"));
      await store.transaction((tx) => renamed(tx, "u1"), telling("an update"));
      await store.transaction((tx) => compiled(tx, { uuid: "u1" }), telling("a compiled delete"));
      await store.transaction((tx) => renamed(tx, "u1"), telling("an update of none"));
      await store.transaction((tx) => compiled(tx, { uuid: "u1" }), telling("a delete of none"));
      await store.transaction((tx) => tx.selectFrom("users").selectAll().execute(), telling("a reading"));
      assert.deepEqual(heard, ["an insert", "an update", "a compiled delete"]);
      assert.equal(await nameOf("after a compiled delete"), "a compiled delete");
      const meanwhile = Array.from({ length: 8 }, (_, at) => [
        store.transaction((tx) => insert(tx, `b${at}`, "b")),
        store.transaction(
          async (tx) => void (await nextTurn(await tx.selectFrom("users").select("uuid").execute())),
          { onChange: async () => void heard.push("another's") },
        ),
      ]);
      await Promise.all(meanwhile.flat());
      assert.deepEqual(heard.slice(3), [], "what another changes meanwhile");
      const failing = store.transaction((tx) => insert(tx, "u2", "bob"), {
        onChange: () => Promise.reject(new Error("on purpose")),
      });
      await assert.rejects(failing, /on purpose/);
      assert.equal(await nameOf("u2"), undefined, "what is not recorded is not done");
    });

    test("what was read a moment ago is forgotten at a commit", async (t) => {
      const { store } = await opened(t, engine);
      await store.transaction((tx) => insert(tx, "u1", "ann"));
      const nameOf = nameQuery(store);
      // Among so many there are some that are shorter than the time after which others' commits are looked for.
      for (let step = 0; step < 500; step++) {
        const name = `name ${step}`;
        await store.transaction(
          (tx) => tx.updateTable("users").set({ name }).where("uuid", "=", "u1").execute(),
          { durable: false },
        );
        assert.equal(await nameOf("u1"), name);
      }
    });

    test("what a transaction reads holds until it commits, whoever writes beside it", async (t) => {
      const { store, another } = await opened(t, engine);
      // A second writer of SQLite's stands for a process of its own, which this one must not wait for.
      const writers = engine === "postgres" ? [store, await another()] : [store];
      await store.transaction((tx) => insert(tx, "u1", "0"));
      const increment = (writer: Store) =>
        writer.transaction(async (tx) => {
          const one = tx.selectFrom("users").select("name").where("uuid", "=", "u1");
          const { name } = await one.executeTakeFirstOrThrow();
          await new Promise((resolve) => setImmediate(resolve));
          const next = String(Number(name) + 1);
          await tx.updateTable("users").set({ name: next }).where("uuid", "=", "u1").execute();
        });
      await Promise.all(Array.from({ length: 20 }, () => writers.map(increment)).flat());
      assert.equal(await nameQuery(store)("u1"), String(20 * writers.length));
    });

    test("a snapshot is of one moment, waits for no transaction and changes nothing", async (t) => {
      const { store } = await opened(t, engine);
      await store.transaction((tx) => insert(tx, "u1", "before"));
      const names = await store.snapshot(async (tx) => {
        const read = async () =>
          (await tx.selectFrom("users").select("name").where("uuid", "=", "u1").execute())[0]?.name;
        const first = await read();
        await rename(store, "after");
        return [first, await read()];
      });
      assert.deepEqual(names, ["before", "before"]);
      await assert.rejects(
        store.snapshot((tx) => insert(tx, "u2", "x")),
        /read-?only/,
      );
      assert.equal(await nameQuery(store)("u1"), "after");
    });

    test("numbers of 64 bits and sums come as numbers", async (t) => {
      const { store } = await opened(t, engine);
      await store.transaction((tx) => insert(tx, "u1", "ann"));
      const sums = await store.snapshot((tx) =>
        tx
          .selectFrom("users")
          .select(({ fn }) => [fn.sum<number>("created").as("sum"), fn.countAll<number>().as("count")])
          .execute(),
      );
      assert.deepEqual(sums, [{ sum: 4_294_967_296, count: 2 }]);
    });

    test("a compiled query sees what another process committed by the time that one has ended", async (t) => {
      const { store, another } = await opened(t, engine);
      await store.transaction((tx) => insert(tx, "u1", "ann"));
      const nameOf = nameQuery(store);
      for (let step = 0; step < 20; step++) {
        // The answer before the change is kept as young as can be.
        const other = await another();
        await nameOf("u1");
        await nameOf(`new ${step}`);
        await other.transaction(async (tx) => {
          await tx
            .updateTable("users")
            .set({ name: `name ${step}` })
            .where("uuid", "=", "u1")
            .execute();
          await insert(tx, `new ${step}`, "new");
        });
        await other.close();
        assert.deepEqual([await nameOf("u1"), await nameOf(`new ${step}`)], [`name ${step}`, "new"]);
      }
    });

    test("a row that names one which is not there is refused", async (t) => {
      const { store } = await opened(t, engine);
      const claim = { drive: "no drive", server: "no server", exclusive: 0 } as const;
      await assert.rejects(
        store.transaction((tx) => tx.insertInto("claims").values(claim).execute()),
        /foreign key/i,
      );
    });

    test("opening a store again keeps its state", async (t) => {
      const { store, another } = await opened(t, engine);
      await store.transaction((tx) => insert(tx, "u1", "ann"));
      assert.equal(await nameQuery(await another())("u1"), "ann");
    });

    test("a ring is heard by who listens to its topic, until they listen no more", async (t) => {
      const { store } = await opened(t, engine);
      const heard: string[] = [];
      const end = store.listen("servers", () => heard.push("one"));
      store.listen("servers", () => heard.push("two"));
      store.listen("drives", () => heard.push("other"));
      if (engine === "postgres")
        while (!heard.includes("other")) await new Promise((resolve) => setImmediate(resolve));
      heard.length = 0;
      store.ring("servers");
      end();
      store.ring("servers");
      // A lock is a round trip, by which a ring of one's own would have come back from the server.
      await (await store.lock("after"))?.release();
      assert.deepEqual(heard, ["one", "two", "two"]);
      assert.throws(() => store.ring("two words"), RangeError);
    });

    test("a lock is held by one at a time, and free when it is released", async (t) => {
      const { store, another } = await opened(t, engine);
      const other = await another();
      const lock = await store.lock("lodge");
      assert.ok(lock);
      assert.equal(await other.lock("lodge"), null);
      await lock.release();
      const again = await other.lock("lodge");
      assert.ok(again);
      await again.release();
    });

    test("a lock that was held over losses of the database is free when it is released", async (t) => {
      const { store, another } = await opened(t, engine);
      const other = await another();
      const held = await HeldLock.take(store, "lodge");
      assert.ok(held);
      assert.equal(await HeldLock.take(other, "lodge"), null);
      await held.release();
      const lock = await other.lock("lodge");
      assert.ok(lock);
      await lock.release();
    });
  });
}

test("what an embedded store has committed survives a power failure", async (t) => {
  const { store } = await opened(t, "sqlite");
  const synchronous = await store.transaction((tx) =>
    sql<{ synchronous: number }>`pragma synchronous`.execute(tx),
  );
  assert.deepEqual(
    synchronous.rows,
    [{ synchronous: 2 }],
    "FULL: each commit is synced before it is answered",
  );
});

/** Another process that works with the home: waits for a word, then counts up. */
const COUNTING_PROCESS = `
  import { once } from "node:events";
  import { openStore } from ${JSON.stringify(new URL("./open.ts", import.meta.url).href)};
  import { sql } from ${JSON.stringify(import.meta.resolve("kysely"))};
  const [home, times] = process.argv.slice(1);
  const store = await openStore({ file: (name) => home + "/" + name });
  process.send("open");
  await once(process, "message");
  for (let time = 0; time < Number(times); time++) {
    await store.transaction((tx) => sql\`update users set name = name + 1\`.execute(tx));
  }
  await store.close();
  process.disconnect();`;

test("two processes that write in an embedded store at once wait for one another", async (t) => {
  const home = await freshHome(t);
  const store = await openStore(home);
  t.after(() => store.close());
  await store.transaction((tx) => insert(tx, "u1", "0"));
  const times = 50;
  const args = [
    "--input-type=module",
    "--eval",
    COUNTING_PROCESS,
    dirname(home.file("lodge.db")),
    String(times),
  ];
  const other = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  t.after(() => other.kill());
  const ended = once(other, "exit");
  await Promise.race([once(other, "message"), ended]);
  other.send("count");
  for (let time = 0; time < times; time++) {
    await store.transaction(async (tx) => {
      // The lock is held for a turn of the loop, in which the other comes for it.
      await new Promise((resolve) => setImmediate(resolve));
      await sql`update users set name = name + 1`.execute(tx);
    });
  }
  assert.deepEqual(await ended, [0, null]);
  assert.equal(await nameQuery(store)("u1"), String(2 * times));
});

test("the file of an embedded store is for its owner alone", async (t) => {
  const home = await freshHome(t);
  await (await openStore(home)).close();
  assert.equal(statSync(home.file("lodge.db")).mode & 0o777, 0o600);
});

test("the home remembers its database in a file for its owner alone", {
  skip: lacking("postgres"),
}, async (t) => {
  const home = await freshHome(t);
  const url = await freshDatabase();
  const store = await openStore(home, url);
  await store.transaction((tx) => insert(tx, "u1", "ann"));
  await store.close();
  assert.equal(statSync(home.file("database")).mode & 0o777, 0o600);
  const remembered = await openStore(home);
  assert.equal(await nameQuery(remembered)("u1"), "ann");
  await remembered.close();
  const embedded = await openStore(home, "sqlite");
  assert.equal(await nameQuery(embedded)("u1"), undefined);
  await embedded.close();
});

test("a database that cannot be opened is not remembered, and its password not told", async (t) => {
  const home = await freshHome(t);
  writeFileSync(home.file("database"), "sqlite\n");
  for (const url of [
    "postgres://ann:secret@127.0.0.1:1/x",
    "postgres://ann:secret@[/x",
    "mysql://ann:secret@h/x",
  ]) {
    await assert.rejects(openStore(home, url), (error: Error) => !`${error.stack}`.includes("secret"));
  }
  await (await openStore(home)).close();
});

test("a store whose home cannot remember it is not left open, and nothing unfinished is left of that", async (t) => {
  const home = await freshHome(t);
  const [file, database] = [home.file("database"), home.file("lodge.db")];
  mkdirSync(file);
  await assert.rejects(openStore(home, "sqlite"), { code: "EISDIR" });
  const links = readdirSync("/proc/self/fd").map((each) => `/proc/self/fd/${each}`);
  // The one that the folder was read through is closed by now.
  const open = links.filter((link) => existsSync(link)).map((link) => readlinkSync(link));
  assert.deepEqual(
    open.filter((path) => path.startsWith(database)),
    [],
  );
  assert.deepEqual(
    readdirSync(dirname(file)).filter((name) => name.endsWith(".new")),
    [],
  );
});
