/**
 * A daemon that is cut off after any of its transactions, as by kill -9: each command is done again with one transaction
 * more that it is let commit, until all of them were.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { imageDrive } from "../../src/drives/imaging/image.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { input, lifecycle, makeDrive, makeServer } from "../../testing/state-objects.ts";

/** More transactions than any command needs. */
const MOST_COMMITS = 30;

type Work = () => Promise<unknown>;

/** Makes what the command needs; answers the command, and what must be after it whatever was cut off. */
type Prepare = (cloud: Cloud) => Promise<{ readonly work: Work; readonly holds?: Work }>;

/** A drive, and a server that has read so many bytes of it. */
async function serverThatRead(cloud: Cloud, readBytes: number) {
  const drive = await makeDrive(cloud);
  const server = await makeServer(cloud, { "ide:0:0": drive, persistent: true });
  const running = cloud.machine.servers.get(server) ?? assert.fail();
  const io = { readBytes, readRequests: 1, writeBytes: 0, writeRequests: 0 };
  running.counters = { ...running.counters, devices: { "ide:0:0": io } };
  return { drive, server };
}

const bytesRead = (cloud: Cloud, drive: string) =>
  cloud
    .daemon()
    .store.transaction((tx) =>
      tx.selectFrom("drives").select("read_bytes").where("uuid", "=", drive).executeTakeFirstOrThrow(),
    )
    .then(({ read_bytes }) => read_bytes);

const commands: readonly [what: string, prepare: Prepare][] = [
  ["a drive's creation", async (cloud) => ({ work: () => makeDrive(cloud) })],
  [
    "a drive's growth",
    async (cloud) => {
      const drive = await makeDrive(cloud);
      return { work: () => setDrive(cloud.daemon().dependencies, drive, new Map([["size", 8192]])) };
    },
  ],
  [
    "a drive's destruction",
    async (cloud) => {
      const drive = await makeDrive(cloud);
      return { work: () => destroyDrive(cloud.daemon().dependencies, drive) };
    },
  ],
  [
    "an imaging's beginning",
    async (cloud) => {
      const [source, target] = [await makeDrive(cloud), await makeDrive(cloud)];
      const imaging = { target, source, user: cloud.user, conversion: null };
      return { work: () => imageDrive(cloud.daemon().dependencies, imaging) };
    },
  ],
  [
    "a server's creation",
    async (cloud) => {
      const drive = await makeDrive(cloud);
      return { work: () => makeServer(cloud, { "ide:0:0": drive, "nic:0:dhcp": "auto", persistent: true }) };
    },
  ],
  [
    "a server's start",
    async (cloud) => {
      const server = await makeServer(cloud, { "nic:0:dhcp": "auto" }, false);
      return { work: () => lifecycle(cloud).start(server) };
    },
  ],
  [
    "a live change of a server",
    async (cloud) => {
      const server = await makeServer(cloud, { persistent: true });
      return { work: () => lifecycle(cloud).set(server, input({ cpu: 600, name: "n" })) };
    },
  ],
  [
    "a server's stop",
    async (cloud) => {
      const { drive, server } = await serverThatRead(cloud, 10);
      return {
        work: () => lifecycle(cloud).stop(server),
        async holds() {
          await lifecycle(cloud).stop(server);
          assert.equal(await bytesRead(cloud, drive), 10, "what it read is counted, once");
        },
      };
    },
  ],
  [
    "a server's destruction",
    async (cloud) => {
      const { server } = await serverThatRead(cloud, 10);
      return { work: () => lifecycle(cloud).destroy(server) };
    },
  ],
];

for (const [what, prepare] of commands) {
  test(`${what} that is cut off after any of its transactions leaves nothing between phases`, async (t) => {
    for (let commits = 0; ; commits++) {
      assert.ok(commits < MOST_COMMITS, "it comes to its end");
      const cloud = await openCloud(t);
      const { work, holds = async () => {} } = await prepare(cloud);
      const isCutOff = await cutOff(cloud, commits, work);
      await cloud.restart();
      // What the daemon said while nothing came about any more.
      cloud.unheard.length = 0;
      await assertAgreement(cloud);
      await holds();
      await assertAgreement(cloud);
      if (!isCutOff) break;
    }
  });
}

/** Lets so many transactions commit, and from then on nothing come about; answers whether the command needed more. */
async function cutOff(cloud: Cloud, commits: number, work: Work): Promise<boolean> {
  const refused = Promise.withResolvers<true>();
  let left = commits;
  cloud.refuse = () => {
    if (left-- > 0) return false;
    refused.resolve(true);
    return true;
  };
  cloud.before = async () => {
    if (left < 0) await new Promise(() => {});
  };
  return Promise.race([work().then(() => false), refused.promise]);
}
