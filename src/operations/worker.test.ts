import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { withTransactions } from "../../testing/transactions.ts";
import { Outdated } from "../host/errors.ts";
import { openStore } from "../store/open.ts";
import type { Store, Tx } from "../store/store.ts";
import { type Intent, type Operation, operationOn, recordOperation, settleOperation } from "./operation.ts";
import { type Handler, Worker } from "./worker.ts";

/** Longer than any back-off, and than a lease. */
const LONG_MS = 120_000;

/** For tests in which what waits in vain is the fault. */
const ends = { timeout: 20_000 };

async function storeOf(t: TestContext): Promise<Store> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-operations-"));
  const store = await openStore({ file: (name) => join(dir, name) });
  t.after(async () => {
    await store.close();
    await rm(dir, { recursive: true });
  });
  return store;
}

/** A worker with a clock of its own, which takes up what is due when it is told to. */
class Bench {
  readonly store: Store;
  readonly worker: Worker;
  readonly attempts: Operation[] = [];
  readonly events: string[] = [];
  readonly troubles: unknown[] = [];
  #nowMs: number;

  constructor(store: Store, handler: (bench: Bench) => Handler, clock = 1_000_000, patienceMs = 30_000) {
    this.store = store;
    this.#nowMs = clock;
    this.worker = new Worker({
      ...{ store, alone: false, leaseMs: 30_000, patienceMs },
      log: ({ event, operation }) => this.events.push(`${event} ${operation.object}`),
      onTrouble: (error) => this.troubles.push(error),
      now: () => this.#nowMs,
    });
    const work = handler(this);
    this.worker.handle("server", async (operation) => {
      this.attempts.push(operation);
      await work(operation);
    });
  }

  later(ms: number): void {
    this.#nowMs += ms;
  }

  command(object: string, generation = 1): Promise<unknown> {
    return this.worker.command(object, async (tx) => ({
      operation: await this.worker.record(tx, intent(object, generation)),
      result: null,
    }));
  }

  settle = (operation: Operation): Promise<void> =>
    this.store.transaction((tx) => settleOperation(tx, operation));

  on = (object: string): Promise<Operation | null> => this.store.transaction((tx) => operationOn(tx, object));
}

const intent = (object: string, generation: number): Intent => ({
  ...{ object, noun: "server", host: "local", action: "start", generation },
});

const settles = (bench: Bench): Handler => bench.settle;

/** Fails so often, then settles. */
const failing =
  (times: number) =>
  (bench: Bench): Handler =>
  async (operation) => {
    if (bench.attempts.length <= times) throw new Error("no such luck");
    await bench.settle(operation);
  };

test("a command is done when it is answered, and nothing of it is left", ends, async (t) => {
  const bench = new Bench(await storeOf(t), settles);
  await bench.command("a");
  assert.equal(await bench.on("a"), null);
  assert.deepEqual(bench.events, ["begun a", "done a"]);
});

test("a command that records nothing changes nothing", ends, async (t) => {
  const bench = new Bench(await storeOf(t), settles);
  const command = bench.worker.command("a", async (tx) => {
    await bench.worker.record(tx, intent("a", 1));
    throw new Error("it is refused");
  });
  await assert.rejects(command, /it is refused/);
  assert.equal(await bench.on("a"), null);
  assert.deepEqual(bench.attempts, []);
});

test(
  "what fails is told to its caller, and tried again later and later until it is done",
  ends,
  async (t) => {
    const bench = new Bench(await storeOf(t), failing(3));
    await assert.rejects(bench.command("a"), /no such luck/);
    assert.equal((await bench.on("a"))?.lastError, "no such luck");
    await bench.worker.idle();
    assert.equal(bench.attempts.length, 1, "not before its time");
    for (const [backoffMs, count] of [
      [500, 2],
      [1_000, 3],
      [2_000, 4],
    ] as const) {
      bench.later(backoffMs - 1);
      await bench.worker.idle();
      assert.equal(bench.attempts.length, count - 1, `not before ${backoffMs} ms`);
      bench.later(1);
      await bench.worker.idle();
      assert.equal(bench.attempts.length, count);
    }
    assert.deepEqual(
      bench.attempts.map(({ attempts }) => attempts),
      [0, 1, 2, 3],
    );
    assert.equal(await bench.on("a"), null);
  },
);

test("what fails again and again is tried at least once a minute", ends, async (t) => {
  const bench = new Bench(await storeOf(t), failing(30));
  await assert.rejects(bench.command("a"));
  for (let count = 0; count < 29; count++) {
    bench.later(60_000);
    await bench.worker.idle();
  }
  assert.equal(bench.attempts.length, 30);
});

test("one that fails or hangs stands in no other's way", ends, async (t) => {
  const store = await storeOf(t);
  const bench = new Bench(store, ({ settle }) => async (operation) => {
    if (operation.object.startsWith("hangs")) await new Promise(() => {});
    if (operation.object === "fails") throw new Error("no such luck");
    await settle(operation);
  });
  for (let index = 0; index < 40; index++) void bench.command(`hangs${index}`);
  await assert.rejects(bench.command("fails"), /no such luck/);
  await bench.command("a");
  // Nor in the way of what another process left.
  await store.transaction((tx) => bench.worker.leave(tx, intent("b", 1)));
  await bench.worker.look();
  await bench.worker.quiet("b");
  assert.equal(await bench.on("b"), null);
});

test("a process takes up 32 operations on servers at once, and others as those are done", ends, async (t) => {
  const store = await storeOf(t);
  const released = Promise.withResolvers<void>();
  const bench = new Bench(store, ({ settle }) => async (operation) => {
    await released.promise;
    await settle(operation);
  });
  await store.transaction(async (tx) => {
    for (let index = 0; index < 40; index++) await bench.worker.leave(tx, intent(`left${index}`, 1));
  });
  await bench.worker.look();
  await bench.worker.look();
  assert.equal(bench.attempts.length, 32);
  released.resolve();
  await bench.worker.idle();
  assert.equal(bench.attempts.length, 40);
});

test("commands on one object are done one at a time, in the order of the calls", ends, async (t) => {
  const order: number[] = [];
  let most = 0;
  let now = 0;
  const bench = new Bench(await storeOf(t), ({ settle }) => async (operation) => {
    most = Math.max(most, ++now);
    await new Promise((resolve) => setImmediate(resolve));
    order.push(operation.generation);
    await settle(operation);
    now--;
  });
  await Promise.all([1, 2, 3, 4].map((generation) => bench.command("a", generation)));
  assert.deepEqual([order, most], [[1, 2, 3, 4], 1]);
});

test(
  "operations on accounts and ends of drives, eight at once, keep none on others' servers and drives waiting",
  ends,
  async (t) => {
    const store = await storeOf(t);
    const bench = new Bench(store, () => () => new Promise(() => {}));
    const taken: Record<string, number> = {};
    for (const noun of ["account", "drive"] as const) {
      bench.worker.handle(noun, async ({ action }) => {
        taken[`${action} ${noun}`] = (taken[`${action} ${noun}`] ?? 0) + 1;
        await new Promise(() => {});
      });
    }
    const leave = (noun: Intent["noun"], action: string) =>
      store.transaction(async (tx) => {
        for (let index = 0; index < 40; index++)
          await bench.worker.leave(tx, { ...intent(`${action}${noun}${index}`, 1), noun, action });
      });
    await leave("account", "close");
    await leave("drive", "destroy");
    await bench.worker.look();
    assert.deepEqual(taken, { "close account": 8, "destroy drive": 8 });
    await leave("server", "start");
    await leave("drive", "copy");
    await bench.worker.look();
    await bench.worker.look();
    assert.deepEqual(taken, { "close account": 8, "destroy drive": 8, "copy drive": 24 });
    assert.equal(bench.attempts.length, 32);
  },
);

test("a command on an object on which something fails is busy at once", ends, async (t) => {
  const bench = new Bench(await storeOf(t), failing(1));
  await assert.rejects(bench.command("a"), /no such luck/);
  await assert.rejects(bench.command("a", 2), { type: "busy", message: /is tried again/ });
  bench.later(LONG_MS);
  await bench.worker.idle();
  await bench.command("a", 2);
});

test(
  "what overtakes waits for nothing, and who was overtaken is told at once and settles nothing",
  ends,
  async (t) => {
    const reached = Promise.withResolvers<void>();
    const late = Promise.withResolvers<void>();
    const settled: number[] = [];
    const bench = new Bench(await storeOf(t), ({ settle }) => async (operation) => {
      if (operation.generation === 1) {
        reached.resolve();
        await late.promise;
      }
      await settle(operation);
      settled.push(operation.generation);
    });
    const first = bench.command("a");
    await reached.promise;
    const overtake = bench.worker.overtake((tx) => bench.worker.record(tx, intent("a", 2)));
    await Promise.all([
      assert.rejects(first, { type: "busy", message: /changed by another command/ }),
      overtake,
    ]);
    // The next one in order does not wait for what was overtaken either.
    await bench.command("a", 3);
    late.resolve();
    await bench.worker.idle();
    assert.deepEqual(settled, [2, 3]);
    assert.equal(await bench.on("a"), null);
  },
);

test("who was overtaken does not take the place of who overtook them", ends, async (t) => {
  const late = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const bench = new Bench(await storeOf(t), ({ settle }) => async (operation) => {
    if (operation.generation === 1) await late.promise;
    if (operation.generation === 2) await second.promise;
    await settle(operation);
  });
  const first = bench.command("a");
  await bench.worker.look();
  const overtake = bench.worker.overtake((tx) => bench.worker.record(tx, intent("a", 2)));
  await assert.rejects(first, { type: "busy" });
  late.resolve();
  let isQuiet = false;
  const quiet = bench.worker.quiet("a").then(() => {
    isQuiet = true;
  });
  await bench.worker.look();
  assert.equal(isQuiet, false, "the later one is still under way");
  second.resolve();
  await Promise.all([overtake, quiet]);
});

test("what was overtaken before it was begun is not begun any more", ends, async (t) => {
  const held = Promise.withResolvers<void>();
  const bench = new Bench(await storeOf(t), ({ settle }) => async (operation) => {
    await held.promise;
    await settle(operation);
  });
  const first = await bench.store.transaction((tx) => bench.worker.record(tx, intent("a", 1)));
  const overtake = bench.worker.overtake((tx) => bench.worker.record(tx, intent("a", 2)));
  while (bench.attempts.length === 0) await turn();
  await assert.rejects(bench.worker.perform(first), { type: "busy" });
  held.resolve();
  await overtake;
  assert.deepEqual(
    bench.attempts.map(({ generation }) => generation),
    [2],
  );
});

test(
  "what a host refuses as outdated is told as overtaken where it was, and tried again where it was not",
  ends,
  async (t) => {
    const bench = new Bench(await storeOf(t), () => async ({ object, generation }) => {
      throw new Outdated(object, generation, generation + 1);
    });
    await assert.rejects(bench.command("a"), Outdated);
    assert.match((await bench.on("a"))?.lastError ?? "", /outdated/);
    const overtaken = new Bench(bench.store, (other) => async (operation) => {
      const { object, generation } = operation;
      await other.store.transaction((tx) => other.worker.leave(tx, intent(object, generation + 1)));
      throw new Outdated(object, generation, generation + 1);
    });
    await assert.rejects(overtaken.command("b"), { type: "busy" });
  },
);

test(
  "what a process left is taken up by another when its lease has run out, and not before",
  ends,
  async (t) => {
    const store = await storeOf(t);
    const [dead, alive] = [new Bench(store, () => () => new Promise(() => {})), new Bench(store, settles)];
    void dead.command("a");
    await dead.worker.look();
    alive.later(29_999);
    await alive.worker.idle();
    assert.equal(alive.attempts.length, 0);
    alive.later(2);
    await alive.worker.idle();
    assert.deepEqual(
      alive.attempts.map(({ object, attempts }) => [object, attempts]),
      [["a", 1]],
    );
    assert.equal(await alive.on("a"), null);
  },
);

test("a command waits for what a process beside is at, which rings when it is done", ends, async (t) => {
  const store = await storeOf(t);
  const held = Promise.withResolvers<void>();
  const first = new Bench(store, ({ settle }) => async (operation) => {
    await held.promise;
    await settle(operation);
  });
  const second = new Bench(store, settles);
  const rung = Promise.withResolvers<void>();
  store.listen("operation:a", rung.resolve);
  const commands = [first.command("a", 1)];
  await first.worker.look();
  commands.push(second.command("a", 2));
  await second.worker.look();
  assert.equal(second.attempts.length, 0);
  held.resolve();
  await Promise.all([...commands, rung.promise]);
  assert.equal(second.attempts.length, 1);
});

test("a process that lives keeps the lease of what it is at, however long that takes", ends, async (t) => {
  const store = await storeOf(t);
  const worker = new Worker({ store, alone: false, leaseMs: 30, log: () => {}, onTrouble: () => {} });
  const late = Promise.withResolvers<void>();
  worker.handle("server", async (operation) => {
    await late.promise;
    await store.transaction((tx) => settleOperation(tx, operation));
  });
  await worker.start();
  const leaseEnd = async () => {
    const select = (tx: Tx) => tx.selectFrom("operations").select("lease_until_ms").executeTakeFirst();
    return (await store.transaction(select))?.lease_until_ms ?? 0;
  };
  const command = worker.command("a", async (tx) => ({
    operation: await worker.record(tx, intent("a", 1)),
    result: null,
  }));
  let first = 0;
  while (first === 0) first = await leaseEnd();
  while ((await leaseEnd()) === first) await turn();
  assert.ok((await leaseEnd()) > first);
  late.resolve();
  await command;
  await worker.close();
});

test("a process that lives keeps the lease of what waits until others have ended", ends, async (t) => {
  const store = await storeOf(t);
  const worker = new Worker({ store, alone: false, leaseMs: 30, log: () => {}, onTrouble: () => {} });
  const late = Promise.withResolvers<void>();
  worker.handle("server", async (operation) => {
    if (operation.object === "before") await late.promise;
    await store.transaction((tx) => settleOperation(tx, operation));
  });
  await worker.start();
  const leaseEnd = async () => {
    const select = (tx: Tx) =>
      tx.selectFrom("operations").select("lease_until_ms").where("object", "=", "a").executeTakeFirst();
    return (await store.transaction(select))?.lease_until_ms ?? 0;
  };
  const command = worker.command("a", async (tx) => ({
    before: [await worker.record(tx, intent("before", 1))],
    operation: await worker.record(tx, intent("a", 1)),
    result: null,
  }));
  let first = 0;
  while (first === 0) first = await leaseEnd();
  while ((await leaseEnd()) === first) await turn();
  late.resolve();
  await command;
  assert.equal(await store.transaction((tx) => operationOn(tx, "a")), null);
  await worker.close();
});

test("a command that waits behind one that hangs is told so, and is not done when that one is", async (t) => {
  const store = await storeOf(t);
  const held = Promise.withResolvers<void>();
  const holding =
    ({ settle }: Bench): Handler =>
    async (operation) => {
      await held.promise;
      await settle(operation);
    };
  const bench = new Bench(store, holding, 1_000_000, 50);
  const first = bench.command("a", 1);
  await bench.worker.look();
  await assert.rejects(bench.command("a", 2), { type: "busy", code: "in_progress" });
  held.resolve();
  await first;
  await bench.command("a", 3);
  assert.deepEqual(
    bench.attempts.map(({ generation }) => generation),
    [1, 3],
  );
});

test("a process that is alone takes up at once what others left", ends, async (t) => {
  const store = await storeOf(t);
  const dead = new Bench(store, () => () => new Promise(() => {}));
  void dead.command("a");
  await dead.worker.look();
  const taken = Promise.withResolvers<Operation>();
  const worker = new Worker({
    ...{ store, alone: true, log: () => {}, onTrouble: () => {} },
    now: () => 1_000_000,
  });
  worker.handle("server", async (operation) => {
    await store.transaction((tx) => settleOperation(tx, operation));
    taken.resolve(operation);
  });
  await worker.start();
  assert.equal((await taken.promise).attempts, 1);
  await worker.close();
});

test("who was slow and lost the lease settles nothing, and puts nothing off", ends, async (t) => {
  const store = await storeOf(t);
  const late = Promise.withResolvers<void>();
  const slow = new Bench(store, ({ settle }) => async (operation) => {
    await late.promise;
    await settle(operation);
  });
  const held = Promise.withResolvers<void>();
  const other = new Bench(store, ({ settle }) => async (operation) => {
    await held.promise;
    await settle(operation);
  });
  const command = slow.command("a");
  await slow.worker.look();
  other.later(30_001);
  await other.worker.look();
  late.resolve();
  await assert.rejects(command, { type: "busy" });
  assert.equal((await other.on("a"))?.attempts, 1, "it is still the other's");
  held.resolve();
  await other.worker.idle();
  assert.equal(await other.on("a"), null);
});

test("what could not even be put off is taken up when the lease has run out", ends, async (t) => {
  const real = await storeOf(t);
  let isFull = false;
  const store = withTransactions(real, (work) =>
    real.transaction(async (tx) => {
      const result = await work(tx);
      if (isFull) throw new Error("database or disk is full");
      return result;
    }),
  );
  const bench = new Bench(store, ({ attempts, settle }) => async (operation) => {
    isFull = attempts.length === 1;
    await settle(operation);
  });
  await assert.rejects(bench.command("a"), /full/);
  assert.match(String(bench.troubles[0]), /full/);
  isFull = false;
  await bench.worker.idle();
  assert.equal(bench.attempts.length, 1);
  bench.later(30_001);
  await bench.worker.idle();
  assert.equal(await bench.on("a"), null);
});

test("a worker that is closed takes nothing up, and waits for what is under way", ends, async (t) => {
  const [begun, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const bench = new Bench(await storeOf(t), ({ settle }) => async (operation) => {
    begun.resolve();
    await late.promise;
    await settle(operation);
  });
  const command = bench.command("a");
  await begun.promise;
  let isClosed = false;
  const closed = bench.worker.close().then(() => {
    isClosed = true;
  });
  await bench.store.transaction((tx) => bench.worker.leave(tx, intent("b", 1)));
  await bench.worker.look();
  assert.equal(isClosed, false);
  late.resolve();
  await Promise.all([command, closed]);
  assert.equal(bench.attempts.length, 1);
});

test("an operation whose parameters are damaged stands in no other's way, and can be ended", async (t) => {
  const bench = new Bench(await storeOf(t), ({ settle }) => settle);
  await bench.store.transaction(async (tx) => {
    for (const object of ["a", "b"]) await bench.worker.leave(tx, intent(object, 1));
    await tx.updateTable("operations").set({ params: "{oops" }).where("object", "=", "a").execute();
  });
  await bench.worker.idle();
  assert.deepEqual([await bench.on("a"), await bench.on("b")], [null, null]);
});

test("what a process that died had taken up before the clock was set back is taken up all the same", async (t) => {
  const bench = new Bench(await storeOf(t), settles, 1_000_000_000);
  const [dead, untilMs] = ["a process that died", 1_000_000_000 + 30_000];
  await bench.store.transaction((tx) =>
    recordOperation(tx, intent("a", 1), { owner: dead, untilMs }, 1_000_000_000),
  );
  await bench.worker.idle();
  assert.notEqual(await bench.on("a"), null, "it may be alive");
  bench.later(-86_400_000);
  await bench.worker.idle();
  assert.equal(await bench.on("a"), null);
});

test("what failed before the clock was set back is tried again all the same", async (t) => {
  const bench = new Bench(await storeOf(t), failing(1), 1_000_000_000);
  await assert.rejects(bench.command("a"), /no such luck/);
  bench.later(-86_400_000);
  await bench.worker.idle();
  assert.equal(await bench.on("a"), null);
});
