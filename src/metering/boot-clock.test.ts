import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { freshStore } from "../../testing/stores.ts";
import { BootClock, type Readings } from "./boot-clock.ts";

const DAY_MS = 86_400_000;
const BEGIN_S = 1_800_000_000;

/** A machine whose clocks stand until the test moves them, and its daemons, one after the other. */
async function machine(t: TestContext) {
  const openStore = await freshStore(t, "sqlite");
  const store = await openStore();
  t.after(() => store.close());
  const is = { bootMs: 5_000, bootId: "first", wallMs: BEGIN_S * 1000 };
  const readings: Readings = {
    bootMs: () => is.bootMs,
    bootId: () => is.bootId,
    wallMs: () => is.wallMs,
  };
  const troubles: string[] = [];
  return {
    is,
    troubles,
    /** Time goes by. */
    pass(seconds: number) {
      is.bootMs += seconds * 1000;
      is.wallMs += seconds * 1000;
    },
    reboot(bootId: string, offS: number) {
      Object.assign(is, { bootId, bootMs: 3_000, wallMs: is.wallMs + offS * 1000 });
    },
    async open() {
      const onTrouble = (error: unknown) => troubles.push(String(error));
      const clock = await BootClock.open(store, { readings, onTrouble });
      t.after(() => clock.close());
      return clock;
    },
  };
}

test("accounting time begins by the wall clock and goes on with the time that passes", async (t) => {
  const { open, pass, troubles } = await machine(t);
  const clock = await open();
  assert.equal(clock.now(), BEGIN_S);
  pass(3600);
  assert.deepEqual([clock.now(), clock.apartS, clock.offSince, troubles], [BEGIN_S + 3600, 0, undefined, []]);
});

for (const [way, jumpMs] of [
  ["ahead", DAY_MS],
  ["back", -DAY_MS],
] as const) {
  test(`a jump of the wall clock a day ${way} changes nothing, over restarts of the daemon too, and is said once`, async (t) => {
    const { is, open, pass, troubles } = await machine(t);
    const clock = await open();
    pass(100);
    is.wallMs += jumpMs;
    assert.equal(clock.now(), BEGIN_S + 100);
    await clock.record();
    await clock.record();
    assert.equal(clock.apartS, -jumpMs / 1000);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? "", /accounting time is 86400 s (behind|ahead of) the machine's clock/);
    await clock.close();
    pass(50);
    const next = await open();
    assert.deepEqual([next.now(), next.offSince], [BEGIN_S + 150, undefined]);
  });
}

test("a kill of the daemon takes no second from it", async (t) => {
  const { open, pass } = await machine(t);
  await open();
  pass(3_000);
  assert.equal((await open()).now(), BEGIN_S + 3_000);
});

test("after a reboot the wall clock is asked anew, and it is known when a daemon was there last", async (t) => {
  const { open, pass, reboot } = await machine(t);
  const clock = await open();
  pass(500);
  await clock.record();
  pass(20);
  reboot("second", 600);
  const next = await open();
  assert.deepEqual([next.now(), next.offSince], [BEGIN_S + 1_120, BEGIN_S + 500]);
  await next.close();
  pass(10);
  const later = await open();
  assert.deepEqual([later.now(), later.offSince], [BEGIN_S + 1_130, BEGIN_S + 500]);
});

test("after a reboot with the wall clock behind, it is what was recorded last at least, and goes on from there", async (t) => {
  const { is, open, pass, reboot } = await machine(t);
  const clock = await open();
  pass(500);
  await clock.record();
  reboot("second", -86_400);
  const next = await open();
  assert.equal(next.now(), BEGIN_S + 500);
  pass(60);
  assert.equal(next.now(), BEGIN_S + 560);
  assert.equal(next.apartS, 86_400);
  // Set right, the wall clock is asked at the next boot alone.
  is.wallMs += 86_400_000;
  assert.deepEqual([next.now(), next.apartS], [BEGIN_S + 560, 0]);
});

test("a time since the boot that is less than it was, as in a container that was started anew, is that of another boot", async (t) => {
  const { is, open, pass } = await machine(t);
  const clock = await open();
  pass(500);
  await clock.close();
  is.bootMs = 10;
  is.wallMs += 7_000;
  assert.equal((await open()).now(), BEGIN_S + 507);
});

test("it is never less than it was, whatever the machine says", async (t) => {
  const { is, open, pass } = await machine(t);
  const clock = await open();
  pass(100);
  assert.equal(clock.now(), BEGIN_S + 100);
  is.bootMs -= 50_000;
  assert.equal(clock.now(), BEGIN_S + 100);
});

test("the machine's own readings go on while the process runs", async (t) => {
  const store = await (await freshStore(t, "sqlite"))();
  t.after(() => store.close());
  const clock = await BootClock.open(store, { onTrouble: (error) => assert.fail(String(error)) });
  const seconds = Math.floor(Date.now() / 1000);
  assert.ok(Math.abs(clock.now() - seconds) <= 5);
  const row = await store.transaction((tx) => tx.selectFrom("clock").selectAll().executeTakeFirstOrThrow());
  assert.match(row.boot_id, /^[0-9a-f-]{36}$/);
  await clock.close();
});
