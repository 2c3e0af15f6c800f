/**
 * For tests: a machine of their own, which is a network namespace with nothing but a loopback in it. A test file runs
 * itself again inside, so that the real machine's routes, settings and rules are never touched.
 */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { run } from "../process.ts";

const MARK = "LODGE_TEST_MACHINE";

/**
 * Answers whether the file runs inside already; if not, runs it there to its end, and this process ends as that did.
 * Tests are declared inside alone; the runner reads them there, for they write to the same output. Needs root: without
 * it the answer is yes, and such tests skip themselves.
 */
export async function inOwnMachine(testFile: string): Promise<boolean> {
  if (process.env[MARK] !== undefined || process.getuid?.() !== 0) return true;
  const name = `lodge-test-${randomBytes(4).toString("hex")}`;
  await run(["ip", "netns", "add", name]);
  try {
    await run(["ip", "-n", name, "link", "set", "lo", "up"]);
    const command = [`--net=/run/netns/${name}`, "--", process.execPath, ...process.execArgv, testFile];
    const child = spawn("nsenter", command, { stdio: "inherit", env: { ...process.env, [MARK]: name } });
    const [code] = (await once(child, "exit")) as [number | null];
    process.exitCode = code ?? 1;
  } finally {
    await run(["ip", "netns", "delete", name]);
  }
  return false;
}
