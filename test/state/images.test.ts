/** Standard images that are made of drives: who may, when not, what becomes of what the drive was, and what a crash leaves. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { CLOUD_USER } from "../../src/base/ids.ts";
import type { Recipe } from "../../src/images/builder.ts";
import { SYSTEMS } from "../../src/images/systems.ts";
import { type Api, type As, got, type Row, stateApi } from "../../testing/state-api.ts";
import { openCloud } from "../../testing/state-cloud.ts";
import { until } from "../../testing/until.ts";

async function opened(t: TestContext, recipe?: Recipe) {
  const cloud = await openCloud(t);
  const bob = await createUser(cloud.daemon().store, "bob");
  const api = await stateApi(t, cloud, recipe);
  return { cloud, api, ann: { user: cloud.user }, bob: { user: bob.uuid, secret: bob.secret } };
}

const makeDrive = async (api: Api, as: As, name = "d") =>
  String((await got(api, as, "drives/create", { name, size: 4096 })).drive);

const codeOf = async (api: Api, ...asked: Parameters<Api["ask"]>) => (await api.ask(...asked)).code;

test("an image is made of an admin's own drive alone, and to others there is no such command", async (t) => {
  const { api, ann, bob } = await opened(t);
  const drive = await makeDrive(api, bob);
  assert.equal(await codeOf(api, bob, "images/add", { drive }), "no_such_command");
  assert.equal(await codeOf(api, bob, "images/remove", { image: drive }), "no_such_command");
  assert.equal(await codeOf(api, bob, "images/info"), "no_such_command");
  assert.equal(await codeOf(api, ann, "images/add", { drive }), "no_such_drive");
  assert.equal(await codeOf(api, ann, "images/remove", { image: drive }), "no_such_image");
  await got(api, bob, `drives/${drive}/set`, { readers: ann.user });
  assert.equal(await codeOf(api, ann, "images/add", { drive }), "drive_read_only");
  for (const [given, code] of [
    [{}, "key_required"],
    [{ drive: "d" }, "malformed_value"],
    [{ drive, media: "tape" }, "malformed_value"],
  ] as const)
    assert.equal(await codeOf(api, ann, "images/add", given), code);
  assert.equal((await got(api, bob, `drives/${drive}/info`)).user, bob.user);
});

test("no image is made of a drive that a server has, or that is imaged", async (t) => {
  const { cloud, api, ann } = await opened(t);
  const [drive, other] = [await makeDrive(api, ann), await makeDrive(api, ann, "other")];
  const { server } = await got(api, ann, "servers/create", {
    ...{ name: "s", cpu: 500, mem: 64, persistent: true, "block:0": drive },
  });
  assert.equal(await codeOf(api, ann, "images/add", { drive }), "drive_in_use");
  await got(api, ann, `servers/${server}/stop`, {});
  const copied = Promise.withResolvers<void>();
  cloud.before = (effect) => (effect === "copy" ? copied.promise : Promise.resolve());
  await got(api, ann, `drives/${other}/image/${drive}`, {});
  assert.equal(await codeOf(api, ann, "images/add", { drive }), "drive_imaged_from");
  assert.equal(await codeOf(api, ann, "images/add", { drive: other }), "drive_imaged");
  copied.resolve();
  await cloud.settled();
  await got(api, ann, "images/add", { drive });
});

test("what was a drive is gone for who had it, counts for nobody from then on, and is in the trail", async (t) => {
  const { cloud, api, ann } = await opened(t);
  const drive = await makeDrive(api, ann, "web");
  await got(api, ann, `drives/${drive}/set`, { tags: "mine", "user:note": "secret" });
  const image = await got(api, ann, "images/add", { drive });
  assert.deepEqual([image.image, image.name, image.media, image.status], [drive, "web", "disk", "ready"]);
  assert.deepEqual(await got(api, ann, "drives/list"), []);
  const info = await got(api, ann, `drives/${drive}/info`);
  assert.deepEqual([info.user, info.tags, info["user:note"]], [CLOUD_USER, undefined, undefined]);
  const { store } = cloud.daemon();
  const spans = await store.snapshot((tx) =>
    tx.selectFrom("spans").select("ends").where("object", "=", drive).execute(),
  );
  assert.ok(spans.length > 0 && spans.every(({ ends }) => ends !== null));
  const told = await store.snapshot((tx) =>
    tx.selectFrom("changes").select("kind").where("object", "=", drive).orderBy("serial").execute(),
  );
  assert.equal(told.at(-1)?.kind, "destroyed");
  const events = await got<readonly Row[]>(api, ann, "events");
  const event = events.findLast(({ command }) => command === "images/add");
  assert.deepEqual([event?.object, event?.outcome], [drive, "done"]);
});

test("the removal of an image that a crash cut off is finished by the next daemon", async (t) => {
  const { cloud, api, ann } = await opened(t);
  const drive = await makeDrive(api, ann);
  await got(api, ann, "images/add", { drive });
  const begun = Promise.withResolvers<void>();
  cloud.before = (effect) => {
    if (effect !== "drive destroy") return Promise.resolve();
    begun.resolve();
    return new Promise(() => {});
  };
  api.ask(ann, "images/remove", { image: drive }).catch(() => {});
  await begun.promise;
  assert.equal(cloud.machine.drives.has(drive), true);
  await cloud.restart();
  await cloud.settled();
  assert.equal(cloud.machine.drives.has(drive), false);
  const rows = await cloud
    .daemon()
    .store.snapshot((tx) => tx.selectFrom("drives").select("uuid").where("uuid", "=", drive).execute());
  assert.deepEqual(rows, []);
});

const { uuid: SAMPLE } = SYSTEMS.sample;

/** Waits until nothing is being made, and answers the images. */
const atRest = (api: Api, ann: As) =>
  until("nothing is being made", async () => {
    const images = await got<readonly Row[]>(api, ann, "images/info");
    return images.some(({ status }) => status === "importing") ? null : images;
  });

test("a system is built once, in the background, and told step by step; then it is there for everybody", async (t) => {
  const content = "a system of its maker";
  const released = Promise.withResolvers<void>();
  const { api, ann, bob } = await opened(t, async (file, report) => {
    report(`Writing ${file}`);
    await released.promise;
    await writeFile(file, content);
  });
  const build = { system: "sample" };
  assert.equal(await codeOf(api, bob, "images/build", build), "no_such_command");
  assert.equal(await codeOf(api, ann, "images/build", {}), "key_required");
  assert.equal(await codeOf(api, ann, "images/build", { system: "debian-5" }), "malformed_value");
  const begun = await got(api, ann, "images/build", build);
  assert.deepEqual(begun, {
    ...{ image: SAMPLE, name: "Sample system", media: "disk", size: 0 },
    ...{ status: "importing", system: "sample" },
  });
  const told = await until("the step is told", async () => {
    const [image] = await got<readonly Row[]>(api, ann, "images/info");
    return image?.step === undefined ? null : image;
  });
  assert.deepEqual([told.status, told.step, told.error], ["importing", "Writing the image", undefined]);
  assert.equal(told.done, 0);
  assert.equal(await codeOf(api, ann, "images/build", build), "image_unfinished");
  assert.deepEqual(await got(api, bob, "drives/standard/list"), []);
  released.resolve();
  const [image] = await atRest(api, ann);
  const sha256 = createHash("sha256").update(content).digest("hex");
  assert.deepEqual(image, {
    ...{ image: SAMPLE, name: "Sample system", media: "disk", size: content.length },
    ...{ rawsize: content.length, sha256, status: "ready", system: "sample" },
  });
  assert.deepEqual(await got(api, bob, "drives/standard/list"), [{ drive: SAMPLE }]);
  assert.equal(await codeOf(api, ann, "images/build", build), "image_present");
  const events = await got<readonly Row[]>(api, ann, "events");
  const event = events.find(({ command }) => command === "images/build");
  assert.deepEqual([event?.object, event?.outcome], [SAMPLE, "done"]);
});

test("what broke a build off is told of its image, which is there for nobody, and is built again or removed", async (t) => {
  let fails = true;
  const { cloud, api, ann, bob } = await opened(t, async (file) => {
    if (fails) throw new Error(`apt-get failed for ${file}:\nno network\u202e`);
    await writeFile(file, "a system");
  });
  const failed = async () => {
    await got(api, ann, "images/build", { system: "sample" });
    const [image] = await atRest(api, ann);
    return [image?.status, image?.step, image?.error];
  };
  const said = ["incomplete", undefined, "apt-get failed for the image: no network\\u202e"];
  assert.deepEqual(await failed(), said);
  assert.deepEqual(await got(api, bob, "drives/standard/list"), []);
  assert.equal(await codeOf(api, bob, `drives/${SAMPLE}/info`), "no_such_drive");
  assert.deepEqual(await failed(), said);
  assert.equal(cloud.unheard.splice(0).length, 2);
  assert.equal((await api.ask(ann, "images/remove", { image: SAMPLE })).status, 204);
  assert.deepEqual(await got(api, ann, "images/info"), []);
  assert.deepEqual(await failed(), said);
  fails = false;
  await got(api, ann, "images/build", { system: "sample" });
  const [image] = await atRest(api, ann);
  assert.deepEqual([image?.status, image?.error], ["ready", undefined]);
  cloud.unheard.length = 0;
});
