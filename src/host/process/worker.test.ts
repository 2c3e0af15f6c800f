import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cageOf } from "../../../testing/cages.ts";
import { findProcess } from "./find.ts";
import { findSandboxer } from "./sandbox.ts";
import { hasFilter } from "./system-calls.ts";
import { startWorker } from "./worker.ts";

const PYTHON = "/usr/bin/python3";
const uid = process.getuid?.() === 0 ? 61_000 : null;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-worker-"));
});
after(() => rm(folder, { recursive: true }));

/** What a program in Python says as a worker that is shown `reads`. */
async function says(program: string, reads: readonly string[] = []): Promise<string> {
  const { child, done } = startWorker([PYTHON, "-c", `import os, sys\n${program}`], {
    ...{ cage: cageOf(uid), sandboxer: await findSandboxer(), view: { reads } },
    signal: AbortSignal.timeout(60_000),
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  child.stdin.end();
  await done;
  return text.trim();
}

test("a worker has no network, and no environment but its language", async () => {
  assert.match(await says("print(open('/proc/net/dev').read())"), /^[^:]*lo:[^:]*$/);
  assert.equal(await says("os.environ.pop('PWD', None); print(dict(os.environ))"), "{'LC_ALL': 'C'}");
});

test("a worker sees the files that it is shown, and its own processes, alone", async () => {
  const [shown, other] = [join(folder, "shown"), join(folder, "other")];
  for (const file of [shown, other]) await writeFile(file, "text", { mode: 0o644 });
  const paths = JSON.stringify([shown, other]);
  assert.equal(await says(`print([os.path.exists(path) for path in ${paths}])`, [shown]), "[True, False]");
  assert.ok(Number(await says("print(sum(name.isdigit() for name in os.listdir('/proc')))")) < 8);
});

test("a worker that a signal ends was lost, and one that gives up says why", async () => {
  const lost = { name: "WorkerLost", message: `${PYTHON} was ended by SIGKILL` };
  await assert.rejects(says("os.kill(os.getpid(), 9)"), lost);
  await assert.rejects(says("sys.exit('why')"), { name: "WorkerFailed", message: `${PYTHON}: why` });
});

test("a worker is ended that asks the kernel for what no worker does", { skip: !hasFilter() }, async () => {
  for (const call of ["os.fork()", "__import__('ctypes').CDLL(None).unshare(0)"]) {
    await assert.rejects(says(call), { name: "WorkerLost", message: `${PYTHON} was ended by SIGSYS` });
  }
  assert.match(
    await says(
      "import socket\ntry: socket.socket(socket.AF_INET)\nexcept OSError as error: print(error.errno)",
    ),
    /^97$/,
  );
});

test("a worker that is ended at any moment of its beginning leaves no process", async () => {
  const sandboxer = await findSandboxer();
  const word = `lodge-worker-${process.pid}`;
  const program = ["-c", "import sys; sys.stdin.read()", word];
  for (let turn = 0; turn < 40; turn++) {
    const ending = new AbortController();
    const options = { cage: cageOf(uid), sandboxer, view: {}, signal: ending.signal };
    const { done } = startWorker([PYTHON, ...program], options);
    setTimeout(() => ending.abort(), turn / 4);
    await assert.rejects(done, { name: "AbortError" });
  }
  assert.equal(await findProcess(word), null);
});
