/** What must hold of imagings whatever is interrupted and whoever comes at once, on a simulated host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createUser } from "../../src/accounts/users.ts";
import { EVERYBODY } from "../../src/api/authorize.ts";
import type { InputValue } from "../../src/api/properties.ts";
import type { UserId } from "../../src/base/ids.ts";
import { imageDrive } from "../../src/drives/imaging/image.ts";
import { nextTargets, takeTurn } from "../../src/drives/imaging/turns.ts";
import { destroyDrive } from "../../src/drives/lifecycle/destroy.ts";
import { setDrive } from "../../src/drives/lifecycle/set.ts";
import type { Conversion } from "../../src/host/host.ts";
import type { Tx } from "../../src/store/store.ts";
import { bounded } from "../../testing/property.ts";
import { assertAgreement } from "../../testing/state-agreement.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { hang } from "../../testing/state-faults.ts";
import { lifecycle, makeDrive as makeAnyDrive, makeServer } from "../../testing/state-objects.ts";
import { stateRuns } from "../../testing/stores.ts";

const SIZE = 4096;

/** A drive that holds one byte's value throughout. */
async function makeDrive(
  cloud: Cloud,
  fill: number,
  { user = cloud.user, ...properties }: Record<string, InputValue> & { user?: UserId } = {},
): Promise<string> {
  const uuid = await makeAnyDrive({ ...cloud, user }, { size: SIZE, ...properties });
  cloud.machine.drives.get(uuid)?.bytes.fill(fill);
  return uuid;
}

const image = (
  cloud: Cloud,
  target: string,
  source: string,
  conversion: Conversion | null = null,
  user = cloud.user,
) => imageDrive(cloud.daemon().dependencies, { target, source, user, conversion });

const rows = (cloud: Cloud) =>
  cloud.daemon().store.transaction((tx) => tx.selectFrom("imagings").selectAll().orderBy("serial").execute());

/** Waits until nothing is queued or under way; each change of the queue takes a few turns of the loop. */
async function quiet(cloud: Cloud): Promise<void> {
  while ((await rows(cloud)).some(({ state }) => state !== "failed")) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const held = (cloud: Cloud, drive: string) => cloud.machine.drives.get(drive)?.bytes;

test("a bounded number of imagings goes on at once, the next in the order in which they were asked for", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, 1, { readers: EVERYBODY });
  const [anns, bobs]: [string[], string[]] = [[], []];
  for (let index = 0; index < 3; index++) {
    anns.push(await makeDrive(cloud, 2));
    bobs.push(await makeDrive(cloud, 2, { user: bob }));
  }
  const begun: string[] = [];
  let most = 0;
  let now = 0;
  const second = Promise.withResolvers<void>();
  cloud.before = async (effect, uuid) => {
    if (effect !== "copy") return;
    begun.push(uuid);
    most = Math.max(most, ++now);
    if (now === 2) second.resolve();
    // A store may take longer to start the second than this host takes for the first.
    await second.promise;
    await new Promise((resolve) => setImmediate(resolve));
    now--;
  };
  for (const [index, target] of anns.entries()) {
    await image(cloud, target, source);
    await image(cloud, bobs[index] ?? assert.fail(), source, null, bob);
  }
  await quiet(cloud);
  // Those of two accounts whose turns come at once begin in either order.
  for (const own of [anns, bobs]) {
    const order = begun.filter((target) => own.includes(target));
    assert.deepEqual(order, own);
  }
  assert.equal(most, 2);
  for (const target of [...anns, ...bobs]) assert.deepEqual(held(cloud, target), Buffer.alloc(SIZE, 1));
  assert.deepEqual(await rows(cloud), []);
});

for (const damaged of ["source", "target"] as const) {
  test(`an imaging whose ${damaged} has a damaged row fails, and others get their turn`, async (t) => {
    const cloud = await openCloud(t);
    const good = await makeDrive(cloud, 1);
    const pairs: { source: string; target: string }[] = [];
    for (let index = 0; index < 3; index++) {
      pairs.push({ source: await makeDrive(cloud, 1), target: await makeDrive(cloud, 2) });
    }
    const last = await makeDrive(cloud, 2);
    const began = Promise.withResolvers<void>();
    cloud.before = async (effect) => {
      if (effect !== "copy start") return;
      began.resolve();
      // The daemon dies before any has begun.
      await new Promise(() => {});
    };
    for (const { source, target } of pairs) await image(cloud, target, source);
    await image(cloud, last, good);
    await began.promise;
    await cloud.daemon().store.transaction(async (tx) => {
      for (const pair of pairs) {
        await tx.updateTable("drives").set({ properties: "{" }).where("uuid", "=", pair[damaged]).execute();
      }
    });
    await cloud.restart();
    assert.deepEqual(
      (await rows(cloud)).map(({ state, error }) => [state, /is damaged$/.test(error ?? "")]),
      pairs.map(() => ["failed", true]),
    );
    assert.deepEqual(held(cloud, last), Buffer.alloc(SIZE, 1));
  });
}

test("of two imagings onto one drive at once, one is refused", async (t) => {
  const cloud = await openCloud(t);
  const [one, two, target] = [
    await makeDrive(cloud, 1),
    await makeDrive(cloud, 2),
    await makeDrive(cloud, 3),
  ];
  const results = await Promise.allSettled([image(cloud, target, one), image(cloud, target, two)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  await quiet(cloud);
  const winner = results[0]?.status === "fulfilled" ? 1 : 2;
  assert.deepEqual(held(cloud, target), Buffer.alloc(SIZE, winner));
});

for (const [what, act] of [
  [
    "the source's destruction",
    (cloud: Cloud, source: string) => destroyDrive(cloud.daemon().dependencies, source),
  ],
  [
    "the target's destruction",
    (cloud: Cloud, _: string, target: string) => destroyDrive(cloud.daemon().dependencies, target),
  ],
  [
    "the source's growth",
    (cloud: Cloud, source: string) =>
      setDrive(cloud.daemon().dependencies, source, new Map([["size", 8192]])),
  ],
  [
    "the start of a server on the target",
    (cloud: Cloud, _: string, target: string) => makeServer(cloud, { "ide:0:0": target }),
  ],
] as const) {
  test(`of an imaging and ${what} at once, one is refused`, async (t) => {
    const cloud = await openCloud(t);
    const [source, target] = [await makeDrive(cloud, 1), await makeDrive(cloud, 2)];
    const judged = Promise.withResolvers<void>();
    // An imaging that is done already would stand in nobody's way.
    cloud.before = (effect) => (effect === "copy" ? judged.promise : Promise.resolve());
    const results = await Promise.allSettled([act(cloud, source, target), image(cloud, target, source)]);
    judged.resolve();
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    await quiet(cloud);
    assert.deepEqual(cloud.unheard, []);
  });
}

test("kill -9 in the middle of an imaging: it is begun anew, those that wait after it, and all are done", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, 1, { readers: EVERYBODY });
  const asked: { target: string; user: UserId }[] = [];
  for (const user of [cloud.user, bob, cloud.user, bob]) {
    asked.push({ target: await makeDrive(cloud, 2, { user }), user });
  }
  const reached = Promise.withResolvers<void>();
  let begun = 0;
  cloud.before = async (effect) => {
    if (effect !== "copy") return;
    if (++begun === 2) reached.resolve();
    await new Promise(() => {});
  };
  for (const { target, user } of asked) await image(cloud, target, source, null, user);
  await reached.promise;
  assert.deepEqual(
    (await rows(cloud)).map(({ state }) => state),
    ["running", "running", "queued", "queued"],
  );
  assert.deepEqual(
    held(cloud, asked[0]?.target ?? ""),
    Buffer.alloc(SIZE),
    "the target reads as zeroes meanwhile",
  );
  await cloud.restart();
  await quiet(cloud);
  for (const { target } of asked) assert.deepEqual(held(cloud, target), Buffer.alloc(SIZE, 1));
});

test("a host's failure is told by the imaging, which can be repeated, and the next one goes on", async (t) => {
  const cloud = await openCloud(t);
  const source = await makeDrive(cloud, 1);
  const [bad, good] = [await makeDrive(cloud, 2), await makeDrive(cloud, 2)];
  cloud.before = async (effect, uuid) => {
    if (effect === "copy" && uuid === bad) throw new Error("no such luck");
  };
  await image(cloud, bad, source);
  await image(cloud, good, source);
  await quiet(cloud);
  const [failed] = await rows(cloud);
  assert.deepEqual([failed?.target, failed?.error], [bad, `drive ${bad} could not be imaged; try it again`]);
  assert.match(String(cloud.unheard.splice(0)), /no such luck/);
  assert.deepEqual(held(cloud, good), Buffer.alloc(SIZE, 1));
  await cloud.restart();
  assert.equal((await rows(cloud)).length, 1, "the reason is there after a restart");
  await image(cloud, bad, source);
  await quiet(cloud);
  assert.deepEqual(held(cloud, bad), Buffer.alloc(SIZE, 1));
  assert.deepEqual(await rows(cloud), []);
});

test("the source of a failed imaging is free, and its target too", async (t) => {
  const cloud = await openCloud(t);
  const [source, target] = [await makeDrive(cloud, 1), await makeDrive(cloud, 2)];
  await image(cloud, target, source, "gunzip");
  await quiet(cloud);
  await destroyDrive(cloud.daemon().dependencies, source);
  await destroyDrive(cloud.daemon().dependencies, target);
  assert.deepEqual(await rows(cloud), []);
});

test("whatever is imaged, destroyed and interrupted, every imaging is done or told as failed", async () => {
  const step = fc.record({
    act: fc.constantFrom("image", "image", "image", "drop", "drive", "start", "stop", "restart", "wait"),
    one: fc.nat(4),
    other: fc.nat(4),
    crash: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const afterwards: (() => Promise<void>)[] = [];
      const cloud = await openCloud({ after: (work: () => Promise<void>) => afterwards.push(work) } as never);
      try {
        for (let fill = 1; fill <= 3; fill++) await makeDrive(cloud, fill);
        for (const { act, one, other, crash } of steps) await take(cloud, act, one, other, crash);
        await cloud.restart();
        await quiet(cloud);
        for (const [uuid, { bytes }] of cloud.machine.drives) {
          assert.ok(
            bytes.every((byte) => byte === bytes[0]),
            `drive ${uuid} is half imaged`,
          );
          assert.notEqual(bytes[0], 0, `drive ${uuid} was left as an imaging begins`);
        }
        const drives = await cloud
          .daemon()
          .store.transaction((tx) => tx.selectFrom("drives").select("uuid").orderBy("uuid").execute());
        assert.deepEqual(
          drives.map(({ uuid }) => uuid),
          [...cloud.machine.drives.keys()].sort(),
        );
        assert.deepEqual(await rows(cloud), []);
        assert.deepEqual(cloud.unheard, []);
      } finally {
        for (const work of afterwards) await work();
      }
    }),
    bounded(stateRuns(30)),
  );
});

async function take(cloud: Cloud, act: string, one: number, other: number, crash: boolean): Promise<void> {
  const { dependencies, store } = cloud.daemon();
  const pick = async (table: "drives" | "servers", which: number) => {
    const all = await store.transaction((tx) =>
      tx.selectFrom(table).select("uuid").orderBy("serial").execute(),
    );
    return all[which % Math.max(1, all.length)]?.uuid ?? "00000000-0000-4000-8000-000000000000";
  };
  // An effect that hangs until the daemon is left where it stands.
  cloud.before = async (effect) => {
    if (crash && effect === "copy") await new Promise(() => {});
  };
  try {
    switch (act) {
      case "image":
        await image(cloud, await pick("drives", one), await pick("drives", other));
        break;
      case "drop":
        await destroyDrive(dependencies, await pick("drives", one));
        break;
      case "drive":
        await makeDrive(cloud, 1 + one);
        break;
      case "start":
        await makeServer(cloud, { "ide:0:0": await pick("drives", one), persistent: "true" });
        break;
      case "stop":
        await lifecycle(cloud).stop(await pick("servers", one));
        break;
      case "restart":
        await cloud.restart();
        break;
      default:
        await new Promise((resolve) => setImmediate(resolve));
    }
  } catch (error) {
    // Refusals are answers; all else is a defect.
    if (!["busy", "missing", "full", "usage"].includes((error as { type?: string }).type ?? "")) throw error;
  }
}

test("of several that may go on at once, the last is for an account that has none", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const { uuid: eve } = await createUser(cloud.daemon().store, "eve");
  const source = await makeDrive(cloud, 1, { readers: EVERYBODY });
  const ask = async (user: UserId) => {
    const target = await makeDrive(cloud, 2, { user });
    await image(cloud, target, source, null, user);
    return target;
  };
  void hang(cloud, "copy");
  const eves = [await ask(eve), await ask(eve), await ask(eve)];
  const inStore = <T>(work: (tx: Tx) => Promise<T>) => cloud.daemon().store.transaction(work);
  const take = (target: string, most: number) => inStore((tx) => takeTurn(tx, "local", target, most));
  const [first = "", second = "", third = ""] = eves;
  assert.ok(await take(first, 2), "the first goes on");
  assert.deepEqual([await take(second, 2), await take(third, 2)], [false, false]);
  assert.deepEqual(await inStore((tx) => nextTargets(tx, "local", 2)), []);
  assert.ok(await take(second, 3), "of three one may have two");
  assert.equal(await take(third, 3), false);
  const bobs = await ask(bob);
  assert.deepEqual(await inStore((tx) => nextTargets(tx, "local", 3)), [bobs]);
  assert.ok(await take(bobs, 3));
  assert.ok(await take(bobs, 3), "what goes on, goes on");
});

test("imagings are taken in turn among accounts, not in the order of asking alone", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, 1, { readers: EVERYBODY });
  const [anns, bobs]: [string[], string[]] = [[], []];
  for (let index = 0; index < 6; index++) anns.push(await makeDrive(cloud, 2));
  for (let index = 0; index < 2; index++) bobs.push(await makeDrive(cloud, 2, { user: bob }));
  const begun: string[] = [];
  const open = Promise.withResolvers<void>();
  cloud.before = async (effect, uuid) => {
    if (effect !== "copy") return;
    begun.push(uuid);
    await open.promise;
  };
  for (const target of anns) await image(cloud, target, source);
  for (const target of bobs) await image(cloud, target, source, null, bob);
  open.resolve();
  await quiet(cloud);
  assert.deepEqual(begun.toSorted(), [...anns, ...bobs].toSorted());
  const last = begun.findLastIndex((target) => bobs.includes(target));
  assert.ok(last < begun.length - 1, "what Bob asked for last does not come last");
  await assertAgreement(cloud);
});

for (const [what, act] of [
  ["destroys", (cloud: Cloud, source: string) => destroyDrive(cloud.daemon().dependencies, source)],
  [
    "resizes",
    (cloud: Cloud, source: string) =>
      setDrive(cloud.daemon().dependencies, source, new Map([["size", 8192]])),
  ],
  ["starts a server on", (cloud: Cloud, source: string) => makeServer(cloud, { "ide:0:0": source })],
] as const) {
  test(`an imaging by a reader ends with its reason when the owner ${what} the source`, async (t) => {
    const cloud = await openCloud(t);
    const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
    const source = await makeDrive(cloud, 1, { readers: bob });
    const target = await makeDrive(cloud, 2, { user: bob });
    const begun = Promise.withResolvers<void>();
    cloud.before = async (effect) => {
      if (effect !== "copy") return;
      begun.resolve();
      await new Promise(() => {});
    };
    await image(cloud, target, source, null, bob);
    await begun.promise;
    await act(cloud, source);
    const [imaging] = await rows(cloud);
    assert.deepEqual(
      [imaging?.state, imaging?.error],
      ["failed", `drive ${source}, its source, was changed by its owner meanwhile`],
    );
    assert.equal(cloud.machine.jobs.size, 0);
    cloud.before = async () => {};
    await assertAgreement(cloud);
  });
}

test("a reader's imaging from a drive that its owner destroys at that moment fails or is refused, and frees its target", async (t) => {
  const cloud = await openCloud(t);
  const { dependencies, store } = cloud.daemon();
  const bob = (await createUser(store, "bob")).uuid;
  const source = await makeDrive(cloud, 1, { readers: bob });
  const target = await makeDrive(cloud, 2, { user: bob });
  const [destroyed, asked] = await Promise.allSettled([
    destroyDrive(dependencies, source),
    image(cloud, target, source, null, bob),
  ]);
  await cloud.settled();
  assert.equal(destroyed.status, "fulfilled");
  // A store with several writers may have the destruction first.
  if (asked.status === "rejected") assert.equal(asked.reason.code, "no_such_drive");
  assert.deepEqual(
    (await rows(cloud)).map(({ state }) => state),
    asked.status === "rejected" ? [] : ["failed"],
  );
  await destroyDrive(dependencies, target);
  await assertAgreement(cloud);
});

test("the jobs of imagings that are done or failed are forgotten by their host", async (t) => {
  const cloud = await openCloud(t);
  const source = await makeDrive(cloud, 1);
  const [good, bad] = [await makeDrive(cloud, 2), await makeDrive(cloud, 2)];
  await image(cloud, good, source);
  await image(cloud, bad, source, "gunzip");
  await quiet(cloud);
  await cloud.settled();
  assert.deepEqual([...cloud.machine.jobs.keys()], []);
});

test("an imaging that waits is due in the transaction that records the end of one before it", async (t) => {
  const cloud = await openCloud(t);
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const source = await makeDrive(cloud, 1, { readers: EVERYBODY });
  const end = Promise.withResolvers<void>();
  cloud.before = (effect) => (effect === "copy" ? end.promise : Promise.resolve());
  for (const user of [cloud.user, bob, cloud.user]) {
    await image(cloud, await makeDrive(cloud, 2, { user }), source, null, user);
  }
  // Two go on, and the third was told to look again later.
  await cloud.daemon().worker.idle();
  const [, , last] = await rows(cloud);
  assert.equal(last?.state, "queued");
  end.resolve();
  const read = () =>
    cloud.daemon().store.transaction(async (tx) => ({
      imagings: await tx.selectFrom("imagings").select(["target", "state"]).execute(),
      waiting: await tx
        .selectFrom("operations")
        .select(["owner", "next_try_ms"])
        .where("object", "=", last?.target ?? "")
        .executeTakeFirst(),
    }));
  let now = await read();
  for (; now.imagings.length === 3; now = await read()) await new Promise((resolve) => setImmediate(resolve));
  const { imagings, waiting } = now;
  // By then it may have begun, and waits for its copy.
  const isQueued = imagings.some(({ target, state }) => target === last?.target && state === "queued");
  assert.ok(!isQueued || waiting?.owner !== null || waiting.next_try_ms === 0);
  await quiet(cloud);
});

test("a drive is no source of an imaging while it is resized", async (t) => {
  const cloud = await openCloud(t);
  const [source, target] = [await makeDrive(cloud, 1), await makeDrive(cloud, 2)];
  const begun = hang(cloud, "drive resize");
  void setDrive(cloud.daemon().dependencies, source, new Map([["size", 8192]]));
  await begun;
  await assert.rejects(image(cloud, target, source), { type: "busy", code: "drive_resizing" });
  await cloud.restart();
  await assertAgreement(cloud);
});
