/** `lodge down` on a bad day: it takes everything of a cloud down, or says what it could not. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { Cloud } from "../testing/cloud.ts";
import { type Run, runToEnd } from "../testing/run.ts";
import { longAnd } from "../testing/share.ts";

const LODGE = join(import.meta.dirname, "../bin/lodge");
const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

const down = (words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Run> =>
  runToEnd([LODGE, "down", ...words], "", env);

async function words(...command: string[]): Promise<string> {
  const { code, stdout, stderr } = await runToEnd(command);
  assert.equal(code, 0, stderr);
  return stdout;
}

/** What a machine has of a cloud, by its id and its home: looked for in all ways but those of Lodge. */
async function leftOf(id: string, home: string): Promise<string[]> {
  const left: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const line = (await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")).replaceAll("\0", " ");
    if (line.includes(`/lodge-${id}/`)) left.push(`process ${pid}: ${line}`);
  }
  if ((await words("ip", "netns", "list")).includes(id)) left.push("namespace");
  if ((await words("ip", "-o", "link")).includes(`lodge-${id}`)) left.push("uplink");
  if ((await words("nft", "list", "tables")).includes(id)) left.push("NAT table");
  const groups = ["", "cpu", "memory", "pids"].map((controller) => join("/sys/fs/cgroup", controller));
  for (const folder of ["/run", ...groups]) {
    if (existsSync(join(folder, `lodge-${id}`))) left.push(join(folder, `lodge-${id}`));
  }
  assert.ok(existsSync(home), "the home stays");
  return left;
}

/** A cloud with a server and a drive in use, whose daemon was killed. */
async function killedCloud(t: TestContext, home?: string) {
  const cloud = new Cloud(home ?? (await mkdtemp(join(tmpdir(), "lodge-down-"))), {});
  t.after(() => cloud.close());
  await cloud.start();
  const drive = (await cloud.make("drives/create", { name: "d", size: 4096 })).get("drive");
  assert.equal((await cloud.ask(`drives/${drive}/read/0/1`)).status, 200);
  const made = await cloud.make("servers/create", { name: "s", cpu: 500, mem: 32, "nic:0:dhcp": "auto" });
  await cloud.kill();
  const { id } = JSON.parse(await readFile(join(cloud.home, "identity.json"), "utf8")) as { id: string };
  const left = await leftOf(id, cloud.home);
  assert.ok(left.length >= 6, left.join("\n"));
  return { cloud, id, server: made.get("server") ?? "", args: ["--home", cloud.home] };
}

/** A search path on which that program does nothing but fail. */
async function without(t: TestContext, program: string): Promise<NodeJS.ProcessEnv> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-without-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, program), "#!/bin/sh\necho broken >&2; exit 1\n");
  await chmod(join(folder, program), 0o755);
  return { PATH: `${folder}:${process.env.PATH}` };
}

describe("down leaves nothing outside the home", longAnd(root), () => {
  test("of a cloud whose store, network.json and lock are damaged, and whose QEMU does not answer", async (t) => {
    const { cloud, id, server, args } = await killedCloud(t);
    const damaged = ["lodge.db", "network.json", "daemon.lock"].map((name) => join(cloud.home, name));
    const before = await Promise.all(damaged.map((file) => readFile(file)));
    for (const file of damaged) await writeFile(file, "x".repeat(8192));
    for (const line of await leftOf(id, cloud.home)) {
      const pid = /^process (\d+): .*qemu-system/.exec(line)?.[1];
      if (pid !== undefined) process.kill(Number(pid), "SIGSTOP");
    }
    const { code, stdout, stderr } = await down(args);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^the cloud does not open, so its next start records what ends now: .*damaged/m);
    assert.match(stdout, new RegExp(`^server ${server}: gone$`, "m"));
    assert.match(stdout, /^nothing of this cloud is left outside /m);
    assert.deepEqual(await leftOf(id, cloud.home), []);
    for (const [index, file] of damaged.entries()) await writeFile(file, before[index] ?? "");
    await cloud.start();
    // It was made to go when it ends.
    assert.equal((await cloud.ask(`servers/${server}/info`)).status, 404);
  });

  test("of one without its master key, on a machine that has lost dnsmasq", async (t) => {
    const { cloud, id, args } = await killedCloud(t);
    const key = join(cloud.home, "master.key");
    const kept = await readFile(key);
    await rm(key);
    const broken = await without(t, "dnsmasq");
    const { code, stderr } = await down(args, broken);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(await leftOf(id, cloud.home), []);
    assert.ok(!existsSync(key), "no other key is put in its place");
    await writeFile(key, kept);
  });

  test("of one whose disk is full", async (t) => {
    const home = await mkdtemp(join(tmpdir(), "lodge-down-"));
    await words("mount", "-t", "tmpfs", "-o", "size=80m,mode=711", "none", home);
    t.after(() => words("umount", "--lazy", home));
    const { id, args } = await killedCloud(t, home);
    const fill = join(home, "fill");
    await runToEnd(["dd", "if=/dev/zero", `of=${fill}`, "bs=64k"]);
    const { code, stderr } = await down(args);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.deepEqual(await leftOf(id, home), []);
    await rm(fill);
  });

  test("of one whose identity is damaged, once its id is said", async (t) => {
    const { cloud, id, args } = await killedCloud(t);
    const file = join(cloud.home, "identity.json");
    const kept = await readFile(file);
    await writeFile(file, "");
    const refused = await down(args);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /identity\.json is damaged.*lodge down --id ID/);
    assert.notDeepEqual(await leftOf(id, cloud.home), []);
    const { code, stdout } = await down(["--id", id]);
    assert.deepEqual([code, stdout.trimEnd().split("\n").at(-1)], [0, `nothing of the cloud ${id} is left`]);
    assert.deepEqual(await leftOf(id, cloud.home), []);
    await writeFile(file, kept);
  });
});

describe("down claims only what it checked", longAnd(root), () => {
  test("it says what it cannot know, and ends all else", async (t) => {
    const { cloud, id, args } = await killedCloud(t);
    const { code, stdout, stderr } = await down(args, await without(t, "nft"));
    assert.equal(code, 1);
    assert.match(stderr, /it is not known whether the NAT table is there \(.*broken.*\)/);
    assert.doesNotMatch(stdout, /nothing of this cloud is left/);
    assert.deepEqual(await leftOf(id, cloud.home), ["NAT table"]);
    assert.equal((await down(args)).code, 0);
    assert.deepEqual(await leftOf(id, cloud.home), []);
  });

  test("it names who else is in the namespace, and leaves that to be found", async (t) => {
    const { id, cloud, args } = await killedCloud(t);
    const stranger = spawn("nsenter", [`--net=/run/netns/lodge-${id}`, "--", "sleep", "1000"], {
      stdio: "ignore",
    });
    t.after(() => stranger.kill("SIGKILL"));
    const ended = once(stranger, "exit");
    await once(stranger, "spawn");
    const database = join(cloud.home, "lodge.db");
    const kept = await readFile(database);
    await writeFile(database, "x".repeat(8192));
    const { code, stderr } = await down(args);
    assert.equal(code, 1);
    assert.match(
      stderr,
      new RegExp(`network namespace lodge-${id} \\(.*process ${stranger.pid} \\(sleep\\)`),
    );
    assert.deepEqual(await leftOf(id, cloud.home), ["namespace"]);
    stranger.kill();
    await ended;
    assert.equal((await down(args)).code, 0);
    await writeFile(database, kept);
  });

  test("while the daemon runs, it refuses; where there is no cloud, it says so and makes none", async (t) => {
    const cloud = new Cloud(await mkdtemp(join(tmpdir(), "lodge-down-")), {});
    t.after(() => cloud.close());
    const none = await down(["--home", cloud.home]);
    assert.deepEqual([none.code, none.stdout], [0, `there is no cloud in ${cloud.home}\n`]);
    assert.deepEqual(await readdir(cloud.home), []);
    await cloud.start();
    {
      const { code, stderr } = await down(["--home", cloud.home]);
      assert.deepEqual(
        [code, stderr],
        [1, `lodge: Lodge is running with the home ${cloud.home}: stop it first\n`],
      );
    }
    const { id } = JSON.parse(await readFile(join(cloud.home, "identity.json"), "utf8")) as { id: string };
    assert.match((await down(["--id", id])).stderr, /its daemon runs: stop it first/);
    assert.equal((await cloud.ask("drives/list")).status, 200);
  });

  test("of a cloud without servers it opens nothing, whatever is the matter with the store", async (t) => {
    const cloud = new Cloud(await mkdtemp(join(tmpdir(), "lodge-down-")), {});
    t.after(() => cloud.close());
    await cloud.start();
    await cloud.kill();
    const { id } = JSON.parse(await readFile(join(cloud.home, "identity.json"), "utf8")) as { id: string };
    await writeFile(join(cloud.home, "lodge.db"), "x".repeat(8192));
    const { code, stdout } = await down(["--home", cloud.home]);
    assert.equal(code, 0);
    assert.doesNotMatch(stdout, /does not open/);
    assert.match(stdout, /^nothing of this cloud is left outside /m);
    assert.deepEqual(await leftOf(id, cloud.home), []);
  });
});
