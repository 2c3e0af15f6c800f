import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import { firstUser } from "./first-user.ts";
import { Logins } from "./login.ts";
import { listUsers } from "./users.ts";

const apiUrl = "http://127.0.0.1:1/";

async function fixture(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), "lodge-first-user-"));
  const store = await openSqliteStore({ file: join(home, "lodge.db"), lockFile: join(home, "lodge.lock") });
  t.after(async () => {
    await store.close();
    await rm(home, { recursive: true });
  });
  const envFile = join(home, "env");
  const unwritten: unknown[] = [];
  const write = (text: string) => writeFileSync(envFile, text);
  return { store, envFile, apiUrl, write, unwritten, onUnwritten: (error: unknown) => unwritten.push(error) };
}

const full = () => {
  throw new Error("the disk is full");
};

test("the first user is not made before their key is written down", async (t) => {
  const options = await fixture(t);
  await assert.rejects(firstUser({ ...options, write: full }), { type: "failed", message: /env$/ });
  assert.deepEqual(await listUsers(options.store), []);
  const { text, isNew } = await firstUser(options);
  assert.equal(isNew, true);
  assert.equal(await readFile(options.envFile, "utf8"), text);
  const [, uuid = "", secret = ""] = /^export EHAUTH=(.*):(.*)$/m.exec(text) ?? [];
  const logins = new Logins(options.store, assert.ifError);
  const login = await logins.authenticate(uuid, secret);
  await logins.flush();
  assert.deepEqual([login?.user, login?.role, login?.scope], [uuid, "admin", "all"]);
  assert.deepEqual([(await firstUser(options)).text, (await firstUser(options)).isNew], [text, false]);
});

test("where there are users, a file that cannot be written is told, and keeps nobody from starting", async (t) => {
  const options = await fixture(t);
  const { text } = await firstUser(options);
  await firstUser({ ...options, write: full });
  assert.equal(options.unwritten.length, 1);
  assert.equal(await readFile(options.envFile, "utf8"), text);
});

test("a line that names no user is no key", async (t) => {
  const options = await fixture(t);
  await writeFile(options.envFile, "export EHAUTH=me:\n");
  assert.match((await firstUser(options)).text, /^export EHAUTH=[0-9a-f-]{36}:\S{43}$/m);
});
