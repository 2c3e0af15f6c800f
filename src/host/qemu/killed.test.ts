/** A QEMU that is killed from outside while something is asked of it. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";

let machine: TestHost;

before(async () => {
  machine = await testHost();
});

after(() => machine.close());

const newSpec = async () => guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));

for (const [ends, words, code] of [
  ["is killed in its launch can be started again", "kill -9 $$", "host_interrupted"],
  ["ends by itself in its launch fails", "exit 1", "launch_failed"],
] as const) {
  test(`a server whose QEMU ${ends}`, async () => {
    const program = join(machine.home, `program-${code}`);
    await writeFile(program, `#!/bin/sh\n${words}\n`);
    await chmod(program, 0o755);
    const host = await machine.open({ program });
    await assert.rejects(host.launch(await newSpec(), 1), { code });
  });
}

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
