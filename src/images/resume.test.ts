/** What interrupts an import or a removal of a standard image, and how the next one goes on. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { openFileServer } from "../../testing/file-server.ts";
import { KNOPPIX, openImageHome, refused } from "../../testing/images/home.ts";
import { until } from "../../testing/until.ts";
import { createUser } from "../accounts/users.ts";
import { wholeOf } from "../base/pages.ts";
import { DriveRecords } from "../drives/records.ts";
import type { Store } from "../store/store.ts";
import { fillImage, type ImportEvent, importImage } from "./import.ts";
import { here, LEASE_MS, newLease } from "./lease.ts";
import { ImageRecords } from "./records.ts";
import { columnText } from "./row.ts";

const MIB = 2 ** 20;

test("an import from a URL that breaks off goes on by a range, as long as the content there is the same", async (t) => {
  const home = await openImageHome(t);
  const server = await openFileServer(t, randomBytes(21 * MIB));
  server.stopAfter = 18 * MIB;
  const flags = { uuid: KNOPPIX };
  await assert.rejects(home.import(server.url, flags), refused("failed", /cannot be read/));
  assert.match(await home.state(KNOPPIX), / cdrom half imported \d+ of 22020096 /);
  server.stopAfter = undefined;
  await home.import(server.url, flags);
  assert.deepEqual(
    server.asked.map(({ range, "if-range": validator }) => [range, validator]),
    [
      [undefined, undefined],
      ["bytes=16777216-", '"one"'],
    ],
  );
  assert.ok((await home.content(KNOPPIX)).equals(server.content));
});

test("an import starts again where the content changed meanwhile, or where that cannot be told", async (t) => {
  const home = await openImageHome(t);
  const server = await openFileServer(t, randomBytes(17 * MIB));
  server.stopAfter = 16 * MIB;
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), refused("failed", /cannot be read/));
  Object.assign(server, { content: randomBytes(10 * MIB), etag: null, stopAfter: 9 * MIB });
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), refused("failed", /cannot be read/));
  assert.match(await home.state(KNOPPIX), / without content /, "there is nothing to go on with");
  server.stopAfter = undefined;
  await home.import(server.url, { uuid: KNOPPIX });
  assert.ok((await home.content(KNOPPIX)).equals(server.content));
  assert.equal(server.asked.at(-1)?.range, undefined);
});

test("while one process imports an image, another finds it busy; kill -9 leaves what came, for the next to go on", async (t) => {
  const home = await openImageHome(t);
  const server = await openFileServer(t, randomBytes(21 * MIB));
  Object.assign(server, { stopAfter: 18 * MIB, onStop: "hang" });
  const child = home.startImport(server.url);
  const gone = once(child, "exit");
  await until("16 MiB have come", async () => ((await home.partBytes(KNOPPIX)) ?? 0) >= 16 * MIB || null);
  assert.match(await home.state(KNOPPIX), / being imported /);
  const atWork = refused("busy", new RegExp(`^process ${child.pid} is at work on image ${KNOPPIX}$`));
  await assert.rejects(home.import(server.url, { uuid: KNOPPIX }), atWork);
  await assert.rejects(home.remove(KNOPPIX), atWork);
  child.kill("SIGKILL");
  await gone;
  assert.match(await home.state(KNOPPIX), / half imported /);

  await home.withStore(async (store) => {
    const { uuid: user } = await createUser(store, "ann");
    const records = new DriveRecords(store);
    assert.deepEqual(await wholeOf(records.standard(user)), [], "users see nothing of it");
    await assert.rejects(records.readable(KNOPPIX, user), refused("missing", /there is no drive/));
    server.stopAfter = undefined;
    await home.import(server.url, { uuid: KNOPPIX });
    assert.equal(server.asked.at(-1)?.range, "bytes=16777216-");
    assert.ok((await home.content(KNOPPIX)).equals(server.content));
    assert.equal((await records.readable(KNOPPIX, user)).sizeBytes, 21 * MIB);
  });
});

test("an import of a file that finds the disk full goes on where it was once there is room", async (t) => {
  const home = await openImageHome(t);
  const bytes = randomBytes(21 * MIB);
  const file = await home.file(bytes);
  // A limit on the size of files stands for a disk: both end a write in its midst.
  const child = home.startImport(file, ["prlimit", `--fsize=${18 * MIB}`]);
  const [end, said] = await Promise.all([once(child, "close"), text(child.stderr ?? assert.fail())]);
  assert.deepEqual(end, [1, null], said);
  assert.match(said, /what came so far is kept.*\nlodge: the disk of this host is full/);
  assert.equal(await home.partBytes(KNOPPIX), 18 * MIB);
  await home.import(file, { uuid: KNOPPIX });
  assert.ok((await home.content(KNOPPIX)).equals(bytes));
});

test("an import that another machine took over ends, and leaves alone what is the other's now", async (t) => {
  const home = await openImageHome(t);
  const server = await openFileServer(t, randomBytes(21 * MIB));
  // Content that cannot be gone on with, so that an import that fails by itself would remove it.
  Object.assign(server, { stopAfter: 18 * MIB, onStop: "hang", etag: null });
  const self = await here();
  let nowMs = self.nowMs();
  const image = { uuid: KNOPPIX, name: "Knoppix", media: "cdrom", format: null } as const;
  await home.withStore(async (store) => {
    const folder = { home: home.home, uid: null };
    const { leased, leftover } = await new ImageRecords(store, { ...self, nowMs: () => nowMs }).take(image);
    const other = new ImageRecords(store, { ...self, machine: "another", nowMs: () => nowMs });
    const order = { image, from: server.url, sha256: null };
    const work = leased.whileLeased(
      (signal) => fillImage({ folder, order, report, leased, signal }, leftover),
      10,
    );
    const failure = assert.rejects(work, refused("busy", /^another process took image \S+ over$/));
    const came = Promise.withResolvers<void>();
    function report(event: ImportEvent): void {
      assert.equal(event.kind, "progress", "nothing is said to be kept");
      if (event.kind === "progress" && event.doneBytes === 18 * MIB) came.resolve();
    }
    await came.promise;
    nowMs += LEASE_MS;
    const taken = await other.take(image);
    await failure;
    assert.equal(await home.partBytes(KNOPPIX), 18 * MIB);
    await taken.leased.release();
  });
  assert.match(await home.state(KNOPPIX), / half imported /);
});

test("what was cut off as it was done already is done again", async (t) => {
  const home = await openImageHome(t);
  const file = await home.file(Buffer.from("content"));
  await home.import(file, { uuid: KNOPPIX });
  await home.withStore((store) =>
    store.transaction((tx) => tx.updateTable("drives").set({ phase: "creating" }).execute()),
  );
  assert.match(await home.state(KNOPPIX), / half imported /);
  await home.import(file, { uuid: KNOPPIX });
  assert.equal((await home.content(KNOPPIX)).subarray(0, 7).toString(), "content");
});

test("an import that cannot learn whether its last change was made leaves an image whole that is there", async (t) => {
  const home = await openImageHome(t);
  const image = { uuid: KNOPPIX, name: "Knoppix", media: "cdrom", format: null } as const;
  const order = { image, from: await home.file(Buffer.from("content")), sha256: null };
  await home.withStore(async (store) => {
    const transaction: Store["transaction"] = async (work) => {
      const done = await store.transaction(work);
      const [row] = await store.transaction((tx) => tx.selectFrom("drives").select("phase").execute());
      // The first to see it ready is its own last change: what comes after is refused by the row.
      if (row?.phase === "ready") throw new Error("the connection was lost");
      return done;
    };
    const records = new ImageRecords({ transaction } as Store, await here());
    const folder = { home: home.home, uid: null };
    const images = { records, folder, catalogue: [] };
    await assert.rejects(
      importImage(images, order, () => {}),
      refused("failed", /^the connection was lost; what is left of it: another process took image/),
    );
  });
  assert.match(await home.state(KNOPPIX), / ready /);
  assert.equal((await home.content(KNOPPIX)).subarray(0, 7).toString(), "content");
});

test("a removal that was cut off is finished by the next removal or import", async (t) => {
  const home = await openImageHome(t);
  const half = async () => {
    // As a process left it that has died on this machine.
    const owner = { ...newLease(await here()), startTicks: 0 };
    const standard = columnText({ media: "cdrom", format: null }, null, { owner, source: null, said: null });
    await home.withStore((store) =>
      store.transaction((tx) => tx.updateTable("drives").set({ phase: "destroying", standard }).execute()),
    );
    assert.match(await home.state(KNOPPIX), / half removed /);
  };
  await home.import(await home.file(Buffer.from("one")), { uuid: KNOPPIX });
  await half();
  await home.remove(KNOPPIX);
  assert.deepEqual(await home.files(), []);
  await home.import(await home.file(Buffer.from("two")), { uuid: KNOPPIX });
  await half();
  await home.import(await home.file(Buffer.from("three")), { uuid: KNOPPIX });
  assert.equal((await home.content(KNOPPIX)).subarray(0, 5).toString(), "three");
});
