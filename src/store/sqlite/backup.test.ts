import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createUser } from "../../accounts/users.ts";
import { restoreBackup, writeBackup } from "./backup.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const SERVER = "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c";
const DRIVE = "6989ede3-b428-40cd-8b70-ad50248718b4";
const MIB = 2 ** 20;

/** A store, and where its backup and what that restores are to be. */
async function prepared(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  t.after(() => rm(dir, { recursive: true }));
  const open = async (file: string) => {
    const store = await openSqliteStore({ file, lockFile: `${file}.lock` });
    t.after(() => store.close());
    return store;
  };
  const file = join(dir, "lodge.db");
  return {
    ...{ open, file, backup: join(dir, "backup"), restored: join(dir, "restored.db") },
    store: await open(file),
  };
}

test("a backup has the URL that a drive is imaged from as whoever makes it wraps it, and so has what it restores", async (t) => {
  const { open, file, backup, restored, store } = await prepared(t);
  const { uuid: user } = await createUser(store, "ann");
  const size = { size_bytes: 4096, cipher: "none", wrapped_secret: null } as const;
  const drive = { uuid: DRIVE, user, phase: "ready", claim_type: "exclusive", ...size } as const;
  const imaging = { target: DRIVE, source: "", conversion: null, state: "queued", error: null } as const;
  await store.transaction(async (tx) => {
    await tx
      .insertInto("drives")
      .values({ ...drive, properties: "{}", standard: null })
      .execute();
    await tx
      .insertInto("imagings")
      .values({ ...imaging, wrapped_url: "by the key", sha256: null })
      .execute();
  });
  const facts = { madeMs: 0, keys: { are: "left out" }, identity: "{}" } as const;
  writeBackup(file, backup, facts, (object, wrapped) => `${object}: ${wrapped}`);
  restoreBackup(backup, restored, (_, wrapped) => wrapped.toUpperCase());
  const again = await open(restored);
  const rows = await again.snapshot((tx) => tx.selectFrom("imagings").select("wrapped_url").execute());
  assert.deepEqual(rows, [{ wrapped_url: `FETCH ${DRIVE.toUpperCase()}: BY THE KEY` }]);
});

test("a backup has servers and not what they used, nor room for that", async (t) => {
  const { open, file, backup, restored, store } = await prepared(t);
  const { uuid: user } = await createUser(store, "ann");
  await store.transaction(async (tx) => {
    const row = { uuid: SERVER, user, phase: "stopped", config: "{}", cpu_mhz: 500, mem_mib: 64 } as const;
    await tx.insertInto("servers").values(row).execute();
    const of = { server: SERVER, step: 60, samples: "x".repeat(MIB), rolled_up: 0 } as const;
    for (let time = 0; time < 4; time++)
      await tx
        .insertInto("samples")
        .values({ ...of, time })
        .execute();
  });
  writeBackup(file, backup, { madeMs: 0, keys: { are: "left out" }, identity: "{}" }, () => null);
  assert.ok((await stat(backup)).size < MIB);
  restoreBackup(backup, restored, () => null);
  const again = await open(restored);
  const rows = await again.snapshot(async (tx) => [
    await tx.selectFrom("servers").select("uuid").execute(),
    await tx.selectFrom("samples").selectAll().execute(),
  ]);
  assert.deepEqual(rows, [[{ uuid: SERVER }], []]);
});
