/** What a host tells of how its drives do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../../testing/until.ts";
import { copyJob, driveOf, giveToServer } from "../../../testing/volumes/copies.ts";
import { newDrive, openFixture } from "../../../testing/volumes/drives.ts";

test("launches and losses of the storage daemon are counted", async (t) => {
  const fixture = await openFixture(t);
  const { host } = fixture;
  const daemon = () => host.figures.storageDaemons;
  assert.deepEqual(daemon(), { launches: 0, losses: 0 });
  const drive = await driveOf(fixture, "none", Buffer.alloc(4096, 1));
  assert.deepEqual(daemon(), { launches: 1, losses: 0 });
  await fixture.killDaemon();
  await until("the loss is known", async () => (daemon().losses === 1 ? true : null));
  await host.read(drive, 0, 1);
  assert.deepEqual(daemon(), { launches: 2, losses: 1 });
});

test("drives that are being imaged are counted while they are", async (t) => {
  const fixture = await openFixture(t);
  const { host } = fixture;
  const [source, target] = [await driveOf(fixture, "none", Buffer.alloc(4096, 1)), newDrive("none", 4096)];
  await host.create(target, 1);
  const server = await giveToServer(fixture, source);
  process.kill(server.pid, "SIGSTOP");
  const job = copyJob(source, target);
  await host.startCopy(job, 1);
  assert.equal(host.figures.copies, 1);
  await host.forgetJob({ id: job.id, target: target.uuid }, 1);
  assert.equal(host.figures.copies, 0);
  process.kill(server.pid, "SIGCONT");
});
