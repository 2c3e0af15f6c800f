import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerSpec } from "../../src/host/host.ts";
import { Guests } from "./guests.ts";
import { emptyMachine } from "./machine.ts";
import { endRun, simulatedServers } from "./servers.ts";

const SERVER = "5e4e0000-0000-4000-8000-000000000000";
const DRIVE = "d41e0000-0000-4000-8000-000000000000";
const WRITTEN = 600;

/** A server of a simulated machine whose guest has written so much on its drive. */
async function guestThatWrote() {
  const machine = emptyMachine();
  const bytes = { cipher: "none", secret: null, backing: null } as const;
  const volume = { uuid: DRIVE, format: "raw", sizeBytes: 4096, ...bytes } as const;
  machine.drives.set(DRIVE, { volume, bytes: Buffer.alloc(volume.sizeBytes) });
  const place = { key: "ide:0:0", bus: "ide", busIndex: 0, unit: 0 } as const;
  const device = { ...place, media: "disk", shared: false, bootIndex: null, volume } as const;
  const size = { cpuMhz: 1000, memMib: 64, cores: 1, sockets: 1 };
  const spec: ServerSpec = { uuid: SERVER, name: "s", ...size, devices: [device], nics: [], vnc: null };
  await simulatedServers(machine, async () => {}).launch(spec, 1);
  const guests = new Guests(machine);
  guests.write(SERVER, WRITTEN);
  return { machine, guests };
}

const stored = (write_bytes: number) => [{ uuid: DRIVE, write_bytes }];

test("what a run has written is counted by nobody when its machine loses power", async () => {
  const { machine, guests } = await guestThatWrote();
  guests.lose(SERVER, () => true);
  assert.equal(machine.servers.size, 0);
  guests.assertCounted(stored(0));
});

test("what a run has written that ended before its machine lost power is counted where the store has done so", async () => {
  for (const isCounted of [true, false]) {
    const { machine, guests } = await guestThatWrote();
    endRun(machine, SERVER);
    guests.lose(SERVER, (ranAt) => isCounted && ranAt === 1);
    assert.equal(machine.ended.size, 0);
    guests.assertCounted(stored(isCounted ? WRITTEN : 0));
    assert.throws(() => guests.assertCounted(stored(isCounted ? 0 : WRITTEN)), /counted once/);
  }
});
