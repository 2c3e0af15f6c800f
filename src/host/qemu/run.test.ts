import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { noCounters } from "./counters.ts";
import { recordOfUnknown } from "./record.ts";
import { Run } from "./run.ts";
import { runDirectory } from "./run-directory.ts";
import type { Dependencies } from "./start-server.ts";

const UUID = "0e9a4f0e-5f2a-4f0b-9d2b-6d6c0a2b1c3d";

test("a run that two release at once is forgotten once", async (t) => {
  const servers = await mkdtemp(join(tmpdir(), "lodge-run-"));
  t.after(() => rm(servers, { recursive: true }));
  const dependencies = {
    quota: null,
    network: { unplug: async () => {} },
    attachments: { detach: () => {} },
    log: () => {},
  } as unknown as Dependencies;
  let forgotten = 0;
  const run = new Run({
    ...{ uuid: UUID, directory: runDirectory(servers, UUID), dependencies },
    onChange: () => {},
    onForgotten: () => {
      forgotten++;
    },
  });
  await run.adoptEnd(recordOfUnknown(UUID, 0), { counters: noCounters([]), bootS: null }, false);
  await Promise.all([run.release(), run.release()]);
  assert.equal(forgotten, 1);
});
