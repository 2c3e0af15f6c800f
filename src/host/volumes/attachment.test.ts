import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { basename } from "node:path";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { copyJob, ended } from "../../../testing/volumes/copies.ts";
import {
  CIPHERS,
  newDrive,
  noExporter,
  openFixture,
  type Stand,
  streamOf,
} from "../../../testing/volumes/drives.ts";
import { hold, PACKER } from "../../../testing/workers.ts";
import { LodgeError } from "../../base/errors.ts";
import { connectNbd } from "../wire/nbd.ts";
import { connectQmp } from "../wire/qmp.ts";
import { volumeName } from "./volume-file.ts";

const MIB = 1024 * 1024;
const isBusy = (error: unknown) => error instanceof LodgeError && error.type === "busy";
const asDevice = { shared: false, readOnly: false, nodeName: "node0" };

for (const cipher of CIPHERS) {
  test(`an exclusive drive goes to a server and back while it is read, with cipher ${cipher}`, async (t) => {
    const fixture = await openFixture(t);
    const { host } = fixture;
    const drive = newDrive(cipher, 4 * MIB);
    await host.create(drive, 1);
    const bytes = randomBytes(4 * MIB);
    await host.write(drive, 0, streamOf(bytes));

    let reading = true;
    let reads = 0;
    const readers = Array.from({ length: 3 }, async () => {
      while (reading) {
        const read = await host.read(drive, 0, bytes.length);
        assert(read.subarray(10).equals(bytes.subarray(10)));
        reads++;
      }
    });

    for (let round = 0; round < 3; round++) {
      const before = reads;
      const ready = Promise.withResolvers<Stand>();
      const exporter = async () => (await ready.promise).address;
      const attachment = await host.attach("server", { ...asDevice, volume: drive }, exporter);
      const server = await fixture.openLikeServer(attachment, "node0");
      ready.resolve(server);
      const guest = await connectNbd(server.address);
      await guest.write(0, [Buffer.from(`round ${round}`)]);
      assert.equal((await host.read(drive, 0, 7)).toString(), `round ${round}`);
      await assert.rejects(host.write(drive, 0, streamOf(bytes)), isBusy);
      await assert.rejects(host.resize(drive, MIB, 2 + round), isBusy);
      await guest.flush();
      await server.end();
      host.detach("server");
      assert.equal((await host.read(drive, 0, 7)).toString(), `round ${round}`);
      assert(reads >= before);
    }
    reading = false;
    await Promise.all(readers);
    assert(reads > 0);
  });
}

test("a drive that is being written is not given to a server, nor resized", async (t) => {
  const { host } = await openFixture(t);
  const drive = newDrive("none", MIB);
  await host.create(drive, 1);
  const held = Promise.withResolvers<void>();
  async function* slow() {
    yield Buffer.from("slowly");
    await held.promise;
  }
  const writing = host.write(drive, 0, slow());
  await assert.rejects(host.attach("server", { ...asDevice, volume: drive }, noExporter), isBusy);
  await assert.rejects(host.resize(drive, 2 * MIB, 1), isBusy);
  held.resolve();
  assert.equal(await writing, 6);
  await host.attach("server", { ...asDevice, volume: drive }, noExporter);
  await assert.rejects(host.write(drive, 0, streamOf(Buffer.from("late"))), isBusy);
  host.detach("server");
  await host.write(drive, 0, streamOf(Buffer.from("again")));
});

test("a cdrom is opened for reading alone", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("aes-xts-plain", MIB);
  await fixture.host.create(drive, 1);
  const attachment = await fixture.host.attach(
    "server",
    { ...asDevice, volume: drive, readOnly: true },
    noExporter,
  );
  const writable = fixture.openLikeServer(attachment, "node0");
  await assert.rejects(writable, /the stand-in for a server ended/);
  fixture.host.detach("server");
});

test("a shared drive", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("aes-xts-plain", 4 * MIB);
  await fixture.host.create(drive, 1);
  const servers = await Promise.all(
    ["one", "two"].map(async (name) => {
      const request = { ...asDevice, volume: drive, shared: true, nodeName: name };
      const attachment = await fixture.host.attach(name, request, noExporter);
      assert.equal(attachment.secret, null);
      const { address } = await fixture.openLikeServer(attachment, name);
      return connectNbd(address);
    }),
  );
  const [one, two] = servers;
  assert(one && two);
  const reopen = async (meanwhile: () => Promise<void>) => {
    await fixture.reopen(meanwhile);
    for (const name of ["one", "two"]) {
      fixture.host.adopt(name, [{ drive: drive.uuid, shared: true, exporter: noExporter }]);
    }
  };
  const seen = async (from: NonNullable<typeof one>, offset: number, length: number) => {
    const bytes = Buffer.alloc(length);
    await from.read(offset, bytes);
    return bytes.toString();
  };

  await t.test(
    "is written by several servers, and each sees what the other wrote, as the API does",
    async () => {
      await one.write(1000, [Buffer.from("from one")]);
      await two.write(2000, [Buffer.from("from two")]);
      assert.equal(await seen(two, 1000, 8), "from one");
      assert.equal(await seen(one, 2000, 8), "from two");
      assert.equal((await fixture.host.read(drive, 1000, 8)).toString(), "from one");
      await assert.rejects(fixture.host.write(drive, 0, streamOf(Buffer.from("x"))), isBusy);
      await one.flush();
    },
  );

  await t.test("outlives a killed storage daemon under its servers", async () => {
    await fixture.killDaemon(drive.uuid);
    assert.equal(await seen(two, 1000, 8), "from one");
    await two.write(3000, [Buffer.from("afterwards")]);
    await two.flush();
    assert.equal(await seen(one, 3000, 10), "afterwards");
  });

  await t.test("goes on while Lodge is away, and what else was left open then is closed", async () => {
    const shareAll = () => Promise.all(["one", "two"].map((name) => fixture.host.share(name, drive)));
    const daemon = await fixture.daemon(drive.uuid);
    await reopen(async () => {
      await one.write(500, [Buffer.from("meanwhile")]);
      const qmp = await connectQmp(fixture.qmpSocketPath(drive.uuid));
      await qmp.execute("object-add", { "qom-type": "secret", id: "left.secret", data: "x" });
      const access = { "read-only": true, "force-share": true };
      const node = { driver: "file", "node-name": "dleft", filename: volumeName(drive), ...access };
      await qmp.execute("blockdev-add", node);
      qmp.close();
    });
    await shareAll();
    assert.equal((await fixture.host.read(drive, 500, 9)).toString(), "meanwhile");
    await reopen(async () => {
      const qmp = await connectQmp(fixture.qmpSocketPath(drive.uuid));
      const names = JSON.stringify([
        await qmp.execute("query-named-block-nodes", { flat: true }),
        await qmp.execute("qom-list", { path: "/objects" }),
      ]);
      assert.doesNotMatch(names, /left/);
      qmp.close();
    });
    assert.deepEqual(await fixture.daemon(drive.uuid), daemon);
    await shareAll();
  });

  await t.test("is open in a process of its own, that can see its file alone", async () => {
    const other = newDrive("none", MIB);
    await fixture.host.create(other, 1);
    await fixture.host.read(other, 0, 1);
    const daemons = [await fixture.daemon(drive.uuid), await fixture.daemon()];
    assert(daemons.every((daemon) => daemon !== null));
    const seen = ({ pid }: { pid: number }) => readdir(`/proc/${pid}/root${fixture.home}/drives`);
    const [own, general] = await Promise.all(daemons.map((daemon) => seen(daemon ?? { pid: 0 })));
    assert.deepEqual(own, [basename(volumeName(drive))]);
    assert.deepEqual(new Set(general), new Set([drive, other].map((each) => basename(volumeName(each)))));
  });

  await t.test("is served again after Lodge and the storage daemon both were away", async () => {
    await reopen(() => fixture.killDaemon(drive.uuid));
    await assert.rejects(fixture.host.write(drive, 0, streamOf(Buffer.from("x"))), isBusy);
    await Promise.all(["one", "two"].map((name) => fixture.host.share(name, drive)));
    assert.equal(await seen(one, 500, 9), "meanwhile");
    assert.equal(await seen(two, 3000, 10), "afterwards");
  });

  await t.test("is the API's alone again when the last server let go of it", async () => {
    fixture.host.detach("one");
    await assert.rejects(fixture.host.write(drive, 0, streamOf(Buffer.from("x"))), isBusy);
    fixture.host.detach("two");
    await fixture.host.write(drive, 0, streamOf(Buffer.from("ours")));
    await fixture.host.resize(drive, 5 * MIB, 1);
    assert.equal(await fixture.daemon(drive.uuid), null, "nobody needs the process that it had for itself");
    await fixture.host.read(drive, 0, 1);
  });
});

test("a daemon that is closed keeps no connection to a drive that servers go on sharing", async (t) => {
  const fixture = await openFixture(t);
  const connections = () => process.getActiveResourcesInfo().filter((name) => name === "PipeWrap").length;
  const before = connections();
  const drive = newDrive("none", MIB);
  await fixture.host.create(drive, 1);
  const request = { ...asDevice, volume: drive, shared: true };
  await fixture.openLikeServer(await fixture.host.attach("one", request, noExporter), "node0");
  await fixture.host.read(drive, 0, 1);
  assert(connections() > before);
  await fixture.host.close();
  await turn();
  assert.notEqual(await fixture.daemon(drive.uuid), null, "the server goes on using it");
  assert.equal(await fixture.daemon(), null, "no server uses it");
  assert.equal(connections(), before);
});

test("what a shared drive's last server left while Lodge was away ends with the next start", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("aes-xts-plain", MIB);
  await fixture.host.create(drive, 1);
  const request = { ...asDevice, volume: drive, shared: true };
  const server = await fixture.openLikeServer(await fixture.host.attach("one", request, noExporter), "node0");
  await fixture.reopen(() => server.end());
  assert.notEqual(await fixture.daemon(drive.uuid), null);
  fixture.host.endLeft();
  await fixture.host.write(drive, 0, streamOf(Buffer.from("ours")));
  assert.equal(await fixture.daemon(drive.uuid), null);
  assert.deepEqual(await readdir(`${fixture.runDir}/shared`), []);
});

test("two servers that begin to share a drive at once find it in one process", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", MIB);
  await fixture.host.create(drive, 1);
  await fixture.host.write(drive, 0, streamOf(Buffer.from("before")));
  const names = ["one", "two", "three"];
  const attachments = await Promise.all(
    names.map((name) => fixture.host.attach(name, { ...asDevice, volume: drive, shared: true }, noExporter)),
  );
  assert.equal(new Set(attachments.map(({ blockdev }) => JSON.stringify(blockdev))).size, 1);
  for (const name of names) fixture.host.detach(name);
  assert.equal((await fixture.host.read(drive, 0, 6)).toString(), "before");
});

test("a drive that servers of an earlier release share stays where they have it", async (t) => {
  const fixture = await openFixture(t);
  const drive = newDrive("none", MIB);
  await fixture.host.create(drive, 1);
  fixture.host.adopt("former", [{ drive: drive.uuid, shared: true, exporter: noExporter }]);
  await fixture.host.share("former", drive);
  const attachment = await fixture.host.attach(
    "new",
    { ...asDevice, volume: drive, shared: true },
    noExporter,
  );
  assert.equal(attachment.shown, `${fixture.runDir}/blocks/nbd`);
  assert.equal(await fixture.daemon(drive.uuid), null);
  for (const name of ["former", "new"]) fixture.host.detach(name);
  await fixture.host.attach("newer", { ...asDevice, volume: drive, shared: true }, noExporter);
  assert.notEqual(await fixture.daemon(drive.uuid), null);
});

test("a reader of a drive is not cut off by servers that share it again", async (t) => {
  const fixture = await openFixture(t);
  // Zeroes; to compress them takes seconds.
  const drive = newDrive("none", 512 * MIB);
  await fixture.host.create(drive, 1);
  const request = { ...asDevice, volume: drive, shared: true, readOnly: true };
  await fixture.host.attach("one", request, noExporter);
  const target = newDrive("none", 25 * MIB);
  await fixture.host.create(target, 1);
  const job = copyJob(drive, target, "gzip");
  await fixture.host.startCopy(job, 1);
  const resume = await hold(process.pid, PACKER);
  for (const [before, after] of [
    ["one", "two"],
    ["two", "three"],
  ] as const) {
    fixture.host.detach(before);
    await fixture.host.attach(after, request, noExporter);
  }
  resume();
  assert.deepEqual(await ended(fixture, job), { state: "done" });
  assert.deepEqual(fixture.troubles, []);
});
