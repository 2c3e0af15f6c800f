/** Launchers, and what becomes of their orders, in namespaces of the tests' own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { until } from "../../../testing/until.ts";
import { LAUNCHED, Launcher, type Order } from "./launcher.ts";
import { identify, run } from "./process.ts";

/** Tells of itself what it was launched with, as JSON. */
const PROGRAM = `
import fcntl, json, os, resource, struct, sys
def tap(fd): return fcntl.ioctl(fd, 0x800454d2, bytes(40)).split(b"\\0")[0].decode()
# Far behind are those that the tests were started with.
fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd"))
named = {}
for fd in fds:
  try: named[fd] = os.readlink(f"/proc/self/fd/{fd}")
  except OSError: pass
modes = {fd: fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE for fd in named if ${LAUNCHED.files} <= fd < 100}
print(json.dumps({
  "taps": [tap(fd) for fd, name in named.items() if name == "/dev/net/tun"],
  "files": {fd: named[fd] for fd in modes}, "modes": modes,
  "devices": sorted(line.split(":")[0].strip() for line in open("/proc/self/net/dev").read().splitlines()[2:]),
  "core": resource.getrlimit(resource.RLIMIT_CORE), "longest": resource.getrlimit(resource.RLIMIT_FSIZE),
}), file=sys.stderr)`;
const COMMAND = ["/usr/bin/python3", "-c", PROGRAM];
const NOTHING: Omit<Order, "command"> = { taps: [], files: [], fileBytes: null };

const skip = process.getuid?.() === 0 ? false : "needs root";

describe("a launcher", { skip }, () => {
  let folder: string;
  let netns: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-launcher-"));
    netns = `lodge-test-${randomBytes(4).toString("hex")}`;
    await run(["ip", "netns", "add", netns]);
    for (const tap of ["t1", "t2"]) await run(["ip", "-n", netns, "tuntap", "add", tap, "mode", "tap"]);
  });
  after(async () => {
    await run(["ip", "netns", "delete", netns]);
    await rm(folder, { recursive: true });
  });

  const start = async () => {
    const launcher = await Launcher.start({ netns, isSandboxed: true, sockets: "ip" });
    launcher.child.ref();
    const said = launcher.child.stderr === null ? "" : text(launcher.child.stderr);
    // What is cut off by its being discarded is nobody's.
    Promise.resolve(said).catch(() => {});
    return { launcher, said };
  };
  const exitOf = async ({ child }: Launcher) => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    return child.exitCode;
  };
  const namespaceOf = async (path: string) => (await stat(path)).ino;

  test("waits in a network namespace of its own, where nothing is", async () => {
    const { launcher } = await start();
    await launcher.ready;
    const own = await namespaceOf(`/proc/${launcher.pid}/ns/net`);
    for (const other of ["/proc/self/ns/net", `/run/netns/${netns}`]) {
      assert.notEqual(own, await namespaceOf(other));
    }
    assert.ok(launcher.isWaiting);
    launcher.discard();
    assert.equal(await exitOf(launcher), null);
    assert.ok(!launcher.isWaiting);
  });

  test("becomes its program, with its taps and files open, and no more, and within limits", async () => {
    const [read, written] = [join(folder, "read"), join(folder, "written")];
    for (const path of [read, written]) await writeFile(path, "text");
    const files = [await open(read), await open(written, "r+")];
    const order = { taps: ["t2"], files: files.map(({ fd }, at) => ({ fd, readOnly: at === 0 })) };
    const { launcher, said } = await start();
    launcher.order({ command: COMMAND, ...order, fileBytes: 2 ** 20 });
    assert.equal(await exitOf(launcher), 0);
    for (const file of files) await file.close();
    const { taps, files: seen, modes, devices, core, longest } = JSON.parse(await said);
    assert.deepEqual([taps, devices], [["t2"], ["lo"]]);
    assert.deepEqual(seen, { 7: read, 8: written });
    assert.deepEqual(modes, { 7: 0, 8: 2 });
    assert.deepEqual(
      [core, longest],
      [
        [0, 0],
        [2 ** 20, 2 ** 20],
      ],
    );
  });

  test("makes no tap that is not there, and its program is not run", async () => {
    const { launcher, said } = await start();
    launcher.order({ ...NOTHING, command: COMMAND, taps: ["t3"] });
    assert.notEqual(await exitOf(launcher), 0);
    assert.equal(await said, "there is no tap t3\n");
    assert.doesNotMatch(await run(["ip", "-n", netns, "-o", "link"]), / t3:/);
  });

  for (const [what, cut] of [
    ["that never comes", () => 0],
    ["that is cut off in its length", () => 1],
    ["that is cut off at its end", (length: number) => length - 1],
  ] as const) {
    test(`runs nothing by an order ${what}`, async () => {
      const mark = join(folder, "mark");
      const order = Buffer.from(`\0${0}\0${0}\0/usr/bin/touch\0${mark}`);
      const whole = Buffer.concat([Buffer.from(`${order.length}\n`), order]);
      const { launcher, said } = await start();
      launcher.child.stdin?.end(whole.subarray(0, cut(whole.length)));
      assert.deepEqual([await exitOf(launcher), await said], [1, ""]);
      assert.ok(!existsSync(mark));
    });
  }

  test("launches once", async () => {
    const { launcher } = await start();
    const order = { ...NOTHING, command: ["/usr/bin/true"] };
    launcher.order(order);
    assert.throws(() => launcher.order(order), /once/);
    assert.equal(await exitOf(launcher), 0);
  });

  /** A launcher of another process, which does so with it when it is ready. */
  const startedByAnother = async (does: string) => {
    const program = `
import { once } from "node:events";
import { Launcher } from "${join(import.meta.dirname, "launcher.ts")}";
const launcher = await Launcher.start({ netns: "${netns}", isSandboxed: true, sockets: "ip" });
await launcher.ready;
${does}
console.log(launcher.pid);
setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ["--input-type=module", "-e", program], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(createInterface({ input: starter.stdout }), "line");
    const launcher = await identify(Number(line));
    assert.ok(launcher !== null);
    assert.match(await readFile(`/proc/${launcher.pid}/cmdline`, "utf8"), /perl/);
    return { starter, launcher };
  };
  const untilEnded = ({ pid }: { readonly pid: number }) =>
    until("it has ended", async () => ((await identify(pid)) === null ? true : null));

  test("ends with whoever started it, however that ends", async () => {
    const { starter, launcher } = await startedByAnother("");
    starter.kill("SIGKILL");
    await untilEnded(launcher);
  });

  test("runs nothing by the order of who has ended since", async () => {
    const mark = join(folder, "late");
    const order = { ...NOTHING, command: ["/usr/bin/touch", mark] };
    const { starter, launcher } = await startedByAnother(`
process.kill(launcher.pid, "SIGSTOP");
launcher.order(${JSON.stringify(order)});
await once(launcher.child.stdin, "finish");`);
    const ended = once(starter, "exit");
    starter.kill("SIGKILL");
    await ended;
    process.kill(launcher.pid, "SIGCONT");
    await untilEnded(launcher);
    assert.ok(!existsSync(mark));
  });
});
