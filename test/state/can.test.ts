/**
 * What can be done with an object in each state that it can be in, as the rules say that are read off its answer by whoever
 * shows it, against what comes of asking for it.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import type { Reason } from "../../src/api/reason.ts";
import { whyNotNow } from "../../src/api/settable.ts";
import { type DriveAnswer, driveCan, driveStateOf } from "../../src/drives/can.ts";
import { imageDrive } from "../../src/drives/imaging/image.ts";
import type { RunState } from "../../src/host/host.ts";
import { serverCan, serverStateOf, settableNow } from "../../src/servers/can.ts";
import { SERVER_KEYS } from "../../src/servers/keys.ts";
import { type Api, type Reply, stateApi } from "../../testing/state-api.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { lifecycle, makeDrive, makeLasting, makeServer } from "../../testing/state-objects.ts";
import { until } from "../../testing/until.ts";

/** A refusal is the reason that the rule gave, in its code and words, and there is none where it gave none. */
function assertAsSaid(what: string, reason: Reason | null, { status, code, text }: Reply): void {
  if (reason === null) assert.ok(status < 300, `${what} can be done, and is answered ${status} ${text}`);
  else assert.deepEqual([what, status, code, text], [what, 409, reason.code, `${reason.sentence}\n`]);
}

const SERVER_STATES: readonly (RunState | null)[] = ["active", "paused", "dumped", "dead", null];

for (const state of SERVER_STATES) {
  test(`what can be done with a server that is ${state ?? "stopped"} is what its answer says`, async (t) => {
    const { cloud, api } = await open(t);
    const ask = (path: string, given?: object) => api.ask(cloud, path, given as Record<string, unknown>);
    const said: string[] = [];
    for (const action of Object.keys(serverCan) as (keyof typeof serverCan)[]) {
      const uuid = await serverBeing(cloud, state);
      const { body } = await ask(`servers/${uuid}/info`);
      const server = serverStateOf(body as { server: string; status: string });
      assert.equal(server.state, state);
      const reason = serverCan[action](server);
      assertAsSaid(action, reason, await ask(`servers/${uuid}/${action}`, {}));
      if (reason !== null) said.push(action);
    }
    for (const [name, value] of [
      ["name", "renamed"],
      ["mem", 128],
      ["smp", "2"],
    ] as const) {
      const uuid = await serverBeing(cloud, state);
      const { key } = SERVER_KEYS.find(name) ?? assert.fail(name);
      const reason = whyNotNow(name, key, settableNow(state !== null));
      assertAsSaid(`set ${name}`, reason, await ask(`servers/${uuid}/set`, { [name]: value }));
      if (reason !== null) said.push(name);
    }
    const always = state === null ? ["reset", "screen"] : ["mem", "smp"];
    const more = { active: [], paused: [], dumped: ["reset"], dead: ["start"] }[state ?? "active"];
    assert.deepEqual(said.sort(), [...always, ...more].sort());
  });
}

/** A server of its own that is in that state. */
async function serverBeing(cloud: Cloud, state: RunState | null): Promise<string> {
  const uuid = await makeLasting(cloud);
  if (state === null) {
    await lifecycle(cloud).stop(uuid);
  } else {
    const running = cloud.machine.servers.get(uuid) ?? assert.fail();
    running.instance = { ...running.instance, state } as typeof running.instance;
  }
  return uuid;
}

async function open(t: TestContext): Promise<{ readonly cloud: Cloud; readonly api: Api }> {
  const cloud = await openCloud(t);
  return { cloud, api: await stateApi(t, cloud) };
}

type DriveMaker = (cloud: Cloud) => Promise<string>;

/** Makes a drive of each state, with copies that never come to an end. */
const DRIVE_STATES: readonly (readonly [what: string, make: DriveMaker, reasons: readonly string[]])[] = [
  ["is free", (cloud) => makeDrive(cloud), []],
  [
    "a server has",
    async (cloud) => {
      const drive = await makeDrive(cloud);
      await makeServer(cloud, { "ide:0:0": drive });
      return drive;
    },
    ["drive_in_use"],
  ],
  [
    "is shared, and a server has",
    async (cloud) => {
      const drive = await makeDrive(cloud, { "claim:type": "shared" });
      await makeServer(cloud, { "ide:0:0": drive });
      return drive;
    },
    ["drive_in_use"],
  ],
  [
    "is imaged",
    async (cloud) => {
      const [target, source] = [await makeDrive(cloud), await makeDrive(cloud)];
      await image(cloud, target, source);
      await copying(cloud);
      return target;
    },
    ["drive_imaged"],
  ],
  [
    "waits to be imaged",
    async (cloud) => {
      const source = await makeDrive(cloud);
      for (let other = 0; other < 2; other++) await image(cloud, await makeDrive(cloud), source);
      await copying(cloud);
      const target = await makeDrive(cloud);
      await image(cloud, target, await makeDrive(cloud));
      return target;
    },
    ["drive_imaged"],
  ],
  [
    "its owner images from",
    async (cloud) => {
      const [target, source] = [await makeDrive(cloud), await makeDrive(cloud)];
      await image(cloud, target, source);
      await copying(cloud);
      return source;
    },
    ["drive_imaged_from"],
  ],
  [
    "a reader images from",
    async (cloud) => {
      const { uuid: user } = await createUser(cloud.daemon().store, "bob");
      const source = await makeDrive(cloud, { readers: user });
      const target = await makeDrive({ ...cloud, user });
      await imageDrive(cloud.daemon().dependencies, { target, source, user, conversion: null });
      await copying(cloud);
      return source;
    },
    [],
  ],
];

const image = (cloud: Cloud, target: string, source: string) =>
  imageDrive(cloud.daemon().dependencies, { target, source, user: cloud.user, conversion: null });

/** Waits until a copy is under way. */
const copying = (cloud: Cloud) =>
  until("a copy is under way", async () => (cloud.machine.jobs.size > 0 ? true : null));

type Act = readonly [
  rule: (drive: ReturnType<typeof driveStateOf>) => Reason | null,
  ask: (drive: string, other: string) => readonly [path: string, given: Record<string, unknown>],
];

const server = (drive: string, media: string) => ({
  name: "s",
  cpu: 100,
  mem: 32,
  "ide:0:0": drive,
  "ide:0:0:media": media,
});

const DRIVE_ACTIONS: Readonly<Record<string, Act>> = {
  write: [driveCan.write, (drive) => [`drives/${drive}/write`, { bytes: true }]],
  resize: [driveCan.resize, (drive) => [`drives/${drive}/set`, { size: 8192 }]],
  changeClaimType: [driveCan.changeClaimType, (drive) => [`drives/${drive}/set`, { "claim:type": "OTHER" }]],
  destroy: [driveCan.destroy, (drive) => [`drives/${drive}/destroy`, {}]],
  imageOnto: [driveCan.imageOnto, (drive, other) => [`drives/${drive}/image/${other}`, {}]],
  imageFrom: [driveCan.imageFrom, (drive, other) => [`drives/${other}/image/${drive}`, {}]],
  "attach as a disk": [
    (drive) => driveCan.attach(drive, "none", "disk"),
    (drive) => ["servers/create", server(drive, "disk")],
  ],
  "attach as a cdrom": [
    (drive) => driveCan.attach(drive, "none", "cdrom"),
    (drive) => ["servers/create", server(drive, "cdrom")],
  ],
};

for (const [what, make, reasons] of DRIVE_STATES) {
  test(`what can be done with a drive that ${what} is what its answer says`, async (t) => {
    const said = new Set<string>();
    for (const [action, [rule, request]] of Object.entries(DRIVE_ACTIONS)) {
      const { cloud, api } = await open(t);
      const hung = new Promise<void>(() => {});
      cloud.before = (effect) => (effect === "copy" ? hung : Promise.resolve());
      const drive = await make(cloud);
      const other = await makeDrive(cloud);
      const answer = (await api.ask(cloud, `drives/${drive}/info`)).body as DriveAnswer;
      const listed = (await api.ask(cloud, "drives/list")).body as readonly { readonly drive: string }[];
      const reason = rule(driveStateOf(answer, (uuid) => listed.some((row) => row.drive === uuid)));
      const [path, given] = request(drive, other);
      if ("claim:type" in given)
        given["claim:type"] = answer["claim:type"] === "shared" ? "exclusive" : "shared";
      assertAsSaid(action, reason, await api.ask(cloud, path, given));
      if (reason !== null) said.add(reason.code);
    }
    assert.deepEqual([...said], reasons);
  });
}
