/** Starts on a bad day: homes and machines that are not as the last start left them. */
import assert from "node:assert/strict";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { guestPage } from "../testing/guest/page.ts";
import { sampleDrive } from "../testing/guest/sample.ts";
import { runToEnd } from "../testing/run.ts";

const MAIN = [process.execPath, join(import.meta.dirname, "../src/main.ts")] as const;

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

describe("under a umask that takes all from others", () => {
  test("a whole cloud works: drives, a guest and its DHCP, also after a restart", async (t) => {
    withUmask(t, 0o077);
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const { address } = await startGuest(cloud);
    // It is offered its address by the next daemon's DHCP server.
    await cloud.kill();
    await cloud.start();
    assert.match(await guestPage(address), /Hello/);
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
