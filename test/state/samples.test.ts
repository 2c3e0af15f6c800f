/** What servers use is sampled, over restarts, kills, full disks and jumps of the clock, and told to whom it belongs. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createUser } from "../../src/accounts/users.ts";
import { type Cloud, openCloud } from "../../testing/state-cloud.ts";
import { serveState } from "../../testing/state-http.ts";
import { lifecycle, makeLasting, makeServer } from "../../testing/state-objects.ts";

const BEGIN = 1_803_859_200;
/** More rounds than it takes until the samples of every server were stored. */
const ALL_TURNS = 6;
/** Of the simulated machine. */
const CORE_MHZ = 2500;

type Clock = { now(): number; pass(seconds: number): void };

function clockAt(time: number): Clock {
  let now = time;
  return {
    now: () => now,
    pass(seconds) {
      now += seconds;
    },
  };
}

/** A cloud whose time a test moves. */
async function opened(t: TestContext) {
  const clock = clockAt(BEGIN);
  const cloud = await openCloud(t, clock);
  const server = await makeLasting(cloud, { "nic:0:dhcp": "auto" });
  await cloud.daemon().samples.round();
  /** Time passes in which the server works. */
  const work = async (seconds: number, { cpuMs = 0, rxBytes = 0 } = {}, uuid = server) => {
    clock.pass(seconds);
    const run = cloud.machine.servers.get(uuid) ?? assert.fail();
    run.taken = { cpuMs: run.taken.cpuMs + cpuMs, residentBytes: 64 * 2 ** 20 };
    run.counters = { ...run.counters, rxBytes: run.counters.rxBytes + rxBytes };
    await cloud.daemon().samples.round();
  };
  return { clock, cloud, server, work };
}

type Row = Readonly<Record<string, number>>;

/** What the API tells of a server. */
async function told(t: TestContext, cloud: Cloud, path: string, user = cloud.user): Promise<readonly Row[]> {
  const http = await serveState(t, cloud);
  const headers = { authorization: http.authorizationOf(user), accept: "application/json" };
  const answer = await fetch(http.url + path, { headers });
  assert.equal(answer.status, 200, await answer.clone().text());
  return (await answer.json()) as readonly Row[];
}

const rowsOf = (rows: readonly Row[]) =>
  rows.map((row) => [Number(row.time) - BEGIN, row.seconds, row.cpu, row["rx:bytes"]]);

test("what a server used is told by the minute, the CPU beside what it has of it, and what it read and sent", async (t) => {
  const { cloud, server, work } = await opened(t);
  await work(60, { cpuMs: 30_000, rxBytes: 600 });
  await work(60, { cpuMs: 60_000, rxBytes: 1200 });
  const [first, second, ...others] = await told(t, cloud, `servers/${server}/samples`);
  assert.deepEqual(others, []);
  assert.deepEqual(first, {
    ...{ time: BEGIN, step: 60, seconds: 60, cpu: CORE_MHZ / 2, mem: 64, "rx:bytes": 600, "tx:bytes": 0 },
    ...{ "read:bytes": 0, "read:requests": 0, "write:bytes": 0, "write:requests": 0 },
  });
  assert.deepEqual([second?.time, second?.cpu, second?.["rx:bytes"]], [BEGIN + 60, CORE_MHZ, 1200]);
});

test("samples are told by the hour and by the day of a longer range, and of one that has none there are none", async (t) => {
  const { clock, cloud, server, work } = await opened(t);
  for (let minute = 0; minute < 90; minute++) await work(60, { rxBytes: 10 });
  // All of it is stored: what a daemon holds on to for longer than minutes are kept goes.
  for (let turn = 0; turn < ALL_TURNS; turn++) await cloud.daemon().samples.round();
  clock.pass(30 * 3600);
  await cloud.daemon().samples.round();
  const from = BEGIN - 3600;
  const hours = await told(t, cloud, `servers/${server}/samples/${from}/${BEGIN + 2 * 86_400}`);
  assert.deepEqual(rowsOf(hours), [
    [0, 3600, 0, 600],
    [3600, 1800, 0, 300],
  ]);
  assert.deepEqual(await told(t, cloud, `servers/${server}/samples/${from}/${BEGIN}`), []);
  const year = `servers/${server}/samples/${BEGIN - 364 * 86_400}/${BEGIN + 86_400}`;
  assert.deepEqual(rowsOf(await told(t, cloud, year)), [[0, 5400, 0, 900]]);
  assert.deepEqual(await told(t, cloud, `servers/${server}/samples`), []);
});

test("a server that was stopped has a gap, and a run that begins anew counts from nothing", async (t) => {
  const { clock, cloud, server, work } = await opened(t);
  await work(60, { cpuMs: 6_000, rxBytes: 5_000 });
  await lifecycle(cloud).stop(server);
  clock.pass(60);
  await cloud.daemon().samples.round();
  clock.pass(60);
  await cloud.daemon().samples.round();
  clock.pass(30);
  await lifecycle(cloud).start(server);
  await work(30, { cpuMs: 3_000, rxBytes: 70 });
  assert.deepEqual(rowsOf(await told(t, cloud, `servers/${server}/samples`)), [
    [0, 60, 250, 5_000],
    [180, 30, 250, 70],
  ]);
});

test("a daemon that ends stores all, and one that is killed loses no more than five minutes", async (t) => {
  const { cloud, server, work } = await opened(t);
  for (let minute = 0; minute < 20; minute++) await work(60, { rxBytes: 1 });
  await cloud.restart();
  await cloud.daemon().samples.round();
  const killed = await told(t, cloud, `servers/${server}/samples`);
  assert.ok(killed.length >= 15 && killed.length <= 20, `${killed.length}`);
  assert.deepEqual(
    killed.map(({ time }) => time),
    killed.map((_, index) => BEGIN + index * 60),
  );
  await work(60, { rxBytes: 1 });
  const { samples } = cloud.daemon();
  await samples.close();
  await cloud.restart();
  assert.equal((await told(t, cloud, `servers/${server}/samples`)).length, killed.length + 1);
});

test("what happened while no daemon was there is a gap, and nothing is counted twice", async (t) => {
  const { clock, cloud, server, work } = await opened(t);
  await work(60, { rxBytes: 100 });
  await cloud.daemon().samples.close();
  clock.pass(120);
  await cloud.restart();
  await work(0, { rxBytes: 5_000 });
  await work(60, { rxBytes: 200 });
  assert.deepEqual(rowsOf(await told(t, cloud, `servers/${server}/samples`)), [
    [0, 60, 0, 100],
    [180, 60, 0, 200],
  ]);
});

test("a clock that jumps ahead or back makes a gap, and neither negative nor huge amounts", async (t) => {
  const { clock, cloud, server, work } = await opened(t);
  await work(60, { cpuMs: 6_000, rxBytes: 100 });
  await work(7_200, { cpuMs: 6_000, rxBytes: 100 });
  await work(60, { cpuMs: 6_000, rxBytes: 100 });
  clock.pass(-3_600);
  await work(0, { cpuMs: 6_000, rxBytes: 100 });
  await work(60, { cpuMs: 6_000, rxBytes: 100 });
  const rows = rowsOf(await told(t, cloud, `servers/${server}/samples/${BEGIN}/${BEGIN + 9_000}`));
  // One of a time that is yet to come is not told before that.
  assert.deepEqual(rows, [
    [0, 60, 250, 100],
    [3_720, 60, 250, 100],
  ]);
});

test("a counter that goes back makes a gap", async (t) => {
  const { cloud, server, work } = await opened(t);
  await work(60, { rxBytes: 100 });
  await work(60, { rxBytes: -50 });
  await work(60, { rxBytes: 10 });
  assert.deepEqual(rowsOf(await told(t, cloud, `servers/${server}/samples`)), [
    [0, 60, 0, 100],
    [120, 60, 0, 10],
  ]);
});

test("a QEMU that does not answer costs its own samples alone, and a short silence is spread over its minutes", async (t) => {
  const { cloud, server, work } = await opened(t);
  const other = await makeLasting(cloud);
  await work(60, { rxBytes: 60 });
  const run = cloud.machine.servers.get(server) ?? assert.fail();
  const { instance } = run;
  run.instance = { ...instance, responsive: false } as typeof instance;
  await work(60, { cpuMs: 6_000 }, other);
  assert.equal((await told(t, cloud, `servers/${server}/samples`)).length, 1);
  assert.equal((await told(t, cloud, `servers/${other}/samples`)).length, 2);
  run.instance = instance;
  await work(60, { rxBytes: 240 });
  assert.deepEqual(rowsOf(await told(t, cloud, `servers/${server}/samples`)), [
    [0, 60, 0, 60],
    [60, 60, 0, 120],
    [120, 60, 0, 120],
  ]);
});

test("a host that does not tell is said, and the others' rounds go on", async (t) => {
  const { cloud, server, work } = await opened(t);
  const { servers } = cloud.daemon().host;
  const asked = servers.uses;
  Object.assign(servers, { uses: () => Promise.reject(new Error("late")) });
  await work(60, { rxBytes: 60 });
  assert.deepEqual(cloud.unheard.map(String), ["Error: late"]);
  cloud.unheard.length = 0;
  Object.assign(servers, { uses: asked });
  await work(60, { rxBytes: 60 });
  assert.deepEqual(rowsOf(await told(t, cloud, `servers/${server}/samples`)), [
    [0, 60, 0, 60],
    [60, 60, 0, 60],
  ]);
});

test("on a full disk samples are held for an hour, which is said once, and commands go on", async (t) => {
  const { cloud, server, work } = await opened(t);
  cloud.full = true;
  for (let minute = 0; minute < 80; minute++) await work(60, { rxBytes: 1 });
  // Whatever else goes on by itself may have met it too.
  const said = cloud.unheard.filter(
    (error) => error instanceof Error && error.stack?.includes("/src/samples/"),
  );
  assert.equal(said.length, 1);
  assert.match(String(said[0]), /disk is full/);
  cloud.unheard.length = 0;
  const held = await told(t, cloud, `servers/${server}/samples/${BEGIN}/${BEGIN + 6_000}`);
  assert.deepEqual([held.length, held[0]?.time], [60, BEGIN + 20 * 60]);
  cloud.full = false;
  for (let minute = 0; minute < ALL_TURNS; minute++) await work(60, { rxBytes: 1 });
  await cloud.restart();
  const stored = await told(t, cloud, `servers/${server}/samples/${BEGIN}/${BEGIN + 6_000}`);
  assert.ok(stored.length >= 60, `${stored.length}`);
});

test("the samples of a destroyed server go, those that are not stored yet too", async (t) => {
  const { cloud, server, work } = await opened(t);
  for (let minute = 0; minute < ALL_TURNS; minute++) await work(60, { rxBytes: 1 });
  await lifecycle(cloud).destroy(server);
  for (let turn = 0; turn < ALL_TURNS; turn++) await cloud.daemon().samples.round();
  const rows = await cloud.daemon().store.snapshot((tx) => tx.selectFrom("samples").selectAll().execute());
  assert.deepEqual(rows, []);
  assert.deepEqual(cloud.unheard, []);
});

test("samples are their owner's alone: to anybody else there is no such server", async (t) => {
  const { cloud, server, work } = await opened(t);
  await work(60, { rxBytes: 1 });
  const { uuid: bob } = await createUser(cloud.daemon().store, "bob");
  const http = await serveState(t, cloud);
  const headers = { authorization: http.authorizationOf(bob) };
  const sentences = await Promise.all(
    [server, "85ef58c8-6f5d-4f7f-8f1c-0c19d45d7c1c"].map(async (uuid) => {
      const answer = await fetch(`${http.url}servers/${uuid}/samples`, { headers });
      assert.equal(answer.status, 404);
      return (await answer.text()).replace(uuid, "UUID");
    }),
  );
  assert.equal(sentences[0], sentences[1]);
});

test("whatever is asked for, so many rows are answered and no more", async (t) => {
  const { clock, cloud, server, work } = await opened(t);
  for (let minute = 0; minute < 1_560; minute++) await work(60, { rxBytes: 1 });
  const all = await told(t, cloud, `servers/${server}/samples/${clock.now() - 25 * 3600}/999999999960`);
  assert.equal(all.length, 1_500);
  const ever = await told(t, cloud, `servers/${server}/samples/0/999999999960`);
  assert.deepEqual(
    ever.map(({ step, "rx:bytes": bytes }) => [step, bytes]),
    [
      [86_400, 1_440],
      [86_400, 120],
    ],
  );
  await makeServer(cloud);
});
