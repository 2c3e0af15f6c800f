/** Imagings by readers, which end when the source's owner changes it, and go on where that is refused. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { full } from "../../src/base/errors.ts";
import { claimDrives } from "../../src/drives/claims.ts";
import { imageDrive, MOST_OF_USER } from "../../src/drives/imaging/image.ts";
import { nextTargets } from "../../src/drives/imaging/turns.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import { Outdated, Unreachable } from "../../src/host/errors.ts";
import { operationOn } from "../../src/operations/operation.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import { makeDrive, makeServer, writeDrive } from "../../testing/state-objects.ts";

const SIZE = 4096;

const rows = (cloud: Cloud) =>
  cloud.daemon().store.transaction((tx) => tx.selectFrom("imagings").selectAll().execute());

/** A drive of which a reader's imaging has begun and goes on; answers it, its target and the reader. */
async function imagedByReader(cloud: Cloud) {
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, { size: SIZE, readers: bob });
  const target = await makeDrive({ ...cloud, user: bob }, { size: SIZE });
  const begun = hang(cloud, "copy");
  await imageDrive(cloud.daemon().dependencies, { target, source, user: bob, conversion: null });
  await begun;
  return { source, target, bob };
}

const claim = async (cloud: Cloud, drive: string) => {
  const server = await makeServer(cloud, {}, false);
  await cloud
    .daemon()
    .store.transaction((tx) => tx.insertInto("claims").values({ drive, server, exclusive: 1 }).execute());
};

const refusals: readonly [
  what: string,
  refused: { readonly type: string },
  act: (cloud: Cloud, source: string) => Promise<unknown>,
][] = [
  [
    "write past the end",
    { type: "full" },
    (cloud, source) => writeDrive(cloud, source, SIZE - 1, Buffer.alloc(2, 7)),
  ],
  [
    "growth for which there is no space",
    { type: "full" },
    (cloud, source) => setDrive(cloud.daemon().dependencies, source, new Map([["size", 2 ** 40]])),
  ],
  [
    "growth of a drive in use",
    { type: "busy" },
    async (cloud, source) => {
      await claim(cloud, source);
      await setDrive(cloud.daemon().dependencies, source, new Map([["size", 8192]]));
    },
  ],
  [
    "destruction of a drive in use",
    { type: "busy" },
    async (cloud, source) => {
      await claim(cloud, source);
      await destroyDrive(cloud.daemon().dependencies, source);
    },
  ],
];

for (const [what, refused, act] of refusals) {
  test(`a ${what} is refused, and ends no reader's imaging`, async (t) => {
    const cloud = await openCloud(t);
    const { source } = await imagedByReader(cloud);
    await assert.rejects(act(cloud, source), refused);
    assert.deepEqual(
      (await rows(cloud)).map(({ state }) => state),
      ["running"],
    );
  });
}

test("a write ends a reader's imaging from its drive", async (t) => {
  const cloud = await openCloud(t);
  const { source, target } = await imagedByReader(cloud);
  await writeDrive(cloud, source, 0, Buffer.alloc(SIZE, 7));
  assert.deepEqual(
    (await rows(cloud)).map((row) => [row.target, row.state]),
    [[target, "failed"]],
  );
  assert.deepEqual(cloud.machine.drives.get(source)?.bytes, Buffer.alloc(SIZE, 7));
});

test("a drive whose reader's target has a damaged row is destroyed all the same", async (t) => {
  const cloud = await openCloud(t);
  const { source, target } = await imagedByReader(cloud);
  const { dependencies, store } = cloud.daemon();
  await store.transaction((tx) =>
    tx.updateTable("drives").set({ properties: "{" }).where("uuid", "=", target).execute(),
  );
  await destroyDrive(dependencies, source);
  assert.equal(cloud.machine.drives.has(source), false);
});

/** Bob, who may read a drive of Ann's, and targets of his. */
async function readerOf(cloud: Cloud, targets: number) {
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, { size: SIZE, readers: bob });
  const onto: string[] = [];
  for (let index = 0; index < targets; index++) {
    onto.push(await makeDrive({ ...cloud, user: bob }, { size: SIZE }));
  }
  const ask = (target: string) =>
    imageDrive(cloud.daemon().dependencies, { target, source, user: bob, conversion: null });
  return { bob, source, onto, ask };
}

const changes: readonly [what: string, act: (cloud: Cloud, source: string) => Promise<unknown>][] = [
  ["destroy", (cloud, source) => destroyDrive(cloud.daemon().dependencies, source)],
  ["resize", (cloud, source) => setDrive(cloud.daemon().dependencies, source, new Map([["size", 8192]]))],
  ["write", (cloud, source) => writeDrive(cloud, source, 0, Buffer.alloc(SIZE, 7))],
  ["start a server on", (cloud, source) => makeServer(cloud, { "ide:0:0": source })],
];

for (const [what, act] of changes) {
  test(`an owner can ${what} a drive whose readers' imagings wait behind long ones, its readers taken away or not`, async (t) => {
    for (const taken of [false, true]) {
      const cloud = await openCloud(t);
      const { bob, source, onto, ask } = await readerOf(cloud, 3);
      const long = await makeDrive({ ...cloud, user: bob }, { size: SIZE });
      const begun = hang(cloud, "copy");
      // Two of his own go on for as long as he likes, and what he asks of Ann's drive waits behind them.
      for (const target of onto.slice(0, 2)) {
        const asked = { target, source: long, user: bob, conversion: null };
        await imageDrive(cloud.daemon().dependencies, asked);
      }
      await begun;
      await ask(onto[2] ?? "");
      if (taken) await setDrive(cloud.daemon().dependencies, source, new Map([["readers", null]]));
      const waiting = async () => (await rows(cloud)).find((row) => row.source === source);
      assert.equal((await waiting())?.state, "queued", "it waits, and losing the readers does not end it");
      await act(cloud, source);
      assert.deepEqual(
        [(await waiting())?.state, (await waiting())?.error],
        ["failed", `drive ${source}, its source, was changed by its owner meanwhile`],
      );
    }
  });

  test(`a reader who asks again whenever a job is begun keeps no owner from a ${what}`, async (t) => {
    const cloud = await openCloud(t);
    const { source, onto, ask } = await readerOf(cloud, 4);
    // Two that go on for ever, and others whose turn comes as soon as these are ended.
    const begun = hang(cloud, "copy");
    for (const target of onto) await ask(target);
    await begun;
    const hanging = cloud.before;
    cloud.before = async (effect, uuid) => {
      // Whatever the owner's command is about to do, the reader comes before it once more.
      if (effect === "drive resize" || effect === "drive destroy" || effect === "launch") {
        await Promise.allSettled(onto.map(ask));
        await cloud.daemon().worker.look();
        // As many turns of the loop as it takes to begin a job.
        for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve));
      }
      return hanging(effect, uuid);
    };
    await act(cloud, source);
  });
}

test("a reader's job that begins just before a write is ended too", async (t) => {
  const cloud = await openCloud(t);
  const { source, onto, ask } = await readerOf(cloud, 3);
  const { drives } = cloud.daemon().host;
  const write = drives.write.bind(drives);
  let left = onto.length;
  drives.write = async (...written) => {
    const target = onto[--left];
    if (target !== undefined) {
      const begun = hang(cloud, "copy");
      await ask(target);
      await begun;
    }
    return write(...written);
  };
  await writeDrive(cloud, source, 0, Buffer.alloc(SIZE, 7));
  assert.deepEqual(cloud.machine.drives.get(source)?.bytes, Buffer.alloc(SIZE, 7));
  assert.equal(left, -1);
});

for (const [what, act] of changes.slice(0, 2)) {
  test(`that an owner's ${what} ends a reader's imaging is recorded with the ${what}, or neither is`, async (t) => {
    let refused = 0;
    for (let commits = 0; commits < 8; commits++) {
      const cloud = await openCloud(t);
      const { source } = await imagedByReader(cloud);
      let left = commits;
      cloud.refuse = () => left-- <= 0;
      const result = await act(cloud, source).then(
        () => "done",
        () => "refused",
      );
      cloud.refuse = () => false;
      const { store } = cloud.daemon();
      const operation = await store.transaction((tx) => operationOn(tx, source));
      const [imaging] = await rows(cloud);
      if (result === "refused" && operation === null) {
        refused++;
        assert.equal(imaging?.state, "running", `after ${commits} commits the imaging goes on`);
      } else {
        assert.equal(imaging?.state, "failed", `after ${commits} commits the imaging has ended`);
      }
    }
    assert.ok(refused > 0);
  });

  test(`kill -9 between an owner's ${what} and the end of a reader's job finishes both`, async (t) => {
    const cloud = await openCloud(t);
    const { source, target } = await imagedByReader(cloud);
    const { host } = cloud.daemon();
    const ending = Promise.withResolvers<void>();
    host.drives.forgetJob = async () => {
      ending.resolve();
      await new Promise(() => {});
    };
    void act(cloud, source);
    await ending.promise;
    await cloud.restart();
    assert.equal((await rows(cloud)).find((row) => row.target === target)?.state, "failed");
    await destroyDrive(cloud.daemon().dependencies, target);
    await assertAgreement(cloud);
  });
}

test("the target of a reader's imaging that is ended is nobody's to use before its host has ended the job", async (t) => {
  const cloud = await openCloud(t);
  const { source, target, bob } = await imagedByReader(cloud);
  const { host, store, dependencies } = cloud.daemon();
  const [asked, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const forgetJob = host.drives.forgetJob.bind(host.drives);
  host.drives.forgetJob = async (...given) => {
    asked.resolve();
    await ended.promise;
    await forgetJob(...given);
  };
  const ending = writeDrive(cloud, source, 0, Buffer.alloc(1, 7));
  await asked.promise;
  assert.equal((await rows(cloud))[0]?.state, "failed");
  const write = () => writeDrive({ ...cloud, user: bob }, target, 0, Buffer.alloc(1, 9));
  const server = await makeServer(cloud, {}, false);
  const want = { key: "ide:0:0", drive: target, media: "disk" } as const;
  const attach = () => store.transaction((tx) => claimDrives(tx, server, bob, [want]));
  const other = await makeDrive({ ...cloud, user: bob }, { size: SIZE });
  const image = { target: other, source: target, user: bob, conversion: null };
  for (const use of [write, attach, () => imageDrive(dependencies, image)]) {
    await assert.rejects(use(), { type: "busy", code: "drive_imaged" });
  }
  ended.resolve();
  await ending;
  await write();
  assert.equal(cloud.machine.drives.get(target)?.bytes[0], 9);
});

test("an imaging that its host refused does not begin when it comes there again", async (t) => {
  const cloud = await openCloud(t);
  const [source, target] = [await makeDrive(cloud, { size: SIZE }), await makeDrive(cloud, { size: SIZE })];
  const { drives } = cloud.daemon().host;
  const startCopy = drives.startCopy.bind(drives);
  const forgetJob = drives.forgetJob.bind(drives);
  let sent: Parameters<typeof startCopy> | undefined;
  drives.startCopy = async (...given) => {
    sent = given;
    throw full("no_disk_space", "there is no room");
  };
  // Once the failure is recorded nobody hears anything more of the job.
  const lost = Promise.withResolvers<void>();
  drives.forgetJob = async (...given) => {
    if ((await rows(cloud))[0]?.state !== "failed") return forgetJob(...given);
    lost.resolve();
    throw new Unreachable("forgetJob was lost");
  };
  await imageDrive(cloud.daemon().dependencies, { target, source, user: cloud.user, conversion: null });
  await lost.promise;
  await writeDrive(cloud, target, 0, Buffer.alloc(1, 9));
  const again = startCopy(...(sent ?? assert.fail("no copy was begun")));
  await assert.rejects(again, Outdated);
  assert.equal(cloud.machine.drives.get(target)?.bytes[0], 9);
});

test("an account has a bounded number of imagings queued and under way, and others are not held by it", async (t) => {
  const cloud = await openCloud(t);
  const { source, onto, ask } = await readerOf(cloud, MOST_OF_USER + 1);
  const own = await makeDrive(cloud, { size: SIZE });
  void hang(cloud, "copy");
  for (const target of onto.slice(0, -1)) await ask(target);
  await assert.rejects(ask(onto.at(-1) ?? ""), { type: "busy", code: "too_many_imagings" });
  assert.equal((await rows(cloud)).length, MOST_OF_USER);
  const asked = { target: own, source, user: cloud.user, conversion: null };
  await imageDrive(cloud.daemon().dependencies, asked);
  const queued = await cloud.daemon().store.transaction((tx) => nextTargets(tx, "local", 2));
  assert.ok(queued.includes(own), "what another asks for comes before what waits of theirs");
});
