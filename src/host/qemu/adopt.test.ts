import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { moduleUrl, saidByModule } from "../../../testing/module-run.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** Takes up what is below a folder, where one server's part throws in a callback, and says what it logged. */
const ADOPTION = `
import { catchUncaught } from ${moduleUrl("src/base/uncaught.ts")};
import { adoptRuns } from ${moduleUrl("src/host/qemu/adopt.ts")};
const [servers, faulty] = process.argv.slice(-2);
catchUncaught(() => {});
const lines = [];
await adoptRuns({
  servers,
  dependencies: { log: ({ message, server, err }) => lines.push([message, server, err.message]) },
  runOf: (uuid) => ({
    adoptEnd: () => uuid === faulty
      ? new Promise(() => setTimeout(() => { throw new Error("a defect"); }, 1))
      : new Promise((resolve) => setTimeout(() => resolve(lines.push([uuid])), 50)),
  }),
});
said = lines;`;

test(
  "a server that cannot be taken up by a defect that nobody catches is skipped and said, at each start",
  ends,
  async (t) => {
    const servers = await mkdtemp(join(tmpdir(), "lodge-adopt-"));
    t.after(() => rm(servers, { recursive: true }));
    const [sound, faulty] = [randomUUID(), randomUUID()];
    for (const server of [sound, faulty]) await mkdir(join(servers, server));
    for (const _start of [1, 2]) {
      const said = await saidByModule(ADOPTION, [servers, faulty]);
      assert.deepEqual(said, [["a server could not be taken up", faulty, "a defect"], [sound]]);
    }
  },
);
