import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf, loginOf } from "../../testing/http/accounts.ts";
import { overriding } from "../../testing/overriding.ts";
import { freshStore } from "../../testing/stores.ts";
import type { Command, Request } from "../api/command.ts";
import { usage } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { StoreFull } from "../base/store-errors.ts";
import type { Store, TransactionOptions } from "../store/store.ts";
import { AuditedStore } from "./audited-store.ts";
import { outsideChange } from "./event.ts";
import { Trail } from "./trail.ts";

const ANN = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20" as UserId;
const DRIVE = "08c92dd5-70a0-4f51-83d2-835919d254df";

const REQUEST: Request = {
  ...{ requestId: "r", caller: callerOf(ANN), address: "192.0.2.1", params: { DRIVE } },
  ...{ input: new Map(), body: null, idempotencyKey: null },
};

const command = (row: Partial<Command>): Command =>
  ({
    path: "drives/DRIVE/x",
    summary: "",
    effect: "changes",
    takes: "nothing",
    returns: "nothing",
    errors: [],
    ...row,
  }) as Command;

async function opened(t: Parameters<typeof freshStore>[0]) {
  const raw = await (await freshStore(t, "sqlite"))();
  t.after(() => raw.close());
  const store = new AuditedStore(raw);
  const events = () =>
    raw.snapshot((tx) =>
      tx.selectFrom("events").select(["command", "object", "outcome"]).orderBy("serial").execute(),
    );
  const rename = (name: string) => store.transaction((tx) => tx.updateTable("users").set({ name }).execute());
  return { raw, store, events, rename, trail: new Trail(store, assert.ifError) };
}

const event = (outcome: string) => ({ command: "drives/DRIVE/x", object: DRIVE, outcome });

test("writes of a moment to one drive are one event, once they are flushed", async (t) => {
  const { trail, events } = await opened(t);
  const [write] = trail.follow([command({ takes: "bytes", run: () => {} })]);
  await Promise.all([write?.run(REQUEST), write?.run(REQUEST), write?.run(REQUEST)]);
  await trail.flush();
  assert.deepEqual(await events(), [event("done")]);
  await trail.flush();
  assert.equal((await events()).length, 1);
});

test("a write stands for those of the minute after it that are like it, and a later one is an event again", async (t) => {
  const { store, events } = await opened(t);
  let nowMs = 0;
  const trail = new Trail(store, assert.ifError, () => nowMs);
  const [write] = trail.follow([command({ takes: "bytes", run: () => {} })]);
  const counted = async (passedMs: number, request: Request) => {
    nowMs += passedMs;
    await write?.run(request);
    await trail.flush();
    return (await events()).length;
  };
  const other = { ...REQUEST, params: { DRIVE: "another" } };
  const elsewhere = { ...REQUEST, address: "192.0.2.99" };
  const counts = [];
  for (const [passedMs, request] of [
    [0, REQUEST],
    [30_000, REQUEST],
    [0, other],
    [29_999, REQUEST],
    [1, REQUEST],
    [0, other],
    [0, elsewhere],
  ] as const)
    counts.push(await counted(passedMs, request));
  assert.deepEqual(counts, [1, 1, 2, 2, 3, 3, 4]);
});

/** A trail whose rows are counted in place of written, but for those of real changes of the store. */
async function counting(t: Parameters<typeof freshStore>[0]) {
  const { raw, rename, events } = await opened(t);
  const clock = { nowMs: 0 };
  let rows = 0;
  const transaction = async () => void rows++;
  const trail = new Trail({ ...raw, transaction } as unknown as Store, assert.ifError, () => clock.nowMs);
  const run = async (name: string) => void (await rename(name));
  const [change, reset] = trail.follow([
    command({ path: "drives/DRIVE/x", run: () => run("x") }),
    command({ path: "drives/DRIVE/x", run: () => {} }),
  ]);
  /** How many rows come of it. */
  const added = async (times: number, request = REQUEST, command = reset) => {
    rows = 0;
    for (let time = 0; time < times; time++) await command?.run(request);
    return rows;
  };
  return { trail, clock, added, change, events };
}

test("of a command so many a day are events, then one an hour, whether they change the store or not", async (t) => {
  const { clock, added, change, events } = await counting(t);
  await change?.run(REQUEST);
  assert.equal((await events()).length, 1);
  assert.equal(await added(5_010), 4_999);
  await change?.run(REQUEST);
  assert.equal((await events()).length, 1);
  clock.nowMs = 3_600_000;
  await change?.run(REQUEST);
  assert.equal((await events()).length, 2);
  assert.equal(await added(3), 0);
  clock.nowMs = 7_200_000;
  assert.equal(await added(3), 1);
  clock.nowMs = 86_399_000;
  assert.equal(await added(3), 1);
  clock.nowMs = 86_400_000;
  assert.equal(await added(3), 3);
});

test("what somebody does in another's place is the other's event, and the doing of who did it", async (t) => {
  const { trail, raw, rename } = await opened(t);
  const admin = "0f6d2c8a-7b31-4e59-8a64-3c1d9e0b5f72" as UserId;
  const login = { ...loginOf(admin), key: "an admin's", role: "admin" } as const;
  const request = { ...REQUEST, caller: { ...callerOf(ANN), login } };
  const commands = trail.follow([
    command({ path: "change", run: async () => void (await rename("one")) }),
    command({ path: "write", takes: "bytes", run: () => {} }),
    command({ path: "read", effect: "reads", run: () => {} }),
  ]);
  for (const each of commands) await each.run(request);
  await trail.flush();
  const rows = await raw.snapshot((tx) =>
    tx.selectFrom("events").select(["command", "user", "actor", "key"]).orderBy("command").execute(),
  );
  const by = { user: ANN, actor: admin, key: "an admin's" };
  assert.deepEqual(
    rows,
    ["change", "read", "write"].map((path) => ({ command: path, ...by })),
  );
});

test("a flood of one command hides nothing of another command, of another account or of an admin's", async (t) => {
  const { trail, added } = await counting(t);
  await added(5_010);
  const [destroy] = trail.follow([command({ path: "drives/DRIVE/destroy", run: () => {} })]);
  assert.equal(await added(2, REQUEST, destroy), 2);
  const other = callerOf("0f6d2c8a-7b31-4e59-8a64-3c1d9e0b5f72" as UserId);
  assert.equal(await added(2, { ...REQUEST, caller: other }), 2);
  const admin = { ...other, login: { ...loginOf(ANN), role: "admin" } } as const;
  assert.equal(await added(2, { ...REQUEST, caller: admin }), 2);
});

test("what is refused takes nothing of what an account may add", async (t) => {
  const { store, events } = await opened(t);
  const refused = async () => {
    throw usage("offset_past_end", "it is too long");
  };
  const trail = new Trail(store, assert.ifError, () => 0);
  const [failing, reset] = trail.follow([command({ run: refused }), command({ run: () => {} })]);
  for (let time = 0; time < 5_010; time++)
    await assert.rejects(async () => failing?.run(REQUEST), { code: "offset_past_end" });
  await reset?.run(REQUEST);
  assert.deepEqual(await events(), [event("done")]);
});

test("a change of several transactions is one event, and what changes no row is none of them", async (t) => {
  const { trail, store, events, rename } = await opened(t);
  const [change] = trail.follow([
    command({
      async run() {
        await store.transaction((tx) =>
          tx.updateTable("users").set({ name: "x" }).where("uuid", "=", "no").execute(),
        );
        assert.deepEqual(await events(), []);
        await rename("one");
        assert.deepEqual(await events(), [event("done")]);
        await rename("two");
      },
    }),
  ]);
  await change?.run(REQUEST);
  assert.deepEqual(await events(), [event("done")]);
});

test("a transaction that runs again and then changes nothing leaves the event to what changes something", async (t) => {
  const { raw, events, rename } = await opened(t);
  let tries = 0;
  const transaction: Store["transaction"] = async (work, options) => {
    if (tries++ > 0) return raw.transaction(work, options);
    const first = raw.transaction(async (tx) => {
      await work(tx);
      await options?.onChange?.(tx);
      throw new Error("ended by the database");
    });
    await first.catch(() => {});
    return raw.transaction(work, options);
  };
  const store = new AuditedStore(overriding(raw, { transaction }));
  let isThere = true;
  const [change] = new Trail(store, assert.ifError).follow([
    command({
      async run() {
        await store.transaction(async (tx) => {
          if (isThere) await tx.updateTable("users").set({ name: "one" }).execute();
          isThere = false;
        });
        assert.deepEqual(await events(), []);
        await store.transaction((tx) => tx.updateTable("users").set({ name: "two" }).execute());
      },
    }),
  ]);
  await change?.run(REQUEST);
  assert.deepEqual(await events(), [event("done")]);
  await rename("three");
  assert.equal((await events()).length, 1);
});

test("a transaction that is taken back takes its event along, and what fails then is none", async (t) => {
  const { trail, store, events } = await opened(t);
  const [change] = trail.follow([
    command({
      run: () =>
        store.transaction(async (tx) => {
          await tx.updateTable("users").set({ name: "x" }).execute();
          throw new Error("taken back");
        }),
    }),
  ]);
  await assert.rejects(async () => change?.run(REQUEST), /taken back/);
  assert.deepEqual(await events(), []);
});

test("what goes on behind a command that has ended, or in nobody's name, is not the command's", async (t) => {
  const { trail, events, rename } = await opened(t);
  const ended = Promise.withResolvers<void>();
  let behind: Promise<unknown> = Promise.resolve();
  const [failing] = trail.follow([
    command({
      async run() {
        behind = ended.promise.then(() => rename("behind"));
        await outsideChange(() => rename("nobody's"));
        throw new Error("refused");
      },
    }),
  ]);
  await assert.rejects(async () => failing?.run(REQUEST), /refused/);
  ended.resolve();
  await behind;
  assert.deepEqual(await events(), []);
});

test("what reads one's own leaves no trail, and what is for admins does", async (t) => {
  const { trail, events } = await opened(t);
  const read = { effect: "reads", run: () => {} } as const;
  const [own, admins] = trail.follow([command(read), command({ ...read, isAdmins: true })]);
  await own?.run(REQUEST);
  assert.deepEqual(await events(), []);
  await admins?.run(REQUEST);
  assert.deepEqual(await events(), [event("done")]);
});

test("a write that breaks off is an event, with the code of the error, and one that is refused is none", async (t) => {
  const { trail, events } = await opened(t);
  async function* bytes() {
    yield new Uint8Array(1);
    throw usage("body_cut_off", "the caller hung up");
  }
  const body = async () => ({ lengthBytes: 2, bytes: bytes(), release: async () => {} });
  const writes = (run: Command["run"]) =>
    trail.follow([command({ takes: "bytes", run } as Partial<Command>)]);
  const [broken] = writes(async (request: Request) => {
    for await (const piece of (await request.body?.(9))?.bytes ?? []) assert.equal(piece.length, 1);
  });
  const [refused] = writes(async (request: Request) => {
    await request.body?.(9);
    throw usage("offset_past_end", "it is too long");
  });
  await assert.rejects(async () => refused?.run({ ...REQUEST, body }), { code: "offset_past_end" });
  await trail.flush();
  assert.deepEqual(await events(), []);
  await assert.rejects(async () => broken?.run({ ...REQUEST, body }), { code: "body_cut_off" });
  await trail.flush();
  assert.deepEqual(await events(), [event("body_cut_off")]);
});

test("writes that cannot be recorded are kept, and tried again after a pause that grows", async (t) => {
  const { raw, events } = await opened(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let attempts = 0;
  let isAway = true;
  const away = async () => {
    attempts++;
    throw new Error("away");
  };
  const transaction: Store["transaction"] = (work, options) =>
    isAway ? away() : raw.transaction(work, options);
  const trail = new Trail({ ...raw, transaction }, () => {});
  const [write] = trail.follow([command({ takes: "bytes", run: () => {} })]);
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  // Of several accounts: what one has in memory is bounded.
  const writeTo = async (first: number, end: number) => {
    for (let drive = first; drive < end; drive++) {
      const caller = callerOf(`${Math.floor(drive / 150)}` as UserId);
      await write?.run({ ...REQUEST, caller, params: { DRIVE: `${drive}` } });
    }
    await settled();
  };
  await writeTo(0, 1_000);
  assert.equal(attempts, 1);
  await writeTo(1_000, 1_200);
  assert.equal(attempts, 1);
  for (const [passedMs, tried] of [
    [399, 1],
    [1, 2],
    [799, 2],
    [1, 3],
  ] as const) {
    t.mock.timers.tick(passedMs);
    await settled();
    assert.equal(attempts, tried);
  }
  isAway = false;
  await trail.flush();
  assert.equal((await events()).length, 1_200);
});

test("what is done outside of the store takes none of the room that is kept, and is answered without", async (t) => {
  const { raw, events } = await opened(t);
  let isFull = true;
  const short: Store = Object.create(raw, {
    transaction: {
      value: (work: Parameters<Store["transaction"]>[0], options?: TransactionOptions) => {
        if (isFull && options?.grows === true) throw new StoreFull();
        return raw.transaction(work, options);
      },
    },
  });
  const told: unknown[] = [];
  const [reset] = new Trail(short, (error) => told.push(error)).follow([command({ run: () => {} })]);
  await reset?.run(REQUEST);
  assert.deepEqual([await events(), told.map((error) => error instanceof StoreFull)], [[], [true]]);
  isFull = false;
  await reset?.run(REQUEST);
  assert.deepEqual(await events(), [event("done")]);
});

test("of the writes that cannot be recorded an account has a bounded number in memory, and loses none of another's", async (t) => {
  const { raw } = await opened(t);
  let isAway = true;
  const away = async () => {
    throw new Error("away");
  };
  const transaction: Store["transaction"] = (work, options) =>
    isAway ? away() : raw.transaction(work, options);
  const trail = new Trail({ ...raw, transaction }, () => {});
  const [write] = trail.follow([command({ takes: "bytes", run: () => {} })]);
  const writeTo = (caller: Request["caller"], drive: number) =>
    write?.run({ ...REQUEST, caller, address: `2001:db8::${drive}`, params: { DRIVE: `${drive}` } });
  const other = callerOf("0f6d2c8a-7b31-4e59-8a64-3c1d9e0b5f72" as UserId);
  for (let drive = 0; drive < 3_000; drive++) await writeTo(REQUEST.caller, drive);
  await writeTo(other, 1);
  await assert.rejects(trail.flush(), /away/);
  isAway = false;
  await trail.flush();
  const rows = await raw.snapshot((tx) =>
    tx.selectFrom("events").select(["user", "object"]).orderBy("serial").execute(),
  );
  const anns = rows.filter(({ user }) => user === ANN).map(({ object }) => object);
  assert.deepEqual(anns, [...Array.from({ length: 200 }, (_, drive) => `${drive}`), ""]);
  assert.deepEqual(rows.filter(({ user }) => user === other.user).length, 1);
});

test("what a page reads again and again of another's is an event in ten minutes, and with a key each time", async (t) => {
  const { store, events } = await opened(t);
  let nowMs = 0;
  const trail = new Trail(store, assert.ifError, () => nowMs);
  const [read] = trail.follow([command({ effect: "reads", isAdmins: true, run: () => {} })]);
  const counted = async (passedMs: number, session: string | null, more: Partial<Request> = {}) => {
    nowMs += passedMs;
    const login = { ...loginOf(ANN), ...(session === null ? {} : { by: { session } }) };
    await read?.run({ ...REQUEST, ...more, caller: { ...callerOf(ANN), login } });
    return (await events()).length;
  };
  const counts = [
    await counted(0, "a"),
    await counted(599_999, "a"),
    await counted(0, "b"),
    await counted(0, "a", { address: "192.0.2.2" }),
    await counted(0, "a", { params: { DRIVE: "another" } }),
    await counted(1, "a"),
    await counted(0, null),
    await counted(0, null),
  ];
  assert.deepEqual(counts, [1, 1, 2, 3, 4, 5, 6, 7]);
});

test("a page's reading that could not be recorded is not answered, and is recorded the next time", async (t) => {
  const { raw, store, events } = await opened(t);
  let isFull = true;
  const transaction: Store["transaction"] = (work, options) => {
    if (isFull) throw new StoreFull();
    return raw.transaction(work, options);
  };
  const trail = new Trail({ ...store, transaction } as unknown as Store, assert.ifError);
  const [read] = trail.follow([command({ effect: "reads", isAdmins: true, run: () => {} })]);
  const caller = { ...callerOf(ANN), login: { ...loginOf(ANN), by: { session: "a" } } };
  const ask = async () => read?.run({ ...REQUEST, caller });
  await assert.rejects(ask, StoreFull);
  isFull = false;
  await ask();
  assert.equal((await events()).length, 1);
});
