import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { UplinkCount } from "../host.ts";
import { noCounters } from "./counters.ts";
import { recordOfUnknown } from "./record.ts";
import { Run } from "./run.ts";
import { readEnd, runDirectory } from "./run-directory.ts";
import type { Dependencies } from "./start-server.ts";

const UUID = "0e9a4f0e-5f2a-4f0b-9d2b-6d6c0a2b1c3d";
const COUNT: UplinkCount = { counter: "c1", bytes: 1234 };

/** A run of before whose process is gone, on a network that says what is asked of it. */
async function leftRun(
  t: TestContext,
  { unplug = async () => {}, count = COUNT as UplinkCount | null } = {},
) {
  const servers = await mkdtemp(join(tmpdir(), "lodge-run-"));
  t.after(() => rm(servers, { recursive: true }));
  const asked: string[] = [];
  const network = {
    async lastUplinkCount() {
      asked.push("count");
      return count;
    },
    async unplug() {
      asked.push("unplug");
      await unplug();
    },
  };
  const dependencies = {
    ...{ quota: null, network, attachments: { detach: () => {} }, log: () => {} },
    serial: { end: async () => {} },
  } as unknown as Dependencies;
  let forgotten = 0;
  const directory = runDirectory(servers, UUID);
  const newRun = () =>
    new Run({
      ...{ uuid: UUID, directory, dependencies, onChange: () => {} },
      onForgotten: () => {
        forgotten++;
      },
    });
  return { directory, newRun, asked, forgotten: () => forgotten };
}

const uplinkOf = (run: Run) => {
  const instance = run.instance(0);
  assert.ok(instance?.state === "ended");
  return instance.counters.uplink;
};

test("a run that two release at once is forgotten once", async (t) => {
  const { newRun, forgotten } = await leftRun(t);
  const run = newRun();
  await run.adoptEnd(recordOfUnknown(UUID, 0), { counters: noCounters([]), bootS: null }, false);
  await Promise.all([run.release(), run.release()]);
  assert.equal(forgotten(), 1);
});

test("what a run's NIC counted last is read once and kept before the NIC goes, however often the rest is tried again", async (t) => {
  let fails = true;
  const { directory, newRun, asked } = await leftRun(t, {
    async unplug() {
      assert.deepEqual((await readEnd(directory))?.counters.uplink, COUNT);
      if (fails) throw new Error("no such device");
    },
  });
  const run = newRun();
  await run.adoptEnd(recordOfUnknown(UUID, 0), { counters: noCounters([]), bootS: null }, false);
  assert.deepEqual(uplinkOf(run), COUNT);
  // The next daemon knows it by what this one has kept.
  const next = newRun();
  await next.adoptEnd(recordOfUnknown(UUID, 0), await readEnd(directory), true);
  assert.deepEqual(uplinkOf(next), COUNT);
  fails = false;
  await next.release();
  assert.deepEqual(asked, ["count", "unplug", "unplug", "unplug"]);
});

test("a run whose counter is not told ends without, and one that never ran is not asked", async (t) => {
  const told = await leftRun(t, { count: null });
  const run = told.newRun();
  await run.adoptEnd(recordOfUnknown(UUID, 0), { counters: noCounters([]), bootS: null }, false);
  assert.equal(uplinkOf(run), undefined);
  const { newRun, asked } = await leftRun(t);
  await newRun().adoptEnd(recordOfUnknown(UUID, 0), null, false);
  assert.deepEqual(asked, ["unplug"]);
});
