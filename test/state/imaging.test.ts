/** What must hold of imagings whatever is interrupted and whoever comes at once, on a simulated host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { readInput } from "../../src/api/input.ts";
import type { InputValue } from "../../src/api/properties.ts";
import { DRIVE_KEYS } from "../../src/drives/keys.ts";
import { createDrive, destroyDrive, setDrive } from "../../src/drives/lifecycle.ts";
import type { Conversion } from "../../src/host/host.ts";
import { bounded } from "../../testing/property.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";

const SIZE = 4096;
const input = (properties: Record<string, InputValue>) => new Map(Object.entries(properties));

/** A drive that holds one byte's value throughout. */
async function makeDrive(cloud: Cloud, fill: number, size = SIZE): Promise<string> {
  const { parts } = cloud.daemon();
  const uuid = await createDrive(
    parts,
    cloud.user,
    readInput(DRIVE_KEYS, input({ name: "d", size }), "create"),
  );
  cloud.machine.drives.get(uuid)?.bytes.fill(fill);
  return uuid;
}

const image = (cloud: Cloud, target: string, source: string, conversion: Conversion | null = null) =>
  cloud.daemon().imaging.image({ target, source, user: cloud.user, conversion });

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
  const source = await makeDrive(cloud, 1);
  const targets = [];
  for (let index = 0; index < 6; index++) targets.push(await makeDrive(cloud, 2));
  const begun: string[] = [];
  let most = 0;
  let now = 0;
  cloud.before = async (effect, uuid) => {
    if (effect !== "drive image") return;
    begun.push(uuid);
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    now--;
  };
  for (const target of targets) await image(cloud, target, source);
  await quiet(cloud);
  assert.deepEqual(begun, targets);
  assert.equal(most, 2);
  for (const target of targets) assert.deepEqual(held(cloud, target), Buffer.alloc(SIZE, 1));
  assert.deepEqual(await rows(cloud), []);
});

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
  ["the source's destruction", (cloud: Cloud, source: string) => destroyDrive(cloud.daemon().parts, source)],
  [
    "the target's destruction",
    (cloud: Cloud, _: string, target: string) => destroyDrive(cloud.daemon().parts, target),
  ],
  [
    "the source's growth",
    (cloud: Cloud, source: string) => setDrive(cloud.daemon().parts, source, new Map([["size", 8192]])),
  ],
  [
    "the start of a server on the target",
    (cloud: Cloud, _: string, target: string) =>
      cloud
        .daemon()
        .lifecycle.create(cloud.user, input({ name: "s", cpu: 500, mem: 64, "ide:0:0": target }), true),
  ],
] as const) {
  test(`of an imaging and ${what} at once, one is refused`, async (t) => {
    const cloud = await openCloud(t);
    const [source, target] = [await makeDrive(cloud, 1), await makeDrive(cloud, 2)];
    const results = await Promise.allSettled([act(cloud, source, target), image(cloud, target, source)]);
    assert.deepEqual(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    await quiet(cloud);
    assert.deepEqual(cloud.unheard, []);
  });
}

test("kill -9 in the middle of an imaging: it is begun anew, those that wait after it, and all are done", async (t) => {
  const cloud = await openCloud(t);
  const source = await makeDrive(cloud, 1);
  const targets = [];
  for (let index = 0; index < 4; index++) targets.push(await makeDrive(cloud, 2));
  const reached = Promise.withResolvers<void>();
  let begun = 0;
  cloud.before = async (effect) => {
    if (effect !== "drive image") return;
    if (++begun === 2) reached.resolve();
    await new Promise(() => {});
  };
  for (const target of targets) await image(cloud, target, source);
  await reached.promise;
  assert.deepEqual(
    (await rows(cloud)).map(({ state }) => state),
    ["running", "running", "queued", "queued"],
  );
  assert.deepEqual(held(cloud, targets[0] ?? ""), Buffer.alloc(SIZE), "the target reads as zeroes meanwhile");
  await cloud.restart();
  await quiet(cloud);
  for (const target of targets) assert.deepEqual(held(cloud, target), Buffer.alloc(SIZE, 1));
});

test("a host's failure is told by the imaging, which can be repeated, and the next one goes on", async (t) => {
  const cloud = await openCloud(t);
  const source = await makeDrive(cloud, 1);
  const [bad, good] = [await makeDrive(cloud, 2), await makeDrive(cloud, 2)];
  cloud.before = async (effect, uuid) => {
    if (effect === "drive image" && uuid === bad) throw new Error("no such luck");
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
  await destroyDrive(cloud.daemon().parts, source);
  await destroyDrive(cloud.daemon().parts, target);
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
    bounded(30),
  );
});

async function take(cloud: Cloud, act: string, one: number, other: number, crash: boolean): Promise<void> {
  const { parts, lifecycle, store } = cloud.daemon();
  const pick = async (table: "drives" | "servers", which: number) => {
    const all = await store.transaction((tx) =>
      tx.selectFrom(table).select("uuid").orderBy("serial").execute(),
    );
    return all[which % Math.max(1, all.length)]?.uuid ?? "00000000-0000-4000-8000-000000000000";
  };
  // An effect that hangs until the daemon is left where it stands.
  cloud.before = async (effect) => {
    if (crash && effect === "drive image") await new Promise(() => {});
  };
  try {
    switch (act) {
      case "image":
        await image(cloud, await pick("drives", one), await pick("drives", other));
        break;
      case "drop":
        await destroyDrive(parts, await pick("drives", one));
        break;
      case "drive":
        await makeDrive(cloud, 1 + one);
        break;
      case "start":
        await lifecycle.create(
          cloud.user,
          input({ name: "s", cpu: 500, mem: 64, "ide:0:0": await pick("drives", one), persistent: true }),
          true,
        );
        break;
      case "stop":
        await lifecycle.stop(await pick("servers", one));
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
