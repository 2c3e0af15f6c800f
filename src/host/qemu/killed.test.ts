/** A QEMU that is killed from outside while something is asked of it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import { until } from "../../../testing/until.ts";

let machine: TestHost;

before(async () => {
  machine = await testHost();
});

after(() => machine.close());

const newSpec = async () => guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));

/** A program in the place of QEMU's, which answers nothing. */
async function programThat(does: string): Promise<string> {
  const program = join(machine.home, `program-${randomUUID()}`);
  await writeFile(program, `#!/usr/bin/python3\nimport time\n${does}\n`);
  await chmod(program, 0o755);
  return program;
}

test("a server whose QEMU is killed in its launch can be started again", async () => {
  const host = await machine.open({ program: await programThat("time.sleep(1000)") });
  const spec = await newSpec();
  const launched = host.launch(spec, 1);
  launched.catch(() => {});
  const { pid } = await until("there is a process", async () => (await machine.traces(spec.uuid)).process);
  process.kill(pid, "SIGKILL");
  await assert.rejects(launched, { code: "host_interrupted" });
});

test("a server whose QEMU ends by itself in its launch fails", async () => {
  const host = await machine.open({ program: await programThat("raise SystemExit(1)") });
  await assert.rejects(host.launch(await newSpec(), 1), { code: "launch_failed" });
});

for (const act of ["reset", "powerDown"] as const) {
  test(`a server whose QEMU is killed while ${act} is asked of it does not run`, async () => {
    const host = await machine.open();
    const spec = await newSpec();
    await host.launch(spec, 1);
    const { process: qemu } = await machine.traces(spec.uuid);
    assert.ok(qemu !== null);
    process.kill(qemu.pid, "SIGSTOP");
    const asked = host[act](spec.uuid);
    asked.catch(() => {});
    process.kill(qemu.pid, "SIGKILL");
    await assert.rejects(asked, { code: "server_not_here" });
  });
}
