import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { simulatedHost } from "../../testing/simulated/host.ts";
import { emptyMachine } from "../../testing/simulated/machine.ts";
import { freshStore } from "../../testing/stores.ts";
import { busy, full } from "../base/errors.ts";
import { withFreshDisks } from "./fresh-disks.ts";
import { diskOf, Hosts, LOCAL_HOST, recordHost } from "./hosts.ts";

/** A cloud of one host, of whose disk the store knows less than it has. */
async function openCloud(t: TestContext) {
  const open = await freshStore(t, "sqlite");
  const store = await open();
  t.after(() => store.close());
  const host = simulatedHost(emptyMachine());
  const told = { freeBytes: 1, allocatedBytes: 0 };
  await recordHost(store, LOCAL_HOST, await host.facts(), told, "simulated");
  const hosts = new Hosts(new Map([[LOCAL_HOST, host]]));
  const { freeBytes } = await host.drives.space();
  const known = async () => (await store.transaction((tx) => diskOf(tx, LOCAL_HOST))).diskBytes;
  return { store, hosts, freeBytes, known };
}

test("a command that finds no room on a disk is run once more, with what the disk has by then", async (t) => {
  const { store, hosts, freeBytes, known } = await openCloud(t);
  const found: number[] = [];
  const command = async () => {
    found.push(await known());
    if (found.length === 1) throw full("no_disk_space", "there is no room");
    return "done";
  };
  assert.equal(await withFreshDisks({ store, hosts }, command), "done");
  assert.deepEqual(found, [1, freeBytes]);
});

test("a command that finds no room again, or fails otherwise, is not run again", async (t) => {
  const cloud = await openCloud(t);
  for (const [error, times] of [
    [full("no_disk_space", "there is no room"), 2],
    [busy("in_progress", "it is held"), 1],
  ] as const) {
    let count = 0;
    const command = async () => {
      count++;
      throw error;
    };
    await assert.rejects(withFreshDisks(cloud, command), error);
    assert.equal(count, times);
  }
});
