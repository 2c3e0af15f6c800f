import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../../testing/property.ts";
import type { Exporter } from "../attachment.ts";
import type { Volume } from "../host.ts";
import { type DriveEvent, type DriveState, ensureAllowed, transition } from "./drive-state.ts";
import { DriveTable } from "./drive-table.ts";

const UUID = "a";
const SERVERS = ["s1", "s2"] as const;
const exporter: Exporter = () => Promise.reject(new Error("nothing is exported"));
const volume: Volume = {
  uuid: UUID,
  format: "raw",
  sizeBytes: 1,
  cipher: "none",
  secret: null,
  backing: null,
};

/** What is so at one moment, each by itself, and nothing of how one thing leads to another. */
type Model = {
  attachedTo: string | null;
  sharedBy: Set<string>;
  job: boolean;
  writes: number;
  copies: number;
  open: boolean;
};

const fresh = (): Model => ({
  attachedTo: null,
  sharedBy: new Set(),
  job: false,
  writes: 0,
  copies: 0,
  open: false,
});

/** Who reads, writes or has the drive in the model; a rule names those that it does not go together with. */
const users = (model: Model) => ({
  server: model.attachedTo !== null || model.sharedBy.size > 0,
  job: model.job,
  copy: model.copies > 0,
  write: model.writes > 0,
});

const isRefused = (model: Model, ...by: readonly (keyof ReturnType<typeof users>)[]) =>
  by.some((user) => users(model)[user]);

type Command = {
  readonly event: DriveEvent<string>;
  /** Whether our code may ask for it at all. */
  readonly isPossible: (model: Model) => boolean;
  readonly isBusy: (model: Model) => boolean;
  readonly change: (model: Model) => void;
};

const always = () => true;
const never = () => false;

function attachments(server: string): Command[] {
  return [true, false].flatMap((readOnly): Command[] => [
    {
      event: { do: "attach", server, exporter, readOnly },
      isPossible: (model) => !model.open,
      isBusy: (model) =>
        model.attachedTo !== server &&
        (isRefused(model, "server", "job", "write") || (!readOnly && isRefused(model, "copy"))),
      change: (model) => {
        model.attachedTo = server;
      },
    },
    {
      event: { do: "share", server, volume, readOnly },
      isPossible: always,
      isBusy: (model) =>
        !model.sharedBy.has(server) &&
        (model.attachedTo !== null ||
          isRefused(model, "job", "write") ||
          (!readOnly && isRefused(model, "copy"))),
      change: (model) => {
        model.sharedBy.add(server);
      },
    },
  ]);
}

const COMMANDS: readonly Command[] = [
  ...SERVERS.flatMap(attachments),
  ...SERVERS.map(
    (server): Command => ({
      event: { do: "detach", server },
      isPossible: always,
      isBusy: never,
      change: (model) => {
        if (model.attachedTo === server) model.attachedTo = null;
        model.sharedBy.delete(server);
      },
    }),
  ),
  {
    event: { do: "open", exported: "export" },
    isPossible: (model) => model.attachedTo === null && !model.open,
    isBusy: never,
    change: (model) => {
      model.open = true;
    },
  },
  {
    event: { do: "close", exported: "export" },
    isPossible: always,
    isBusy: never,
    change: (model) => {
      model.open = false;
    },
  },
  { event: { do: "close", exported: "another" }, isPossible: always, isBusy: never, change: () => {} },
  {
    event: { do: "beginWrite" },
    isPossible: always,
    isBusy: (model) => isRefused(model, "server", "job", "copy"),
    change: (model) => {
      model.writes++;
    },
  },
  {
    event: { do: "endWrite" },
    isPossible: (model) => model.writes > 0,
    isBusy: never,
    change: (model) => {
      model.writes--;
    },
  },
  {
    event: { do: "beginCopyFrom" },
    isPossible: always,
    isBusy: (model) => isRefused(model, "job"),
    change: (model) => {
      model.copies++;
    },
  },
  {
    event: { do: "endCopyFrom" },
    isPossible: (model) => model.copies > 0,
    isBusy: never,
    change: (model) => {
      model.copies--;
    },
  },
  {
    event: { do: "beginCopyOnto", job: "job" },
    isPossible: always,
    isBusy: (model) => isRefused(model, "server", "job", "copy"),
    change: (model) => {
      model.job = true;
    },
  },
  {
    event: { do: "endCopyOnto" },
    isPossible: (model) => model.job,
    isBusy: never,
    change: (model) => {
      model.job = false;
    },
  },
  {
    event: { do: "resize" },
    isPossible: always,
    isBusy: (model) => isRefused(model, "server", "job", "copy", "write"),
    change: () => {},
  },
  {
    event: { do: "destroy" },
    isPossible: always,
    isBusy: (model) => isRefused(model, "server", "job", "copy"),
    change: () => {},
  },
];

/** What the model says of a drive, read off its state. */
function asModel(state: DriveState<string>): Model {
  return {
    attachedTo: state.is === "attached" ? state.server : null,
    sharedBy: new Set(state.is === "shared" ? state.servers : []),
    job: state.is === "imagedOnto",
    writes: "writes" in state ? state.writes : 0,
    copies: "copies" in state ? state.copies : 0,
    open: state.is !== "attached" && state.exported !== null,
  };
}

test("a drive does what a model of who has it allows, refuses the rest as busy, and asserts what cannot be", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...COMMANDS), { maxLength: 40 }), (commands) => {
      const table = new DriveTable<string>();
      const model = fresh();
      for (const { event, isBusy, isPossible, change } of commands) {
        if (isBusy(model)) {
          const busy = { name: "LodgeError", type: "busy" };
          assert.throws(() => table.apply(UUID, event), busy);
          assert.throws(() => ensureAllowed(UUID, table.state(UUID), event), busy);
        } else if (isPossible(model)) {
          ensureAllowed(UUID, table.state(UUID), event);
          table.apply(UUID, event);
          change(model);
        } else {
          assert.throws(() => table.apply(UUID, event), { name: "AssertionError" });
        }
        assert.deepEqual(asModel(table.state(UUID)), model, `after ${event.do}`);
        seen.add(table.state(UUID).is);
        assert.equal([...table].length, isClosed(model) ? 0 : 1, "only what is in use is kept");
      }
    }),
    bounded(400),
  );
  assert.deepEqual([...seen].sort(), ["attached", "free", "imagedOnto", "shared"]);
});

const isClosed = (model: Model) => !model.open && !Object.values(users(model)).some(Boolean);

test("a server of an earlier daemon is taken up with what it has, once", () => {
  const table = new DriveTable<string>();
  table.apply("exclusive", { do: "adoptAttached", server: "s1", exporter });
  for (const server of SERVERS) table.apply("shared", { do: "adoptShared", server });
  assert.equal(table.state("exclusive").is, "attached");
  const adopted = table.state("shared");
  assert(adopted.is === "shared" && adopted.volume === null);
  table.apply("shared", { do: "share", server: "s1", volume, readOnly: false });
  const told = table.state("shared");
  assert(told.is === "shared" && told.volume === volume);
  assert.throws(() => transition(UUID, told, { do: "adoptAttached", server: "s3", exporter }), {
    name: "AssertionError",
  });
  assert.deepEqual(table.detach("s1"), ["exclusive"]);
  assert.deepEqual(table.detach("s2"), ["shared"]);
  assert.deepEqual([...table], []);
});

test("whoever waits until a drive is written is told at the end of the last write, or when they leave off", async () => {
  const table = new DriveTable<string>();
  const never = new AbortController().signal;
  await table.written(UUID, never);
  table.apply(UUID, { do: "beginWrite" });
  table.apply(UUID, { do: "beginWrite" });
  let isOver = false;
  const over = table.written(UUID, never).then(() => {
    isOver = true;
  });
  const leaving = new AbortController();
  const left = table.written(UUID, leaving.signal);
  leaving.abort(new Error("enough"));
  await assert.rejects(left, /enough/);
  table.apply(UUID, { do: "endWrite" });
  await Promise.resolve();
  assert.equal(isOver, false);
  table.apply(UUID, { do: "endWrite" });
  await over;
  assert.deepEqual([...table], []);
});

test("a drive that somebody is alone with, or waits for, stays in the table until they are done", async () => {
  const table = new DriveTable<string>();
  const end = Promise.withResolvers<void>();
  const alone = table.alone(UUID, () => end.promise);
  const sharing = table.share(UUID, async () => "shared");
  assert.equal([...table].length, 1);
  end.resolve();
  await alone;
  assert.equal(await sharing, "shared");
  assert.deepEqual([...table], []);
});
