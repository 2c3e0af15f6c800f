/** Starts on a bad day: machines that are not as the last start left them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, open as openFile, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Cloud, openCloud } from "../testing/cloud.ts";
import { failingStart, MAIN } from "../testing/daemon.ts";
import { guestPage } from "../testing/guest/page.ts";
import { sampleDrive } from "../testing/guest/sample.ts";
import { runToEnd } from "../testing/run.ts";
import { long } from "../testing/share.ts";
import { onTerminal } from "../testing/terminal.ts";
import { until } from "../testing/until.ts";

const LODGE = join(import.meta.dirname, "../bin/lodge");

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
    ...{ name: "guest", cpu: 2000, mem: 128, persistent: "true", "block:0": drive, "nic:0:dhcp": "auto" },
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

describe("under a umask that takes all from others", long, () => {
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
    const { stderr } = await failingStart(join(above, "home"), { LODGE_SUBNET: "127.0.0.0/8" });
    assert.match(stderr, new RegExp(`"folder":"${above}".*chmod o\\+x`));
  });
});

describe("with the search path of Debian's users, of cron and of su", long, () => {
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

describe("a log that cannot be written", long, () => {
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
    const { code, stdout, stderr } = await failingStart(home, {
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

describe("the first user's key", long, () => {
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

  test("stands there on a terminal, as the worked example shows it, and the link behind it lets in once", async (t) => {
    const home = await mkdtemp(join(tmpdir(), "lodge-key-"));
    const places = { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0" };
    const [program, ...words] = onTerminal(`exec ${MAIN.join(" ")}`);
    const terminal = spawn(program, words, {
      ...{ stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, ...places } },
    });
    const exit = once(terminal, "exit");
    let shown = "";
    terminal.stdout.setEncoding("utf8").on("data", (text: string) => {
      shown += text;
    });
    await until("it is ready", async () => (/Lodge is ready at \S+\s/.test(shown) ? true : null));
    const [, url = "", code = ""] = /(http:\S+\/)console\/#code=(\S+)/.exec(shown) ?? [];
    const follow = () =>
      fetch(`${url}session`, { method: "POST", headers: { authorization: `Bearer ${code}` } });
    const page = await fetch(`${url}console/`);
    assert.deepEqual([page.status, page.headers.get("content-type")], [200, "text/html; charset=utf-8"]);
    const first = await follow();
    assert.equal(first.status, 200, await first.text());
    const [cookie = ""] = (first.headers.get("set-cookie") ?? "").split(";");
    const read = await fetch(`${url}drives/list`, { headers: { cookie, "sec-fetch-site": "same-origin" } });
    assert.deepEqual([read.status, (await follow()).status], [200, 401]);
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
