import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import { boundFile, openBounds } from "./bounds.ts";

const MIB = 2 ** 20;

test("a bound is a file of its controller's in either version", () => {
  const bound = { memoryBytes: 100 * MIB, processes: 12 };
  assert.deepEqual(boundFile("memory", 2, bound), ["memory.max", "104857600"]);
  assert.deepEqual(boundFile("memory", 1, bound), ["memory.limit_in_bytes", "104857600"]);
  for (const version of [1, 2] as const) {
    assert.deepEqual(boundFile("pids", version, bound), ["pids.max", "12"]);
  }
});

/** Runs a program in a group of that bound, from the word that it is in it on. */
async function bounded(program: string): Promise<{ code: number | null; signal: string | null }> {
  const bounds = await openBounds(`lodge-test-${randomBytes(4).toString("hex")}`);
  const child = spawn("/usr/bin/python3", ["-c", `input()\n${program}`], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  try {
    await once(child, "spawn");
    await bounds.enter("server", child.pid ?? 0, { memoryBytes: 64 * MIB, processes: 4 });
    const ended = once(child, "exit");
    child.stdin.end("in\n");
    const [code, signal] = await ended;
    return { code, signal };
  } finally {
    child.kill("SIGKILL");
    await bounds.remove("server");
    await bounds.close();
  }
}

const probe = await openBounds(`lodge-test-${randomBytes(4).toString("hex")}`);
const [hasMemory, hasProcesses] = [probe.has("memory"), probe.has("pids")];
await probe.close();

test("what takes more memory than its bound is killed, and what takes less goes on", {
  skip: hasMemory ? false : "this machine has no bounds of memory",
}, async () => {
  assert.deepEqual(await bounded("b = bytearray(16 << 20)"), { code: 0, signal: null });
  assert.deepEqual(await bounded("b = bytearray(256 << 20)"), { code: null, signal: "SIGKILL" });
});

test("what makes more processes than its bound is refused them", {
  skip: hasProcesses ? false : "this machine has no bounds of processes",
}, async () => {
  const make = (count: number) => `import os
for i in range(${count}):
  if os.fork() == 0: os._exit(0)`;
  assert.equal((await bounded(make(2))).code, 0);
  assert.equal((await bounded(make(40))).code, 1);
});
