/** How many drives the storage daemon keeps open that nobody uses; what it does with real drives is `drive-host.test.ts`. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { newDrive } from "../../../testing/volumes/drives.ts";
import type { Volume } from "../host.ts";
import type { Qmp } from "../wire/qmp.ts";
import { DriveTable } from "./drive-table.ts";
import { type DriveExport, Exports } from "./exports.ts";
import { Session } from "./session.ts";

/** A session with a daemon that does what it is told, the exports that it has, and whether each that was opened may be written on. */
function sessionOf(exports: Set<string>, writable: boolean[]): Session {
  const session: Session = new Session(
    {
      closed: new Promise<void>(() => {}),
      close: () => {},
      async execute(command: string, args: { readonly id?: string; readonly writable?: boolean } = {}) {
        const { id = "" } = args;
        if (command === "block-export-add") {
          exports.add(id);
          writable.push(args.writable === true);
        }
        if (command === "block-export-del" && exports.delete(id)) {
          session.onEvent({
            event: "BLOCK_EXPORT_DELETED",
            data: { id },
            timestamp: { seconds: 0, microseconds: 0 },
          });
        }
        return {};
      },
    } as Partial<Qmp> as Qmp,
    { nbdSocketPath: "/nowhere", drive: null, adopted: false, deadlineMs: 60_000 },
  );
  return session;
}

/** Each opening and end takes a few turns. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await setImmediate();
}

function openExports(open: Set<string>, writable: boolean[] = []): Exports {
  const session = sessionOf(open, writable);
  return new Exports({
    ...{ table: new DriveTable<DriveExport>(), folder: { home: "/", uid: null } },
    daemons: {
      session: async () => session,
      running: async () => session,
      isFor: () => true,
      end: async () => {},
    },
    deadlineMs: 60_000,
    onTrouble: assert.fail,
  });
}

test("a drive that nobody uses stays open for five seconds from its last use", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const open = new Set<string>();
  const exports = openExports(open);
  const volume = newDrive("none", 4096);
  for (let use = 0; use < 2; use++) {
    await exports.share(volume);
    t.mock.timers.tick(4_999);
    await turns();
    assert.deepEqual(open, new Set([`drive-${volume.uuid}`]));
  }
  t.mock.timers.tick(1);
  await turns();
  assert.deepEqual(open, new Set());
});

test("of drives that nobody uses, the sixteen that were used last stay open for a while", async (t) => {
  // None is idle for long enough, however slow the machine is.
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const open = new Set<string>();
  const exports = openExports(open);
  const volumes = Array.from({ length: 20 }, () => newDrive("none", 4096));
  for (const volume of volumes.slice(0, 16)) await exports.share(volume);
  assert.equal(open.size, 16);
  const [first, ...others] = volumes as [Volume, ...Volume[]];
  await exports.share(first);
  for (const volume of volumes.slice(16)) await exports.share(volume);
  await turns();
  const left = [first, ...others.slice(4)].map(({ uuid }) => `drive-${uuid}`);
  assert.deepEqual(open, new Set(left));
});

test("a drive that was open as it was sealed is opened anew, and nobody writes on it", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const [open, writable] = [new Set<string>(), [] as boolean[]];
  const exports = openExports(open, writable);
  const volume = newDrive("none", 4096);
  const sealed = { ...volume, sealed: volume.uuid };
  for (const each of [volume, volume, sealed, sealed]) await exports.share(each);
  assert.deepEqual(writable, [true, false]);
  assert.deepEqual(open, new Set([`drive-${volume.uuid}`]));
});
