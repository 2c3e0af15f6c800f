/** Starts on a bad day: homes that are not as the last start left them. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openHome } from "../src/home.ts";
import { Cloud, openCloud } from "../testing/cloud.ts";
import { failingStart } from "../testing/daemon.ts";
import { runToEnd } from "../testing/run.ts";
import { long, longAnd } from "../testing/share.ts";

const LODGE = join(import.meta.dirname, "../bin/lodge");

const isRoot = process.getuid?.() === 0;

describe("a file that a power failure damaged", long, () => {
  test("and that is a preference only is made anew", async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const kept = ["network.json", "accelerator.json"].map((name) => join(cloud.home, name));
    for (const text of ["", "{}", '{"subnet":"10.0.0.0/99"}', "\0\0\0\0"]) {
      await cloud.stop();
      for (const file of kept) await writeFile(file, text);
      await cloud.start();
      if (!isRoot) continue;
      assert.match(cloud.logged, /network\.json is damaged|takes an IPv4 network/, text);
      assert.match(await readFile(join(cloud.home, "network.json"), "utf8"), /^\{"subnet":"1\S+\/20"/);
    }
  });

  for (const [name, text, says] of [
    ["identity.json", "", /identity\.json is damaged: .* backup/],
    ["master.key", "", /master\.key is damaged: .* backup/],
    ["lodge.db", "x".repeat(8192), /lodge\.db is damaged: .* backup/],
    ["database", "", /database does not say where the cloud's state is: start once with --database/],
    ["daemon.lock", "x".repeat(8192), /daemon\.lock is damaged: remove it/],
  ] as const) {
    test(`and that nobody can make anew is named, with what to do: ${name}`, async (t) => {
      const home = await mkdtemp(join(tmpdir(), "lodge-start-"));
      t.after(() => rm(home, { recursive: true }));
      openHome(home);
      await writeFile(join(home, name), text);
      const { code, stdout, stderr } = await failingStart(home);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
      assert.notEqual(code, 0);
      assert.equal(stdout, "");
      assert.equal(await readFile(join(home, name), "utf8"), text, "it is as it was");
    });
  }
});

describe("a home that was opened to others", () => {
  test("is closed to them at the next start, and the log and lodge status say what was open to whom", async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const made = await cloud.make("drives/create", { name: "d", size: 4096 });
    await cloud.stop();
    const modeOf = async (name: string) => (await stat(join(cloud.home, name))).mode & 0o777;
    const drives = await readdir(join(cloud.home, "drives"));
    const secret = ["master.key", "lodge.db", "env", ...drives.map((name) => join("drives", name))];
    await writeFile(join(cloud.home, "master.key.next.1.new"), "left", { mode: 0o666 });
    const dead = `master.key.next.${spawnSync("true").pid}.new`;
    await writeFile(join(cloud.home, dead), "left", { mode: 0o600 });
    await chmod(cloud.home, 0o777);
    for (const name of [...secret, "identity.json", "drives", "master.key.next.1.new"]) {
      await chmod(join(cloud.home, name), name === "drives" ? 0o777 : 0o666);
    }
    await cloud.start();
    for (const name of [...secret, "lodge.db-wal", "master.key.next.1.new"]) {
      assert.equal(await modeOf(name), 0o600, name);
    }
    await assert.rejects(modeOf(dead), { code: "ENOENT" }, "who made it has ended");
    assert.deepEqual([await modeOf(""), await modeOf("drives")], [0o711, 0o711]);
    assert.equal(await modeOf("identity.json"), 0o644, "it is no secret, and its owner's to change");
    const both =
      "its group could read and write it, others could read and write it: it is closed to them now";
    for (const name of secret) {
      const line = cloud.logged.split("\n").find((each) => each.includes(`/${name}","msg"`));
      assert.ok(line?.includes(both) && line.includes('"level":40'), `${name}: ${line}`);
    }
    const { stdout } = await cloud.tool("lodge", ["status"]);
    assert.match(stdout, /master\.key: its group could read and write it/);
    assert.equal((await cloud.ask(`drives/${made.get("drive")}/read/0/4096`)).status, 200);
    await cloud.stop();
    await cloud.start();
    assert.doesNotMatch(cloud.logged, /could read|could write/);
  });
});

describe("a copied home beside its original", longAnd({ skip: !isRoot && "needs root" }), () => {
  test("is refused, also where only the original's servers run, and becomes a cloud of its own by adopt --copy", async (t) => {
    const original = await openCloud();
    t.after(() => original.close());
    const drive = (await original.make("drives/create", { name: "d", size: 4096 })).get("drive") ?? "";
    const bytes = Buffer.alloc(4096, "kept");
    const headers = { "content-type": "application/octet-stream" };
    assert.equal((await original.ask(`drives/${drive}/write/0`, { body: bytes, headers })).status, 204);
    const made = await original.make("servers/create", { name: "s", cpu: 500, mem: 32, persistent: "true" });
    const server = `servers/${made.get("server")}`;
    const home = `${original.home}-copy`;
    assert.equal((await runToEnd(["cp", "-a", original.home, home])).code, 0);
    t.after(() => rm(home, { recursive: true, force: true }));
    const copy = new Cloud(home, {});
    const lodge = (...words: string[]) => runToEnd([LODGE, ...words, "--home", home]);

    const beside = new RegExp(
      `${home} has the identity of ${original.home}, which .*lodge adopt --copy --home ${home}`,
    );
    for (const running of [true, false]) {
      if (!running) await original.stop();
      for (const { code, stderr } of [await failingStart(home), await lodge("down")]) {
        assert.notEqual(code, 0);
        assert.match(stderr, beside);
      }
    }
    await original.start();
    assert.equal((await original.info(`${server}/info`)).get("status"), "active");

    const adopted = await lodge("adopt", "--copy");
    assert.equal(adopted.code, 0, adopted.stderr);
    t.after(() => copy.close());
    await copy.start();
    assert.deepEqual((await copy.ask(`drives/${drive}/read/0/4096`)).bytes, bytes);
    assert.equal((await copy.info(`${server}/info`)).get("status"), "stopped");
    await copy.act(`${server}/start`);
    await copy.act(`${server}/stop`);
    assert.equal((await original.info(`${server}/info`)).get("status"), "active");
  });

  test("that was moved, and left nothing where it was, is the original", async (t) => {
    const cloud = await openCloud();
    await cloud.make("servers/create", { name: "s", cpu: 500, mem: 32 });
    await cloud.stop();
    const moved = new Cloud(`${cloud.home}-moved`, {});
    assert.equal((await runToEnd(["cp", "-a", cloud.home, moved.home])).code, 0);
    await rm(cloud.home, { recursive: true });
    t.after(() => moved.close());
    await moved.start();
    assert.equal((await moved.ask("servers/list")).status, 200);
  });
});
