import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { createUser } from "../../accounts/users.ts";
import { restoreBackup, writeBackup } from "./backup.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const SERVER = "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c";
const MIB = 2 ** 20;

test("a backup has servers and not what they used, nor room for that", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-store-"));
  t.after(() => rm(dir, { recursive: true }));
  const open = async (file: string) => {
    const store = await openSqliteStore({ file, lockFile: `${file}.lock` });
    t.after(() => store.close());
    return store;
  };
  const [file, backup, restored] = ["lodge.db", "backup", "restored.db"].map((name) => join(dir, name)) as [
    string,
    string,
    string,
  ];
  const store = await open(file);
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
