import assert from "node:assert/strict";
import { test } from "node:test";
import { callerOf } from "../../testing/http/accounts.ts";
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
  const transaction: Store["transaction"] = (work) => (isAway ? away() : raw.transaction(work));
  const trail = new Trail({ ...raw, transaction }, () => {});
  const [write] = trail.follow([command({ takes: "bytes", run: () => {} })]);
  const settled = async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  };
  const writeTo = async (first: number, end: number) => {
    for (let drive = first; drive < end; drive++) {
      await write?.run({ ...REQUEST, params: { DRIVE: `${drive}` } });
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
