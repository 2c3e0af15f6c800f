import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { sampleImage } from "../../testing/guest/sample.ts";

/** A machine in which no tick of the old timers comes, as none does in time where a busy host keeps it waiting. */
const WITHOUT_TICKS = "pc,accel=tcg,pit=off,hpet=off";

test("the sample guest boots where no tick of its timer comes in time", async (t) => {
  const machine = ["-nodefaults", "-no-user-config", "-display", "none", "-machine", WITHOUT_TICKS];
  const parts = ["-cpu", "max,la57=off", "-m", "128", "-serial", "stdio"];
  const drive = ["-drive", `file=${sampleImage()},format=raw,if=virtio,snapshot=on`];
  const qemu = spawn("qemu-system-x86_64", [...machine, ...parts, ...drive], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(qemu, "exit");
  t.after(async () => {
    qemu.kill("SIGKILL");
    await ended;
  });
  const said: string[] = [];
  for await (const line of createInterface({ input: qemu.stdout })) {
    said.push(line);
    if (/lodge-sample: ready|end Kernel panic/.test(line)) break;
  }
  assert.match(said.at(-1) ?? "", /^lodge-sample: ready none\r?$/, said.join("\n"));
});
