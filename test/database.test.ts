/** A cloud whose state is in PostgreSQL, from its start to its end: the daemon, and the administration beside it. */
import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openCloud } from "../testing/cloud.ts";
import { runToEnd } from "../testing/run.ts";
import { longAnd } from "../testing/share.ts";
import { freshDatabase, lacking } from "../testing/stores.ts";

test("a cloud keeps its state in PostgreSQL, and all who open its home find it there", {
  skip: lacking("postgres"),
}, async (t) => {
  const url = await freshDatabase();
  const env: Record<string, string> = { LODGE_DATABASE: url };
  const cloud = await openCloud(env);
  t.after(() => cloud.close());
  assert.equal((await stat(join(cloud.home, "database"))).mode & 0o777, 0o600);
  await assert.rejects(stat(join(cloud.home, "lodge.db")), { code: "ENOENT" });

  const drive = await cloud.make("drives/create", { name: "one", size: 65_536, "encryption:cipher": "none" });
  const created = await cloud.tool("lodge", ["user", "create", "--name", "second"]);
  const auth = /EHAUTH=(\S+)/.exec(created.stdout)?.[1] ?? "";
  assert.equal((await cloud.ask("drives/list", { auth })).status, 200, created.stderr);

  const down = await cloud.tool("lodge", ["down"]);
  assert.equal(down.code, 1, "there is one daemon to a database");
  assert.match(down.stderr, /running with the home .*: stop it first/);

  delete env.LODGE_DATABASE;
  await cloud.kill();
  await cloud.start();
  assert.equal((await cloud.info(`drives/${drive.get("drive")}/info`)).get("name"), "one");
  await cloud.stop();
  const main = join(import.meta.dirname, "../src/main.ts");
  const wrong = [process.execPath, main, "--home", cloud.home, "--database", "mysql://a/b"];
  const { code, stderr } = await runToEnd(wrong);
  assert.deepEqual(
    [code, stderr],
    [
      2,
      "lodge: --database / LODGE_DATABASE: the database is sqlite or postgres://USER:PASSWORD@HOST:PORT/DATABASE\n",
    ],
  );
});

test("a database that cannot be reached ends the daemon's start with one sentence", async (t) => {
  const home = await mkdtemp(join(tmpdir(), "lodge-database-"));
  t.after(() => rm(home, { recursive: true }));
  const main = join(import.meta.dirname, "../src/main.ts");
  // Port 1 is nobody's to listen on.
  const database = "postgres://lodge@127.0.0.1:1/lodge";
  const { code, stderr } = await runToEnd([process.execPath, main, "--home", home, "--database", database]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /^lodge: the database at 127\.0\.0\.1:1: .+\n$/);
});

test("a home has one daemon, also where a second one is given another database", {
  ...longAnd({ skip: lacking("postgres") }),
}, async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const main = join(import.meta.dirname, "../src/main.ts");
  const second = [process.execPath, main, "--home", cloud.home, "--listen", "127.0.0.1:0"];
  const { code, stderr } = await runToEnd([...second, "--database", await freshDatabase()]);
  assert.equal(code, 2, stderr);
  assert.match(stderr, /running with the home/);
  // Neither what it runs nor where its state is has changed by that.
  await assert.rejects(stat(join(cloud.home, "database")), { code: "ENOENT" });
  const status = await cloud.tool("lodge", ["status"]);
  assert.equal(status.code, 0, status.stdout + status.stderr);
});
