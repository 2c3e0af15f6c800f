import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, test } from "node:test";
import { unkillable, withoutMainThread, zombie } from "../../../testing/processes.ts";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { findProcess, findProcesses } from "./find.ts";
import { endProcess, identify, isRunning, run, runningThreads, ticksTaken, useOf } from "./process.ts";

const children: ChildProcess[] = [];
/** A process of the tests', ended with them. */
async function start(
  ...[command = "", ...words]: readonly string[]
): Promise<ChildProcess & { pid: number }> {
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await once(child, "spawn");
  return child as ChildProcess & { pid: number };
}
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

describe("a process", () => {
  test("is told apart from a later one of its number, and is none once it has ended", async () => {
    const child = await start("sleep", "1000");
    const identity = await identify(child.pid);
    assert.ok(identity !== null && (await isRunning(identity)));
    assert.equal(await isRunning({ ...identity, startTicks: identity.startTicks - 1 }), false);
    await endProcess(identity);
    assert.equal(await isRunning(identity), false);
    await endProcess(identity);
  });

  test("that has ended and was not waited for yet is none", async () => {
    const { child, pid } = await zombie();
    children.push(child);
    assert.equal(await identify(pid), null);
    assert.deepEqual(await runningThreads(pid), []);
    // It is still there.
    process.kill(pid, 0);
  });

  test("whose main thread has ended is alive while another runs, is found by its words, and can be ended", async () => {
    const mark = `--mark=${process.pid}-main-thread`;
    const { child, pid } = await withoutMainThread(null, mark);
    children.push(child);
    const identity = await identify(pid);
    assert.ok(identity !== null && (await isRunning(identity)));
    assert.equal((await runningThreads(pid)).length, 1);
    assert.deepEqual(await findProcess(mark), identity);
    await endProcess(identity);
    assert.equal(await identify(pid), null);
    assert.equal(await findProcess(mark), null);
  });

  test("that does not heed a signal is killed", async () => {
    const child = await start("sh", "-c", "trap '' TERM; echo ready; exec sleep 1000");
    assert.ok(child.stdout !== null);
    await once(child.stdout, "data");
    const identity = await identify(child.pid);
    assert.ok(identity !== null);
    const ended = once(child, "exit");
    await endProcess(identity, "SIGTERM", 1);
    assert.deepEqual(await ended, [null, "SIGKILL"]);
  });

  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };
  test("that is not gone even when it was killed is an error that names it", root, async () => {
    const { child, pid } = await unkillable();
    children.push(child);
    const identity = await identify(pid);
    assert.ok(identity !== null);
    await assert.rejects(endProcess(identity, "SIGKILL", 1, 20), (error) => {
      assert.ok(error instanceof DeadlineExceeded);
      return /^the end of process \d+ \(python3[.\d]*\) after SIGKILL took longer than 20 ms$/.test(
        error.message,
      );
    });
    child.kill("SIGKILL");
    await endProcess(identity);
  });
});

describe("processes are found", () => {
  test("by all the words of their command lines, each with what was read from them", async () => {
    const mark = `--mark=${process.pid}-found`;
    const program = ["-e", "setTimeout(() => {}, 1e6)", "--"];
    const one = await start(process.execPath, ...program, mark, "1");
    const two = await start(process.execPath, ...program, mark, "2");
    const found = await findProcesses((words) => (words.includes(mark) ? (words.at(-1) ?? "") : null));
    assert.deepEqual(
      found.map(({ identity, match }) => [identity.pid, match]).sort(),
      [
        [one.pid, "1"],
        [two.pid, "2"],
      ].sort(),
    );
    assert.equal((await findProcess(mark, "2"))?.pid, two.pid);
    assert.equal(await findProcess(mark, "3"), null);
    assert.equal(await findProcess(mark.slice(0, -1)), null);
  });
});

describe("a command", () => {
  test("answers what it writes, and takes what it is given to read", async () => {
    assert.equal(await run(["cat"], "text"), "text");
    assert.equal(await run(["pwd"], "", { cwd: "/" }), "/\n");
    assert.equal(await run(["true"], "x".repeat(1_000_000)), "");
  });

  test("that fails is an error with its words and what it said", async () => {
    const command = ["sh", "-c", "echo this is why >&2; exit 3"];
    await assert.rejects(run(command), /^Error: sh -c echo .* exit 3 ended with 3: this is why$/);
    await assert.rejects(run(["sh", "-c", "kill -9 $$"]), /ended with SIGKILL: $/);
    await assert.rejects(run(["/nowhere/program"]), { code: "ENOENT" });
  });

  test("that takes longer than it may is killed, with all that it started, and named", async () => {
    const mark = `${process.pid}-late`;
    const command = ["sh", "-c", "sleep 1000 & sleep 1000; :", mark];
    await assert.rejects(run(command, "", { deadlineMs: 100 }), (error) => {
      assert.ok(error instanceof DeadlineExceeded);
      assert.deepEqual([error.what, error.afterMs], [command.join(" "), 100]);
      return true;
    });
    assert.equal(await findProcess(mark), null);
  });

  test("that ends and leaves a child with its output is late, too, and the child is killed", async () => {
    const mark = `${process.pid}-left`;
    const command = ["sh", "-c", `sh -c 'sleep 1000; :' ${mark} & exit 0`];
    await assert.rejects(run(command, "", { deadlineMs: 100 }), DeadlineExceeded);
    assert.equal(await findProcess(mark), null);
  });

  test("that writes without end is killed", async () => {
    await assert.rejects(
      run(["yes", "lodge"], "", { outputBytes: 1000 }),
      /^Error: yes lodge wrote more than 1000 bytes$/,
    );
    assert.equal(await findProcess("yes", "lodge"), null);
    await assert.rejects(run(["sh", "-c", "yes why >&2"], "", { deadlineMs: 100 }), DeadlineExceeded);
  });
});

test("the time that a process took is what the system counts for it, and that of none is not known", async () => {
  const startUs = process.cpuUsage().user;
  while (process.cpuUsage().user < startUs + 300_000);
  const { user, system } = process.cpuUsage();
  const tookMs = ((await ticksTaken(process.pid)) ?? 0) * MS_OF_A_TICK;
  assert.ok(Math.abs(tookMs - (user + system) / 1000) < 100, `${tookMs} ms, and ${user + system} us`);
  const child = spawn("true");
  await once(child, "close");
  assert.equal(await ticksTaken(child.pid ?? 0), null);
});

test("what a process uses is told of that very process, and of a later one with its number nothing is", async () => {
  const identity = (await identify(process.pid)) ?? assert.fail();
  const use = (await useOf(identity)) ?? assert.fail();
  const residentBytes = process.memoryUsage.rss();
  assert.ok(Math.abs(use.residentBytes / residentBytes - 1) < 0.5, `${use.residentBytes}, ${residentBytes}`);
  assert.ok(use.tookTicks > 0);
  assert.equal(await useOf({ ...identity, startTicks: identity.startTicks + 1 }), null);
  assert.equal(await useOf({ pid: 2 ** 22 + 1, startTicks: 1 }), null);
});

/** Of Linux on all machines that Node runs on (sysconf(3), `_SC_CLK_TCK`). */
const MS_OF_A_TICK = 10;
