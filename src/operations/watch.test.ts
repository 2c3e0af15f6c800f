import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { ChangeLog } from "../host/changes.ts";
import { Watch, type WatchOptions } from "./watch.ts";

type Seen = readonly string[] | null;

/** For tests in which what waits in vain is the fault. */
const ends = { timeout: 20_000 };

/** A look that keeps what it was called for, and whoever waits for the next call. */
function recorder(fails: (seen: Seen, calls: number) => boolean = () => false) {
  const calls: Seen[] = [];
  const waiting: { readonly count: number; readonly reached: () => void }[] = [];
  return {
    calls,
    async look(_host: string, objects: Seen) {
      calls.push(objects);
      for (const each of waiting) if (calls.length >= each.count) each.reached();
      if (fails(objects, calls.length)) throw new Error("no such luck");
    },
    /** Settles at the n-th call. */
    reached: (count: number) =>
      new Promise<void>((resolve) => {
        if (calls.length >= count) resolve();
        else waiting.push({ count, reached: resolve });
      }),
  };
}

async function watching(t: TestContext, options: Partial<WatchOptions>): Promise<Watch> {
  const nothing = new ChangeLog();
  const watch = new Watch({
    name: "local",
    host: { changes: (since, signal) => nothing.since(since, signal) },
    looks: [],
    onTrouble: () => {},
    ...options,
  });
  await watch.start();
  t.after(() => watch.close());
  return watch;
}

/** Keeps the process: what a watch waits for does not. */
function alive(t: TestContext): void {
  const timer = setInterval(() => {}, 1000);
  t.after(() => clearInterval(timer));
}

test("everything is looked at first, then what the host says has changed", async (t) => {
  const changes = new ChangeLog();
  const seen = recorder();
  await watching(t, {
    host: { changes: (since, signal) => changes.since(since, signal) },
    looks: [seen.look],
  });
  assert.deepEqual(seen.calls, [null]);
  changes.note("a");
  await seen.reached(2);
  changes.note("b");
  changes.note("b");
  await seen.reached(3);
  assert.deepEqual(seen.calls, [null, ["a"], ["b"]]);
});

test("what changes during the first look is looked at afterwards", async (t) => {
  const changes = new ChangeLog();
  const seen = recorder();
  const looks = [
    async (host: string, objects: Seen) => {
      if (objects === null) changes.note("a");
      await seen.look(host, objects);
    },
  ];
  await watching(t, { host: { changes: (since, signal) => changes.since(since, signal) }, looks });
  await seen.reached(2);
  assert.deepEqual(seen.calls, [null, ["a"]]);
});

test("a look that fails keeps nobody from starting, and everything is looked at again", ends, async (t) => {
  alive(t);
  const troubles: unknown[] = [];
  const seen = recorder((_, calls) => calls < 3);
  const onTrouble = (error: unknown) => troubles.push(error);
  // It is not the look of once a minute that comes.
  await watching(t, { looks: [seen.look], onTrouble, lookAgainMs: 1, lookMs: 600_000 });
  await seen.reached(3);
  assert.deepEqual(seen.calls, [null, null, null]);
  assert.equal(troubles.length, 2);
});

test("what changes is looked at at once although another object's look fails all the time", async (t) => {
  const changes = new ChangeLog();
  const seen = recorder((objects) => objects === null || objects.includes("bad"));
  await watching(t, {
    host: { changes: (since, signal) => changes.since(since, signal) },
    looks: [seen.look],
    lookAgainMs: 3_600_000,
  });
  for (const [index, object] of ["bad", "a", "bad", "b"].entries()) {
    changes.note(object);
    await seen.reached(index + 2);
  }
  assert.deepEqual(seen.calls, [null, ["bad"], ["a"], ["bad"], ["b"]]);
});

test("what a look that failed was about is looked at again soon, with everything", ends, async (t) => {
  alive(t);
  const changes = new ChangeLog();
  const seen = recorder((objects) => objects !== null);
  await watching(t, {
    host: { changes: (since, signal) => changes.since(since, signal) },
    looks: [seen.look],
    lookAgainMs: 1,
    // It is not the look of once a minute that comes.
    lookMs: 600_000,
  });
  changes.note("a");
  await seen.reached(3);
  assert.deepEqual(seen.calls.slice(0, 3), [null, ["a"], null]);
});

test("one look that fails is no other's fault", async (t) => {
  alive(t);
  const [bad, good] = [recorder((_, calls) => calls === 1), recorder()];
  await watching(t, { looks: [bad.look, good.look], lookAgainMs: 1 });
  assert.deepEqual(good.calls, [null]);
  await Promise.all([bad.reached(2), good.reached(2)]);
});

test("everything is looked at now and then although nothing is heard", async (t) => {
  alive(t);
  const seen = recorder();
  await watching(t, { looks: [seen.look], lookMs: 1 });
  await seen.reached(4);
  assert.ok(seen.calls.every((objects) => objects === null));
});

test("a host that is away is said, and watched again when it is back", async (t) => {
  alive(t);
  const changes = new ChangeLog();
  const troubles: unknown[] = [];
  let isAway = true;
  const seen = recorder();
  await watching(t, {
    host: {
      async changes(since, signal) {
        if (isAway) throw new Error("it is away");
        return changes.since(since, signal);
      },
    },
    looks: [seen.look],
    onTrouble: (error) => troubles.push(error),
    lookAgainMs: 1,
  });
  await seen.reached(2);
  isAway = false;
  const count = seen.calls.length;
  await seen.reached(count + 1);
  assert.match(String(troubles[0]), /it is away/);
});

test("a host that has gone away is not asked again before a pause", async (t) => {
  const nothing = new ChangeLog();
  let troubles = 0;
  await watching(t, {
    host: {
      async changes(since, signal) {
        if (since === null) return nothing.since(since, signal);
        await turn();
        throw new Error("it is away");
      },
    },
    onTrouble: () => troubles++,
    lookAgainMs: 3_600_000,
  });
  for (let turns = 0; turns < 100; turns++) await turn();
  assert.equal(troubles, 1);
});

test("a watch that is closed waits for nothing", async (t) => {
  const seen = recorder();
  const watch = await watching(t, { looks: [seen.look] });
  await watch.close();
  assert.equal(seen.calls.length, 1);
});
