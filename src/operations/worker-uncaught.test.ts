import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { moduleUrl, saidByModule } from "../../testing/module-run.ts";

test("an operation within which something throws where nobody catches it fails, and others go on", {
  timeout: 30_000,
}, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "lodge-operations-"));
  t.after(() => rm(dir, { recursive: true }));
  const said = await saidByModule(
    `
    import { catchUncaught } from ${moduleUrl("src/base/uncaught.ts")};
    import { openStore } from ${moduleUrl("src/store/open.ts")};
    import { settleOperation } from ${moduleUrl("src/operations/operation.ts")};
    import { Worker } from ${moduleUrl("src/operations/worker.ts")};
    const told = [];
    catchUncaught(({ error, name }) => told.push([error.message, name.server]));
    const dir = process.argv.at(-1);
    const store = await openStore({ file: (name) => dir + "/" + name });
    const worker = new Worker({ store, alone: true, log() {}, onTrouble() {} });
    worker.handle("server", (operation) => operation.object === "sound"
      ? store.transaction((tx) => settleOperation(tx, operation))
      : new Promise(() => setTimeout(() => { throw new Error("a defect"); }, 1)));
    const command = (object) => worker.command(object, async (tx) => ({
      operation: await worker.record(tx, { object, noun: "server", host: "local", action: "start", generation: 1 }),
      result: "done",
    })).catch((error) => error.message);
    said = [await Promise.all([command("faulty"), command("sound")]), told];
    await store.close();`,
    [dir],
  );
  assert.deepEqual(said, [["a defect", "done"], [["a defect", "faulty"]]]);
});
