import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import type { ServerSpec } from "../host.ts";
import { openCpuQuota } from "../quota/cpu-quota.ts";
import { findHierarchy } from "../quota/hierarchy.ts";

const GROUP = `lodge-test-${randomUUID().slice(0, 8)}`;
const CORE_MHZ = 2000;

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
  await writeFile(program, "#!/bin/sh\ngrep NoNewPrivs /proc/$$/status >&2\n", { mode: 0o755 });
  const host = await machine.open({ program });
  await assert.rejects(host.launch(spec, 2), /could not be started: NoNewPrivs:\s+1$/);
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
  await host.launch(spec, 3);
  const { process: qemu } = await machine.traces(spec.uuid);
  assert.deepEqual(await quota?.members(spec.uuid), [qemu?.pid]);
  // 500 of 2,000 MHz, of each 100 ms.
  assert.equal(await limit(), 25_000);
  await host.apply({ ...spec, cpuMhz: 1000 }, 4);
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
  await host.launch({ ...spec, devices }, 5);
  for (const generation of [5, 6]) await host.apply({ ...spec, devices }, generation);
  assert.deepEqual(shared, [device.volume.uuid, device.volume.uuid]);
  await finish(host, spec.uuid);
  host.close();
});
