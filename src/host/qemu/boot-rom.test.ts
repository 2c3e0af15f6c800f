import assert from "node:assert/strict";
import { test } from "node:test";
import { bootRom, laterDisks } from "./boot-rom.ts";

const disk = (bootIndex: number | null) => ({ bus: "ide", media: "disk", bootIndex }) as const;
const cd = (bootIndex: number) => ({ bus: "ide", media: "cdrom", bootIndex }) as const;

test("hard disks that are booted after another have their numbers by the boot order", () => {
  assert.deepEqual(laterDisks([]), []);
  assert.deepEqual(laterDisks([disk(0)]), []);
  assert.deepEqual(laterDisks([disk(null), cd(0), disk(1)]), []);
  assert.deepEqual(laterDisks([disk(3), cd(1), disk(0), disk(null), disk(2)]), [
    { number: 1, bootIndex: 2 },
    { number: 2, bootIndex: 3 },
  ]);
});

test("what virtio has is a hard disk to the BIOS, whatever its medium", () => {
  const block = { bus: "block", media: "cdrom", bootIndex: 1 } as const;
  assert.deepEqual(laterDisks([disk(0), block]), [{ number: 1, bootIndex: 1 }]);
});

test("a ROM and its header are marked, and add up to 0", () => {
  const rom = bootRom({ number: 1, bootIndex: 1 });
  const sum = (bytes: Buffer) => bytes.reduce((total, byte) => total + byte, 0) & 0xff;
  assert.equal(rom.length, (rom[2] ?? 0) * 512);
  assert.equal(rom.readUInt16BE(0), 0x55aa);
  const header = rom.subarray(rom.readUInt16LE(0x1a));
  assert.equal(header.toString("latin1", 0, 4), "$PnP");
  assert.equal(sum(header.subarray(0, 32)), 0);
  assert.equal(sum(rom), 0);
});
