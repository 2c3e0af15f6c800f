import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { sql } from "kysely";
import { makeSecrets, secretsBy, wrappedSecrets } from "../testing/secrets.ts";
import { until } from "../testing/until.ts";
import { openKeyring } from "./base/keyring.ts";
import { type Home, openHome } from "./home.ts";
import { rekey, settledMasterKey } from "./rekey.ts";
import { openStore } from "./store/open.ts";
import type { Store } from "./store/store.ts";
import { urlSecretOf } from "./store/wrapped-columns.ts";

/** What comes a moment later, on a machine that may be loaded. */
const PATIENCE_MS = 120_000;

/** A home whose store has drives with secrets, which this answers by their drives. */
async function opened(t: TestContext, env: NodeJS.ProcessEnv = {}) {
  const dir = mkdtempSync(join(tmpdir(), "lodge-home-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const home = openHome(dir, env);
  const store = await openStore(home);
  t.after(() => store.close());
  const secrets = await makeSecrets(home, store);
  const { user } = await store.snapshot((tx) =>
    tx.selectFrom("drives").select("user").executeTakeFirstOrThrow(),
  );
  return { dir, home, store, secrets, user };
}

/** Opens all secrets with the key that whoever starts now would use. */
const secretsOf = async (home: Home, store: Store) => secretsBy(await settledMasterKey(home, store), store);

test("a new master key opens every drive's key, and the old one none", async (t) => {
  const { dir, home, store, secrets } = await opened(t);
  const before = home.masterKey;
  assert.equal(await rekey(home, store, null), 3);
  assert.notDeepEqual(home.masterKey, before);
  assert.deepEqual(await secretsOf(home, store), secrets);
  for (const [uuid, wrapped] of await wrappedSecrets(store)) {
    assert.throws(() => openKeyring(before).unwrap(uuid, wrapped));
  }
  assert.ok(!existsSync(join(dir, "master.key.next")));
});

test("the secret of a webhook follows a new master key, as drives' keys do", async (t) => {
  const { home, store } = await opened(t);
  const { secret, wrapped } = openKeyring(home.masterKey).make("hook");
  const hook = { uuid: "hook", url: "https://example.com/", events: "ledger.entry", created: 0 };
  await store.transaction((tx) =>
    tx
      .insertInto("webhooks")
      .values({ ...hook, wrapped_secret: wrapped })
      .execute(),
  );
  assert.equal(await rekey(home, store, null), 4);
  const { wrapped_secret } = await store.snapshot((tx) =>
    tx.selectFrom("webhooks").select("wrapped_secret").executeTakeFirstOrThrow(),
  );
  assert.equal(openKeyring(home.masterKey).unwrap("hook", wrapped_secret ?? ""), secret);
});

test("the user data of a server follows a new master key, and alone says which key wrapped it", async (t) => {
  const { home, store, user } = await opened(t);
  const before = openKeyring(home.masterKey);
  const server = { uuid: "server", user, phase: "stopped", config: "{}", cpu_mhz: 1, mem_mib: 1 } as const;
  await store.transaction(async (tx) => {
    await tx.deleteFrom("drives").execute();
    await tx
      .insertInto("servers")
      .values({ ...server, wrapped_secret: before.wrap("server", "#!/bin/sh"), user_data_bytes: 9 })
      .execute();
  });
  assert.deepEqual(await settledMasterKey(home, store), home.masterKey);
  assert.equal(await rekey(home, store, null), 1);
  const { wrapped_secret } = await store.snapshot((tx) =>
    tx.selectFrom("servers").select("wrapped_secret").executeTakeFirstOrThrow(),
  );
  assert.equal(openKeyring(home.masterKey).unwrap("server", wrapped_secret ?? ""), "#!/bin/sh");
  assert.throws(() => before.unwrap("server", wrapped_secret ?? ""));
  await rm(home.file("master.key"));
  await assert.rejects(settledMasterKey(home, store), /master.key is not there/);
});

test("the URL that a drive is imaged from follows a new master key, as drives' keys do", async (t) => {
  const { home, store, secrets } = await opened(t);
  const target = [...secrets.keys()][0] ?? assert.fail();
  const url = "https://example.com/image?token=1";
  const wrapped_url = openKeyring(home.masterKey).wrap(urlSecretOf(target), url);
  await store.transaction((tx) =>
    tx
      .insertInto("imagings")
      .values({
        target,
        source: "",
        conversion: null,
        state: "queued",
        error: null,
        wrapped_url,
        sha256: null,
      })
      .execute(),
  );
  assert.equal(await rekey(home, store, null), 4);
  const row = await store.snapshot((tx) =>
    tx.selectFrom("imagings").select("wrapped_url").executeTakeFirstOrThrow(),
  );
  assert.equal(openKeyring(home.masterKey).unwrap(urlSecretOf(target), row.wrapped_url ?? ""), url);
  assert.throws(
    () => openKeyring(home.masterKey).unwrap(target, row.wrapped_url ?? ""),
    "it is no key of the drive's",
  );
});

test("what the old key opens is in none of the database's files within moments", async (t) => {
  const { dir, home, store } = await opened(t);
  const old = [...(await wrappedSecrets(store)).values()];
  // The log is written over once after a start, whatever is in it.
  const hasRoom = async () => {
    const { rows } = await store.snapshot((tx) =>
      sql<{ freelist_count: number }>`select freelist_count from pragma_freelist_count`.execute(tx),
    );
    return (rows[0]?.freelist_count ?? 0) > 0 ? true : null;
  };
  await until("the log was written over", hasRoom, PATIENCE_MS);
  await rekey(home, store, null);
  const text = () =>
    readdirSync(dir)
      .filter((name) => name.startsWith("lodge.db"))
      .map((name) => readFileSync(join(dir, name), "latin1"))
      .join("");
  const look = async () => (old.some((each) => text().includes(each)) ? null : true);
  await until("it is gone", look, PATIENCE_MS);
});

for (const end of ["written", "wrapped"] as const) {
  for (const elsewhere of [null, Buffer.alloc(32, 9)]) {
    const where = elsewhere === null ? "in the home" : "kept elsewhere";
    test(`a change of the key that ends when it is ${end} leaves a key that opens all, and is done when repeated: ${where}`, async (t) => {
      const { dir, home, store, secrets } = await opened(t);
      const ended = rekey(home, store, elsewhere, (step) => {
        if (step === end) throw new Error("killed");
      });
      await assert.rejects(ended, { message: "killed" });
      const wrappedElsewhere = elsewhere !== null && end === "wrapped";
      if (!wrappedElsewhere) assert.deepEqual(await secretsOf(home, store), secrets);
      await rekey(home, store, elsewhere);
      const now = elsewhere === null ? home : openHome(dir, commandOf(elsewhere));
      assert.deepEqual(await secretsOf(now, store), secrets);
      assert.equal(existsSync(join(dir, "master.key")), elsewhere === null);
    });
  }
}

const commandOf = (key: Buffer) => ({ LODGE_MASTER_KEY_COMMAND: `echo ${key.toString("hex")}` });

test("a change that was interrupted is finished or undone by whoever opens the home next", async (t) => {
  const { dir, home, store, secrets } = await opened(t);
  const before = home.masterKey;
  const stopAt = (end: string) => (step: string) => {
    if (step === end) throw new Error("killed");
  };
  await assert.rejects(rekey(home, store, null, stopAt("written")));
  assert.deepEqual(await settledMasterKey(home, store), before);
  assert.ok(!existsSync(join(dir, "master.key.next")));
  await assert.rejects(rekey(home, store, null, stopAt("wrapped")));
  assert.deepEqual(home.masterKey, before);
  assert.notDeepEqual(await settledMasterKey(home, store), before);
  assert.ok(!existsSync(join(dir, "master.key.next")));
  assert.deepEqual(await secretsOf(home, store), secrets);
});

test("a master key that opens none of the drives' keys is refused, and none is wrapped with it", async (t) => {
  const { dir, home, store } = await opened(t);
  writeFileSync(join(dir, "master.key"), `${"ab".repeat(32)}\n`);
  const refusal = { type: "failed", message: /master\.key\) opens none of the drives' keys/ };
  await assert.rejects(settledMasterKey(home, store), refusal);
  await assert.rejects(rekey(home, store, null), refusal);
  const other = openHome(dir, commandOf(Buffer.alloc(32, 3)));
  await assert.rejects(settledMasterKey(other, store), {
    message: /what LODGE_MASTER_KEY_COMMAND prints\) opens none/,
  });
});

test("a secret that does not open keeps the master key from being changed", async (t) => {
  const { home, store } = await opened(t);
  const before = home.masterKey;
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ wrapped_secret: "damaged" }).where("uuid", "=", "two").execute(),
  );
  await assert.rejects(rekey(home, store, null), {
    type: "failed",
    message: /key of drive two does not open/,
  });
  assert.deepEqual(await settledMasterKey(home, store), before);
});
