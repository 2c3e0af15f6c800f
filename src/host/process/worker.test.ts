import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { findSandboxer } from "./sandbox.ts";
import { startWorker } from "./worker.ts";

const uid = process.getuid?.() === 0 ? 61_000 : null;
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lodge-worker-"));
});
after(() => rm(folder, { recursive: true }));

/** What a shell says as a worker that is shown `reads`. */
async function says(script: string, reads: readonly string[] = []): Promise<string> {
  const { child, done } = startWorker(["sh", "-c", script], {
    ...{ uid, sandboxer: await findSandboxer(), view: { reads: ["/usr/bin", ...reads] } },
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
  assert.match(await says("cat /proc/net/dev"), /^[^:]*lo:[^:]*$/);
  assert.equal(await says("env | grep -v ^PWD="), "LC_ALL=C");
});

test("a worker sees the files that it is shown, and its own processes, alone", async () => {
  const [shown, other] = [join(folder, "shown"), join(folder, "other")];
  for (const file of [shown, other]) await writeFile(file, "text", { mode: 0o644 });
  assert.equal(await says(`cat ${shown}; cat ${other} 2>/dev/null || echo -n .`, [shown]), "text.");
  assert.ok(Number(await says("ls -d /proc/[0-9]* | wc -l")) < 8);
});

test("a worker that a signal ends was lost, and one that gives up says why", async () => {
  await assert.rejects(says("kill -9 $$"), { name: "WorkerLost", message: "sh was ended by SIGKILL" });
  await assert.rejects(says("echo why >&2; exit 3"), { name: "WorkerFailed", message: "sh: why" });
});
