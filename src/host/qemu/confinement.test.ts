import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import type { ServerSpec } from "../host.ts";
import { run } from "../process/process.ts";
import { hasFilter } from "../process/system-calls.ts";
import { openBounds } from "../quota/bounds.ts";
import { openCpuQuota } from "../quota/cpu-quota.ts";
import { findHierarchy } from "../quota/hierarchy.ts";
import { boundOf } from "./bound-of.ts";
import { runDirectory } from "./run-directory.ts";

const PYTHON = "/usr/bin/python3";
/** Prints of each of the process's filters of system calls all its answers, on a line (ptrace(2), PTRACE_SECCOMP_GET_FILTER). */
const FILTER = `
import ctypes, os, struct, sys
pid, libc = int(sys.argv[1]), ctypes.CDLL(None)
libc.ptrace.argtypes = [ctypes.c_long] * 2 + [ctypes.c_void_p] * 2
assert libc.ptrace(16, pid, None, None) == 0
os.waitpid(pid, 0x40000000)
filter = ctypes.create_string_buffer(8 * 4096)
for place in range(10):
  count = libc.ptrace(0x420c, pid, place, filter)
  if count < 0: break
  steps = (struct.unpack_from("HBBI", filter, 8 * place) for place in range(count))
  print(*(hex(value) for code, _, _, value in steps if code & 7 == 6))
libc.ptrace(17, pid, None, None)`;
const GROUP = `lodge-test-${randomUUID().slice(0, 8)}`;
const CORE_MHZ = 2000;
const LARGE_BYTES = 40 * 2 ** 20;

let machine: TestHost;
let spec: ServerSpec;
before(async () => {
  machine = await testHost();
  spec = guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));
});
after(() => machine.close());

/** What the process's status says of the keys. */
async function statusOf(pid: number, ...keys: readonly string[]): Promise<string[]> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return keys.map((key) => new RegExp(`^${key}:\\s*(.*)$`, "m").exec(status)?.[1] ?? "");
}

test("QEMU runs within its sandbox, under a uid of its own and without capabilities", async () => {
  const host = await machine.open();
  await host.launch(spec, 1);
  const { process: qemu } = await machine.traces(spec.uuid);
  const [seccomp, uids, capabilities] = await statusOf(qemu?.pid ?? 0, "Seccomp", "Uid", "CapEff");
  assert.equal(seccomp, "2");
  if (machine.uids !== null) {
    assert.equal(uids, Array(4).fill(machine.uids.first).join("\t"));
    assert.match(capabilities ?? "", /^0+$/);
  }
  await finish(host, spec.uuid);
  host.close();
});

test("QEMU is launched so that it can gain no privileges, even before its sandbox is on", {
  skip: process.getuid?.() !== 0 ? "only root gives privileges up" : false,
}, async () => {
  // QEMU's sandbox would set the same flag: this is what it is launched with.
  const program = join(machine.home, "confined");
  await writeFile(program, "#!/bin/sh\nexec grep NoNewPrivs /proc/self/status >&2\n", { mode: 0o755 });
  const host = await machine.open({ program });
  await assert.rejects(host.launch(spec, 2), ({ cause }: Error) => {
    assert.match(String(cause), /^Error: QEMU: NoNewPrivs:\s+1$/);
    return true;
  });
  host.close();
});

test("its filters, QEMU's and ours, end the process that does what it may not, and not a thread of it", {
  skip: process.getuid?.() !== 0 ? "only root reads another's filter" : false,
}, async () => {
  const host = await machine.open();
  await host.launch(spec, 7);
  const { process: qemu } = await machine.traces(spec.uuid);
  const filters = (await run([PYTHON, "-c", FILTER, String(qemu?.pid)])).trimEnd().split("\n");
  assert.equal(filters.length, hasFilter() ? 2 : 1);
  const [allow, denied] = ["0x7fff0000", "0x80000000"];
  for (const answers of filters.map((line) => line.split(" "))) {
    assert.ok(answers.includes(allow) && answers.includes(denied), String(answers));
    // SECCOMP_RET_TRAP would leave it to QEMU.
    assert.ok(!answers.includes("0x30000"));
    // SECCOMP_RET_KILL_THREAD is QEMU's for another architecture's calls alone.
    assert.ok(answers.filter((answer) => answer === "0x0").length <= 1);
  }
  await finish(host, spec.uuid);
  host.close();
});

test("its sockets are sealed before its guest runs, and the kernel takes it before others", {
  skip: process.getuid?.() !== 0 ? "only root gives each server a uid" : false,
}, async () => {
  const host = await machine.open();
  await host.launch(spec, 8);
  const { socketFolder, exportFolder } = runDirectory(machine.servers, spec.uuid);
  for (const folder of [socketFolder, exportFolder]) assert.equal((await stat(folder)).uid, 0);
  assert.equal((await stat(socketFolder)).mode & 0o077, 0);
  const { process: qemu } = await machine.traces(spec.uuid);
  assert.equal(await readFile(`/proc/${qemu?.pid}/oom_score_adj`, "utf8"), "500\n");
  await finish(host, spec.uuid);
  host.close();
});

test("no file that it writes is longer than the longest of its drives, whichever it writes to", async () => {
  const large = { ...(await guestDrive(machine.home, randomUUID())), sizeBytes: LARGE_BYTES };
  const several = guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));
  const devices = several.devices.flatMap((device) => [
    device,
    { ...device, key: "ide:0:1", unit: 1, volume: large, bootIndex: null } as const,
  ]);
  const host = await machine.open();
  await host.launch({ ...several, devices }, 1);
  const { process: qemu } = await machine.traces(several.uuid);
  const limits = await readFile(`/proc/${qemu?.pid}/limits`, "utf8");
  assert.equal(/^Max file size +(\d+) +\1 /m.exec(limits)?.[1], String(LARGE_BYTES));
  await finish(host, several.uuid);
  host.close();
});

test("a server's memory and threads are bounded from its start on, and the groups go with it", async (t) => {
  const bounds = await openBounds(GROUP);
  if (!bounds.has("memory")) return t.skip("this machine has no bounds of memory");
  const host = await machine.open({ bounds });
  await host.launch(spec, 9);
  const { process: qemu } = await machine.traces(spec.uuid);
  const groups = await readFile(`/proc/${qemu?.pid}/cgroup`, "utf8");
  const folder = `${GROUP}/${spec.uuid}`;
  assert.match(groups, new RegExp(`^\\d+:(.*memory.*)?:.*/${folder}$`, "m"));
  const hierarchy = await findHierarchy("/proc/mounts", "memory");
  const file = hierarchy?.version === 2 ? "memory.max" : "memory.limit_in_bytes";
  const text = await readFile(join(hierarchy?.root ?? "", folder, file), "utf8");
  assert.equal(Number(text), boundOf(spec, "tcg").memoryBytes);
  await finish(host, spec.uuid);
  assert.equal(existsSync(join(hierarchy?.root ?? "", folder)), false);
  await bounds.close();
  host.close();
});

const quota = await openCpuQuota({ group: GROUP, coreMhz: CORE_MHZ });

test("a server's CPU quota holds from its start, and changes while it runs", {
  skip: quota === null ? "this machine has no CPU quotas" : false,
}, async () => {
  const hierarchy = await findHierarchy();
  assert.ok(hierarchy !== null);
  const file = hierarchy.version === 2 ? "cpu.max" : "cpu.cfs_quota_us";
  const limit = async () =>
    Number.parseInt(await readFile(join(hierarchy.root, GROUP, spec.uuid, file), "utf8"), 10);
  const host = await machine.open({ quota });
  await host.launch(spec, 13);
  const { process: qemu } = await machine.traces(spec.uuid);
  assert.deepEqual(await quota?.members(spec.uuid), [qemu?.pid]);
  // 500 of 2,000 MHz, of each 100 ms.
  assert.equal(await limit(), 25_000);
  await host.apply({ ...spec, cpuMhz: 1000 }, 14);
  assert.equal(await limit(), 50_000);
  await finish(host, spec.uuid);
  assert.deepEqual(await quota?.servers(), []);
  await quota?.close();
  host.close();
});

test("apply opens the volumes of shared drives, each once", async () => {
  const shared: string[] = [];
  const attachments = {
    ...{
      adopt() {},
      detach() {},
      share: async (_: string, { uuid }: { uuid: string }) => void shared.push(uuid),
    },
    attach: async () => ({
      ...{ blockdev: { driver: "null-co", "node-name": "drive-ide-0-0" }, secret: null },
      ...{ file: null, shown: null },
    }),
  };
  const host = await machine.open({ attachments });
  const [device] = spec.devices;
  assert.ok(device !== undefined);
  const second = { ...device, key: "ide:0:1", unit: 1, bootIndex: null };
  const devices = [device, second].map((each) => ({ ...each, shared: true }));
  await host.launch({ ...spec, devices }, 15);
  for (const generation of [15, 16]) await host.apply({ ...spec, devices }, generation);
  assert.deepEqual(shared, [device.volume.uuid, device.volume.uuid]);
  await finish(host, spec.uuid);
  host.close();
});
