/** The operator's words to a daemon that runs, as they type them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { runDirectories } from "../src/home.ts";
import { openCloud } from "../testing/cloud.ts";
import { qemuPid } from "../testing/proc.ts";
import { runToEnd } from "../testing/run.ts";
import { long } from "../testing/share.ts";
import { until } from "../testing/until.ts";

test("lodge status tells of a daemon that runs, and lodge adopt and forget refuse what the store knows", async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const lodge = (...words: string[]) => cloud.tool("lodge", [...words, "--home", cloud.home]);
  const server = (await cloud.make("servers/create", { name: "s", cpu: 200, mem: 32 })).get("server") ?? "";
  const status = await lodge("status");
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /^ *local +answers: 1 server, 0 drives$/m);
  assert.match(status.stdout, /^All is well\.$/m);
  for (const word of ["adopt", "forget"]) {
    const { code, stderr } = await lodge(word, server);
    assert.equal(code, 1);
    assert.match(stderr, /^lodge: no host has a server or drive .* that the store does not know$/m);
  }
  assert.equal((await cloud.info(`servers/${server}/info`)).get("status"), "active");
  await cloud.stop();
  const { code, stdout } = await lodge("status");
  const left = "1 server of it still runs: the next start finds what runs";
  assert.deepEqual([code, stdout], [3, `Lodge is not running with the home ${cloud.home}\n${left}\n`]);
});

test(
  "where the runtime directory is gone, lodge status tells of the daemon and the servers that it sees by their processes",
  long,
  async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const status = async () => {
      const { code, stdout } = await cloud.tool("lodge", ["status", "--home", cloud.home]);
      const json = await cloud.tool("lodge", ["status", "--home", cloud.home, "--json"]);
      return { code, stdout, facts: JSON.parse(json.stdout) };
    };
    await cloud.make("servers/create", { name: "s", cpu: 200, mem: 32, persistent: "true" });
    const { id } = JSON.parse(await readFile(join(cloud.home, "identity.json"), "utf8"));
    const gone = runDirectories(id).find(existsSync) ?? "";
    await rm(gone, { recursive: true });
    const held = await status();
    assert.equal(held.code, 4);
    assert.match(
      held.stdout,
      /^A daemon works with the home .*, and cannot be asked: \S+ is gone, where it listens$/m,
    );
    assert.match(held.stdout, /^1 server of it still runs, as processes show/m);
    assert.deepEqual(held.facts, { running: true, servers: 1, gone });
    await cloud.stop();
    await rm(gone, { recursive: true, force: true });
    const alone = await status();
    assert.equal(alone.code, 3);
    assert.match(
      alone.stdout,
      /^1 server of it still runs, as processes show.*\nIt is not known whether they are this home's/m,
    );
    assert.deepEqual(alone.facts, { running: false, servers: 1, gone });
  },
);

test("lodge status tells of records that are damaged, with what that costs", long, async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const made = await cloud.make("drives/create", { name: "d", size: 4096, "encryption:cipher": "none" });
  const database = new Database(join(cloud.home, "lodge.db"));
  database.prepare("update drives set properties = '{'").run();
  database.close();
  const { code, stdout } = await cloud.tool("lodge", ["status", "--home", cloud.home]);
  assert.equal(code, 1);
  assert.match(stdout, new RegExp(`^ *drive +${made.get("drive")}: properties\n.* can be destroyed`, "m"));
  const json = await cloud.tool("lodge", ["status", "--home", cloud.home, "--json"]);
  assert.deepEqual(
    JSON.parse(json.stdout).damaged.map(({ costs, ...record }: { costs: string }) => [record, costs !== ""]),
    [[{ kind: "drive", name: made.get("drive"), columns: ["properties"] }, true]],
  );
});

test("a server whose QEMU is killed is logged as ended by itself, with its host and generation", async (t) => {
  const cloud = await openCloud({ LODGE_LOG_LEVEL: "info" });
  t.after(() => cloud.close());
  const made = await cloud.make("servers/create", { name: "s", cpu: 200, mem: 32, persistent: "true" });
  const server = made.get("server") ?? "";
  process.kill(await qemuPid(server), "SIGKILL");
  const lines = await until("the log has its end", async () => {
    const all = cloud.logged.split("\n").slice(0, -1);
    const found = all.map((line) => JSON.parse(line) as Record<string, unknown>);
    const ofServer = found.filter((line) => line.server === server && line.action === undefined);
    return ofServer.some(({ msg }) => msg === "a server's run was cleared and forgotten") ? ofServer : null;
  });
  assert.deepEqual(
    lines.map(({ host, generation, msg }) => [host, generation, msg]),
    [
      "a server was launched",
      "a server has ended",
      "it has ended by itself, and is stopped",
      "a server's run was cleared and forgotten",
    ].map((msg) => ["local", 1, msg]),
  );
});

test(
  "a daemon whose counts cannot be stored ends all the same, and the next one opens the home",
  long,
  async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const made = await cloud.make("drives/create", { name: "d", size: 4096, "encryption:cipher": "none" });
    const path = `drives/${made.get("drive")}`;
    const database = new Database(join(cloud.home, "lodge.db"));
    database.exec(
      "create trigger refuse before update of read_bytes on drives begin select raise(abort, 'no'); end",
    );
    assert.equal((await cloud.ask(`${path}/read/0/10`)).status, 200);
    assert.equal(await cloud.stop(), 1);
    assert.match(cloud.logged, /"message":"no"/);
    database.exec("drop trigger refuse");
    database.close();
    await cloud.start();
    assert.equal((await cloud.info(`${path}/info`)).get("drive"), made.get("drive"));
  },
);

test("a shell that has read the env file asks the right daemon", async (t) => {
  const cloud = await openCloud();
  t.after(() => cloud.close());
  const script = `unset LODGE_HOME; . "$1"; exec "$2" status`;
  const bin = join(import.meta.dirname, "../bin/lodge");
  const { code, stderr } = await runToEnd(["sh", "-c", script, "sh", join(cloud.home, "env"), bin]);
  assert.equal(code, 0, stderr);
});

test(
  "a lost drive and a file that the store does not know are logged and told, and the file is taken in or removed",
  long,
  async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const lodge = (...words: string[]) => cloud.tool("lodge", [...words, "--home", cloud.home]);
    const make = () => cloud.make("drives/create", { name: "d", size: 4096, "encryption:cipher": "none" });
    const lost = (await make()).get("drive") ?? "";
    const [kept, doomed] = [randomUUID(), randomUUID()];
    await cloud.stop();
    const file = (uuid: string) => join(cloud.home, "drives", `${uuid}.raw`);
    for (const uuid of [kept, doomed]) await copyFile(file(lost), file(uuid));
    await rm(file(lost));
    await cloud.start();
    const logged = await until("the log has them all", async () => {
      const lines = cloud.logged.split("\n").slice(0, -1);
      const found = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
      const ofDrives = found.filter(({ drive }) => drive !== undefined);
      return ofDrives.length >= 3 ? ofDrives : null;
    });
    assert.deepEqual(
      logged.map(({ drive, host, msg }) => `${drive} ${host} ${msg}`).sort(),
      [
        ...[kept, doomed].map((uuid) => `${uuid} local its file is there, unknown to the store, and is kept`),
        `${lost} local it is lost: its file is not there`,
      ].sort(),
    );
    const { code, stdout } = await lodge("status");
    assert.equal(code, 1, "what is not well is an exit code, too");
    for (const uuid of [kept, doomed]) assert.match(stdout, new RegExp(`^ *drive +${uuid} on local$`, "m"));
    assert.match(stdout, new RegExp(`^ *drive +${lost} is in the store, and its file is not on local$`, "m"));
    const user = cloud.auth.slice(0, cloud.auth.indexOf(":"));
    for (const words of [
      ["adopt", kept, "--user", user],
      ["forget", doomed],
    ]) {
      const { code, stderr } = await lodge(...words);
      assert.equal(code, 0, stderr);
    }
    assert.equal((await cloud.info(`drives/${kept}/info`)).get("size"), "4096");
    await assert.rejects(stat(file(doomed)), { code: "ENOENT" });
    assert.doesNotMatch((await lodge("status")).stdout, new RegExp(`${kept}|${doomed}`));
  },
);
