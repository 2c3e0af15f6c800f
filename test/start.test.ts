/** Starts on a bad day: homes and machines that are not as the last start left them. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, open as openFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { openHome } from "../src/home.ts";
import { Cloud, openCloud } from "../testing/cloud.ts";
import { guestPage } from "../testing/guest/page.ts";
import { sampleDrive } from "../testing/guest/sample.ts";
import { runToEnd } from "../testing/run.ts";
import { until } from "../testing/until.ts";

const MAIN = [process.execPath, join(import.meta.dirname, "../src/main.ts")] as const;

const LODGE = join(import.meta.dirname, "../bin/lodge");

/** A daemon that does not come up: what it says, and its exit code. */
const start = (home: string, env: NodeJS.ProcessEnv = {}) =>
  runToEnd(MAIN, "", { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0", LODGE_DATABASE: "", ...env });

describe("a file that a power failure damaged", () => {
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
      const { code, stdout, stderr } = await start(home);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
      assert.notEqual(code, 0);
      assert.equal(stdout, "");
      assert.equal(await readFile(join(home, name), "utf8"), text, "it is as it was");
    });
  }
});

/** What is started from now on has the umask, until the test is over. */
function withUmask(t: TestContext, mask: number): void {
  const umask = process.umask(mask);
  t.after(() => process.umask(umask));
}

const isRoot = process.getuid?.() === 0;

/** A server with a real guest; where there are bridges, at an address that the guest was given by DHCP. */
async function startGuest(cloud: Cloud): Promise<{ server: string; address: string }> {
  const drive = await sampleDrive(cloud);
  const made = await cloud.make("servers/create", {
    ...{ name: "guest", cpu: 2000, mem: 128, persistent: "true", "ide:0:0": drive, "nic:0:dhcp": "auto" },
  });
  return { server: made.get("server") ?? "", address: made.get("nic:0:dhcp:ip") ?? "" };
}

describe("without what Lodge runs", () => {
  /** A folder in which programs end with a word of their own, in the place of the machine's. */
  async function stub(t: TestContext, name: string, says: string): Promise<NodeJS.ProcessEnv> {
    const folder = await mkdtemp(join(tmpdir(), "lodge-stub-"));
    t.after(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, name), `#!/bin/sh\necho "${says}" >&2\nexit 1\n`, { mode: 0o755 });
    return { PATH: `${folder}:${process.env.PATH}` };
  }

  test("that no sandbox can be had is said by name, with what it costs, by the start and by the doctor", async (t) => {
    const says = "No permissions to create a new namespace";
    const { PATH = "" } = await stub(t, "bwrap", `bwrap: ${says}`);
    const cloud = await openCloud({ PATH });
    t.after(() => cloud.close());
    const note = `A guest that breaks out of its QEMU sees the whole machine: bwrap does not work here: ${says}.`;
    assert.ok(cloud.printed.includes(note), cloud.printed.join("\n"));
    const { stdout } = await runToEnd([LODGE, "doctor", "--home", cloud.home], "", { PATH });
    assert.match(
      stdout,
      new RegExp(`^Sandbox +no: bwrap does not work here: ${says}\n +so a guest .*\n +to change it: `, "m"),
    );
    assert.match((await cloud.tool("lodge", ["doctor"])).stdout, /^Sandbox +yes: /m);
  });
});

describe("under a umask that takes all from others", () => {
  test("a whole cloud works: drives, a guest and its DHCP, also after a restart", async (t) => {
    withUmask(t, 0o077);
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const { address } = await startGuest(cloud);
    // It is offered its address by the next daemon's DHCP server.
    await cloud.kill();
    await cloud.start();
    assert.match(await guestPage(cloud, address), /Hello/);
  });

  test("a home that an earlier start made so is mended", async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    await cloud.stop();
    for (const folder of ["", "drives", "log"]) await chmod(join(cloud.home, folder), 0o700);
    await cloud.start();
    const modes = await Promise.all(
      ["", "drives"].map(async (each) => (await stat(join(cloud.home, each))).mode),
    );
    assert.deepEqual(
      modes.map((mode) => mode & 0o777),
      isRoot ? [0o711, 0o711] : [0o700, 0o711],
    );
    const made = await cloud.make("drives/create", { name: "d", size: 4096 });
    const read = await cloud.ask(`drives/${made.get("drive")}/read/0/4096`);
    assert.deepEqual([read.status, read.bytes.length], [200, 4096]);
  });

  test("a folder above the home that QEMU cannot pass is named in the log", { skip: !isRoot }, async (t) => {
    const above = await mkdtemp(join(tmpdir(), "lodge-closed-"));
    t.after(() => rm(above, { recursive: true }));
    const { stderr } = await start(join(above, "home"), { LODGE_SUBNET: "127.0.0.0/8" });
    assert.match(stderr, new RegExp(`"folder":"${above}".*chmod o\\+x`));
  });
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

describe("with the search path of Debian's users, of cron and of su", () => {
  const users = {
    PATH: `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games`,
  };

  test("a cloud is what it is with root's own, and down leaves nothing of it", async (t) => {
    const cloud = await openCloud(users);
    t.after(() => cloud.close());
    const made = await cloud.make("drives/create", { name: "d", size: 4096 });
    assert.equal(made.get("encryption:cipher"), "aes-xts-plain");
    assert.equal((await cloud.ask(`drives/${made.get("drive")}/read/0/1`)).status, 200);
    assert.doesNotMatch(cloud.printed.join("\n"), /user-mode networking/);
    assert.doesNotMatch(cloud.logged, /not installed/);
    const server = await cloud.make("servers/create", { name: "s", cpu: 500, mem: 32, "nic:0:dhcp": "auto" });
    await cloud.kill();
    await cloud.start();
    assert.equal((await cloud.info(`servers/${server.get("server")}/info`)).get("status"), "active");
    await cloud.stop();
    const down = await runToEnd([LODGE, "down", "--home", cloud.home], "", users);
    assert.equal(down.code, 0, down.stderr);
    const { id } = JSON.parse(await readFile(join(cloud.home, "identity.json"), "utf8")) as { id: string };
    if (isRoot)
      assert.deepEqual(
        (await readdir("/run/netns")).filter((name) => name.endsWith(id)),
        [],
      );
  });
});

describe("a log that cannot be written", () => {
  const LINES = 400;

  for (const [what, open] of [
    ["a closed pipe", null],
    ["a full disk", "/dev/full"],
  ] as const) {
    test(`costs its lines and nothing else: ${what}`, async (t) => {
      const home = await mkdtemp(join(tmpdir(), "lodge-log-"));
      const places = { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0", LODGE_LOG_LEVEL: "trace" };
      const full = open === null ? null : await openFile(open, "w");
      const out = full?.fd ?? "pipe";
      const [program, main] = MAIN;
      const daemon = spawn(program, [main], {
        stdio: ["ignore", out, out],
        env: { ...process.env, ...places },
      });
      const exit = once(daemon, "exit");
      t.after(async () => {
        daemon.kill("SIGKILL");
        await runToEnd([LODGE, "down", "--home", home]);
        await rm(home, { recursive: true });
        await full?.close();
      });
      daemon.stdout?.destroy();
      daemon.stderr?.destroy();
      const url = await until("it listens", async () => {
        const env = await readFile(join(home, "env"), "utf8").catch(() => "");
        return /^export EHURI=(\S+)$/m.exec(env)?.[1] ?? null;
      });
      for (let line = 0; line < LINES; line++) {
        assert.equal((await fetch(new URL("drives/list", url))).status, 401);
      }
      daemon.kill("SIGTERM");
      assert.deepEqual(await exit, [0, null]);
    });
  }
});

describe("an address that cannot be listened at ends the start with one sentence, and nothing is left open", () => {
  async function refused(t: TestContext, listen: string): Promise<string> {
    const home = await mkdtemp(join(tmpdir(), "lodge-listen-"));
    t.after(() => rm(home, { recursive: true }));
    const { code, stdout, stderr } = await start(home, {
      ...{ LODGE_LISTEN: listen, LODGE_INSECURE: "1", LODGE_LOG_LEVEL: "error" },
    });
    assert.deepEqual([code, stdout], [1, ""], stderr);
    const { id } = JSON.parse(await readFile(join(home, "identity.json"), "utf8")) as { id: string };
    const names = [...(await readdir("/run")), ...(await readdir("/run/netns").catch(() => []))];
    assert.deepEqual(
      names.filter((name) => name.endsWith(id)),
      [],
    );
    return stderr;
  }

  test("a taken port", async (t) => {
    const taken = createServer().listen(0, "127.0.0.1");
    t.after(() => taken.close());
    await once(taken, "listening");
    const at = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
    assert.equal(
      await refused(t, at),
      `lodge: Lodge cannot listen at ${at} (--listen / LODGE_LISTEN): another process does\n`,
    );
  });

  test("an address that the machine has not", async (t) => {
    assert.equal(
      await refused(t, "192.0.2.77:8480"),
      "lodge: Lodge cannot listen at 192.0.2.77:8480 (--listen / LODGE_LISTEN): this machine has no such address\n",
    );
  });
});

describe("the first user's key", () => {
  test("is the one that a start wrote down which was killed before it had made the user", async (t) => {
    const home = await mkdtemp(join(tmpdir(), "lodge-key-"));
    const auth = `${randomUUID()}:${"k".repeat(43)}`;
    await writeFile(join(home, "env"), `export EHURI=http://127.0.0.1:1/\nexport EHAUTH=${auth}\n`);
    const cloud = new Cloud(home, {});
    t.after(() => cloud.close());
    await cloud.start();
    assert.equal(cloud.auth, auth);
    assert.equal((await cloud.ask("drives/list", { auth })).status, 200);
  });

  test("is printed on a terminal alone: elsewhere it is said which file has it", async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const printed = cloud.printed.join("\n");
    assert.ok(printed.includes(`The first user's key is in ${join(cloud.home, "env")}`), printed);
    assert.doesNotMatch(printed + cloud.logged, /EHAUTH|#code=/);
    assert.equal((await stat(join(cloud.home, "env"))).mode & 0o777, 0o600);
    assert.equal((await cloud.ask("drives/list")).status, 200);
  });

  test("stands there on a terminal, as the worked example shows it", async (t) => {
    const home = await mkdtemp(join(tmpdir(), "lodge-key-"));
    const places = { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0" };
    const command = `exec ${MAIN.join(" ")}`;
    const terminal = spawn("script", ["--quiet", "--flush", "--command", command, "/dev/null"], {
      ...{ stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...places } },
    });
    const exit = once(terminal, "exit");
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    await until("it is ready", async () => (shown.includes("Lodge is ready") ? true : null));
    // Ctrl-C, on its terminal.
    terminal.stdin.write("\x03");
    await exit;
    assert.match(
      shown,
      /^export EHURI=http:\S+\r?\nexport EHAUTH=\S+:\S+\r?\nThe console is at http:\S+\/console\/#code=\S+\r?\nLodge is ready/m,
    );
    t.after(async () => {
      await runToEnd([LODGE, "down", "--home", home]);
      await rm(home, { recursive: true });
    });
  });
});

describe("a copied home beside its original", { skip: !isRoot && "needs root" }, () => {
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
      for (const { code, stderr } of [await start(home), await lodge("down")]) {
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
