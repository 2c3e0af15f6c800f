/** What an operator does against bad days: backups of a cloud that runs, what is made of them, and its master key. */
import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import Database from "better-sqlite3";
import { Cloud, openCloud } from "../testing/cloud.ts";
import { runToEnd } from "../testing/run.ts";
import { long, longAnd } from "../testing/share.ts";
import { freshDatabase, lacking } from "../testing/stores.ts";

const LODGE = join(import.meta.dirname, "../bin/lodge");
const CONTENT = "what is on the drive ".repeat(20);

async function scratch(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-backup-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** A cloud with an encrypted drive that holds the content. */
async function cloudWithDrive(t: TestContext, env: Record<string, string> = {}) {
  const cloud = await openCloud(env);
  t.after(() => cloud.close());
  const drive = (await cloud.make("drives/create", { name: "kept", size: 65_536 })).get("drive") ?? "";
  const headers = { "content-type": "application/octet-stream" };
  const written = await cloud.ask(`drives/${drive}/write/0`, { body: CONTENT, headers });
  assert.equal(written.status, 204, written.text);
  return { cloud, drive };
}

const contentOf = (cloud: Cloud, drive: string) => cloud.ask(`drives/${drive}/read/0/${CONTENT.length}`);

const wrappedKeys = (file: string) => {
  const database = new Database(file, { readonly: true });
  const keys = database.prepare<[], string | null>("select wrapped_secret from drives").pluck().all();
  database.close();
  return keys;
};

test("a backup of a cloud that runs is restored into an empty home, where its passphrase opens the drives", async (t) => {
  const { cloud, drive } = await cloudWithDrive(t);
  const folder = await scratch(t);
  const [file, phrase] = [join(folder, "backup"), join(folder, "phrase")];
  await writeFile(phrase, "correct horse\nsecond line\n");
  const made = await cloud.tool("lodge", ["backup", file, "--passphrase-file", phrase]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(
    made.stdout,
    /1 users, 1 drives, 0 servers\n.*wrapped by the passphrase.\nWhat is on the drives/,
  );
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  const [own] = wrappedKeys(join(cloud.home, "lodge.db"));
  assert.ok(!(await readFile(file, "latin1")).includes(own ?? ""), "not as the master key wraps it");
  assert.equal(
    (await cloud.tool("lodge", ["backup", file, "--without-keys"])).code,
    2,
    "it is there already",
  );

  await cloud.stop();
  const home = join(folder, "home");
  const restore = (...words: string[]) => runToEnd([LODGE, "restore", file, "--home", home, ...words]);
  assert.match((await restore()).stderr, /give it with --passphrase-file/);
  const wrong = await runToEnd([LODGE, "restore", file, "--home", home, "--passphrase-file", "-"], "wrong\n");
  assert.match(wrong.stderr, /^lodge: the passphrase does not open the drives' keys/);
  await assert.rejects(stat(join(home, "lodge.db")), { code: "ENOENT" });
  const restored = await restore("--passphrase-file", phrase);
  assert.equal(restored.code, 0, restored.stderr);
  assert.match((await restore("--passphrase-file", phrase)).stderr, /has a store \(lodge.db\)/);

  await cp(join(cloud.home, "drives"), join(home, "drives"), { recursive: true, preserveTimestamps: true });
  const again = new Cloud(home, {});
  try {
    await again.start();
    again.auth = cloud.auth;
    const { status, text } = await contentOf(again, drive);
    assert.deepEqual([status, text], [200, CONTENT]);
  } finally {
    // It has the identity of the one that was backed up, which is taken down after this.
    await again.stop();
  }
});

test(
  "a backup with keys has the user data of servers, and one without keys says of a server that it is gone",
  long,
  async (t) => {
    const { cloud } = await cloudWithDrive(t);
    const userData = "#!/bin/sh\\necho h0rse";
    const made = await cloud.make("servers/create/stopped", {
      ...{ name: "s", cpu: 200, mem: 32, "user-data": userData },
    });
    const server = made.get("server") ?? "";
    const folder = await scratch(t);
    const phrase = join(folder, "phrase");
    await writeFile(phrase, "correct horse\n");
    const backups = { with: ["--passphrase-file", phrase], without: ["--without-keys"] };
    for (const [name, words] of Object.entries(backups))
      assert.equal((await cloud.tool("lodge", ["backup", join(folder, name), ...words])).code, 0);
    await cloud.stop();
    for (const [name, words] of Object.entries(backups)) {
      const home = join(folder, `home-${name}`);
      const given = name === "with" ? words : [];
      const restored = await runToEnd([LODGE, "restore", join(folder, name), "--home", home, ...given]);
      assert.equal(restored.code, 0, restored.stderr);
      const again = new Cloud(home, {});
      try {
        await again.start();
        again.auth = cloud.auth;
        assert.equal((await again.info(`servers/${server}/info`)).get("user-data:size"), "20");
        const start = await again.ask(`servers/${server}/start`, { method: "POST" });
        if (name === "with") assert.equal(start.status, 204, start.text);
        else {
          assert.deepEqual([start.status, start.headers.get("x-lodge-error")], [409, "user_data_lost"]);
          await again.make(`servers/${server}/set`, { "user-data": "" });
          await again.act(`servers/${server}/start`);
        }
      } finally {
        await again.act(`servers/${server}/stop`);
        await again.stop();
      }
    }
  },
);

test(
  "a restored home is backed up and restored again, and what a killed backup left is cleared",
  long,
  async (t) => {
    const { cloud } = await cloudWithDrive(t);
    await cloud.stop();
    const folder = await scratch(t);
    const lodge = (...words: string[]) => runToEnd([LODGE, ...words]);
    let home = cloud.home;
    for (const turn of ["first", "second"]) {
      const file = join(folder, turn);
      for (const left of [`${file}.new`, `${file}.new-journal`])
        await writeFile(left, "left", { mode: 0o644 });
      const made = await lodge("backup", file, "--without-keys", "--home", home);
      assert.deepEqual([made.code, made.stderr], [0, ""], turn);
      assert.deepEqual(
        (await readdir(folder)).filter((name) => name.startsWith(`${turn}.`)),
        [],
      );
      home = join(folder, `home of the ${turn}`);
      const restored = await lodge("restore", file, "--home", home);
      assert.deepEqual([restored.code, restored.stderr], [0, ""], turn);
      assert.match(restored.stdout, /1 users, 1 drives/);
      assert.doesNotMatch(restored.stdout, /checksum/);
    }
  },
);

test("a backup that was damaged or cut off is refused, and one without a checksum is restored with a word", async (t) => {
  const { cloud } = await cloudWithDrive(t);
  const folder = await scratch(t);
  const file = join(folder, "backup");
  assert.equal((await cloud.tool("lodge", ["backup", file, "--without-keys"])).code, 0);
  const whole = await readFile(file);
  const database = new Database(file, { readonly: true });
  assert.equal(database.pragma("integrity_check", { simple: true }), "ok");
  const size =
    Number(database.pragma("page_count", { simple: true })) *
    Number(database.pragma("page_size", { simple: true }));
  database.close();
  const restore = async (home: string, bytes: Buffer) => {
    await writeFile(file, bytes);
    return await runToEnd([LODGE, "restore", file, "--home", join(folder, home)]);
  };
  const flipped = (at: number) => {
    const bytes = Buffer.from(whole);
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    return bytes;
  };
  const cut = whole.subarray(0, size);
  for (const bytes of [flipped(size - 1), flipped(4_096 + 9), flipped(whole.length - 2), cut]) {
    const { code, stderr } = await restore("damaged", bytes);
    assert.match(stderr, /backup is damaged: .* checksum/);
    assert.equal(code, 2);
  }
  await assert.rejects(stat(join(folder, "damaged")), { code: "ENOENT" });
  await writeFile(file, cut);
  const early = new Database(file);
  early.exec("update lodge_backup set facts = json_remove(facts, '$.hasChecksum')");
  early.close();
  const { code, stdout } = await restore("early", await readFile(file));
  assert.equal(code, 0);
  assert.match(stdout, /bears no checksum/);
});

test("a backup without keys says so, and has none", long, async (t) => {
  const { cloud } = await cloudWithDrive(t);
  const folder = await scratch(t);
  const file = join(folder, "backup");
  assert.equal((await cloud.tool("lodge", ["backup", file])).code, 2, "which of the two has to be said");
  const made = await cloud.tool("lodge", ["backup", file, "--without-keys"]);
  assert.equal(made.code, 0, made.stderr);
  assert.match(made.stdout, /^The drives' keys are not in it/m);
  const [own] = wrappedKeys(join(cloud.home, "lodge.db"));
  assert.ok(!(await readFile(file, "latin1")).includes(own ?? ""));
  assert.deepEqual(wrappedKeys(file), [null]);
  const home = join(folder, "home");
  assert.equal((await runToEnd([LODGE, "restore", file, "--home", home])).code, 0);
  assert.deepEqual(wrappedKeys(join(home, "lodge.db")), [null]);
});

test(
  "what is no backup, another cloud's home and a home that is not there are refused, and nothing is made",
  long,
  async (t) => {
    const { cloud } = await cloudWithDrive(t);
    const folder = await scratch(t);
    const [file, home] = [join(folder, "backup"), join(folder, "home")];
    await writeFile(join(folder, "other"), "something else");
    const restore = (from: string) => runToEnd([LODGE, "restore", from, "--home", home]);
    for (const from of [join(folder, "other"), join(cloud.home, "lodge.db")]) {
      assert.match((await restore(from)).stderr, /is no backup that lodge backup made/);
    }
    assert.match((await restore(join(folder, "none"))).stderr, /cannot be read/);
    const missing = await runToEnd([LODGE, "backup", file, "--without-keys", "--home", home]);
    assert.match(missing.stderr, /^lodge: there is no store in/);
    await assert.rejects(stat(home), { code: "ENOENT" });
    assert.equal((await cloud.tool("lodge", ["backup", file, "--without-keys"])).code, 0);
    const running = await runToEnd([LODGE, "restore", file, "--home", cloud.home]);
    assert.match(running.stderr, /has a store/);
    const second = await openCloud();
    t.after(() => second.close());
    await second.stop();
    await rm(join(second.home, "lodge.db"));
    const other = await runToEnd([LODGE, "restore", file, "--home", second.home]);
    assert.match(other.stderr, /identity.json is that of another cloud/);
  },
);

test("a cloud in PostgreSQL is backed up by PostgreSQL's means, which the refusal says", {
  ...longAnd({ skip: lacking("postgres") }),
}, async (t) => {
  const cloud = await openCloud({ LODGE_DATABASE: await freshDatabase() });
  t.after(() => cloud.close());
  const folder = await scratch(t);
  const { code, stderr } = await cloud.tool("lodge", ["backup", join(folder, "b"), "--without-keys"]);
  assert.equal(code, 2);
  assert.match(stderr, /is in PostgreSQL: back it up with pg_dump/);
});

test(
  "a master key that a command prints opens the drives, and lodge rekey takes it into the home's file",
  long,
  async (t) => {
    const env: Record<string, string> = { LODGE_MASTER_KEY_COMMAND: `echo ${"5c".repeat(32)}` };
    const { cloud, drive } = await cloudWithDrive(t, env);
    await assert.rejects(stat(join(cloud.home, "master.key")), { code: "ENOENT" });
    const rekey = (...words: string[]) =>
      runToEnd([LODGE, "rekey", "--home", cloud.home, ...words], "", { ...env });
    assert.match((await rekey()).stderr, /Lodge is running with the home/);
    await cloud.stop();
    const right = env.LODGE_MASTER_KEY_COMMAND ?? "";
    env.LODGE_MASTER_KEY_COMMAND = `echo ${"6d".repeat(32)}`;
    await assert.rejects(
      cloud.start(),
      /what LODGE_MASTER_KEY_COMMAND prints\) opens none of the drives' keys/,
    );
    env.LODGE_MASTER_KEY_COMMAND = "exit 9";
    await assert.rejects(cloud.start(), /the command of LODGE_MASTER_KEY_COMMAND ended with 9/);
    env.LODGE_MASTER_KEY_COMMAND = right;
    const done = await rekey();
    assert.equal(done.code, 0, done.stderr);
    assert.match(done.stdout, /^1 keys, of drives and webhooks, are wrapped with the new master key$/m);
    delete env.LODGE_MASTER_KEY_COMMAND;
    await cloud.start();
    assert.equal((await contentOf(cloud, drive)).text, CONTENT);
    await cloud.stop();
    const command = `echo ${"7e".repeat(32)}`;
    assert.equal((await rekey("--new-command", command)).code, 0);
    await assert.rejects(stat(join(cloud.home, "master.key")), { code: "ENOENT" });
    env.LODGE_MASTER_KEY_COMMAND = command;
    await cloud.start();
    assert.equal((await contentOf(cloud, drive)).text, CONTENT);
    // What takes the cloud down asks for the key no less.
    await cloud.stop();
    assert.equal((await rekey()).code, 0);
    delete env.LODGE_MASTER_KEY_COMMAND;
    await cloud.start();
  },
);
