import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { LodgeError } from "../base/errors.ts";
import { DISK_RESERVE_BYTES, type DiskCapacity, ensureGrowth, placeDrive } from "./drives.ts";
import type { Avoided } from "./hosts.ts";

const disk = (name: string, freeBytes: number): DiskCapacity => ({
  name,
  diskBytes: DISK_RESERVE_BYTES + 1000 + freeBytes,
  allocatedDiskBytes: 1000,
});
const avoid = (uuid: string, host: string): Avoided => ({ key: "avoid", noun: "drive", uuid, host });

const chosen: [what: string, sizeBytes: number, avoided: Avoided[], hosts: DiskCapacity[], host: string][] = [
  ["goes to the host with most room", 10, [], [disk("a", 10), disk("b", 30), disk("c", 20)], "b"],
  ["goes to the first by name of two with the same room", 10, [], [disk("b", 10), disk("a", 10)], "a"],
  ["goes past the host of what it avoids", 10, [avoid("x", "b")], [disk("a", 10), disk("b", 30)], "a"],
  ["may avoid several on one host", 1, [avoid("x", "b"), avoid("y", "b")], [disk("a", 1), disk("b", 3)], "a"],
  ["may take all the room that there is", 30, [], [disk("a", 30)], "a"],
];
for (const [what, sizeBytes, avoided, hosts, host] of chosen) {
  test(`a drive ${what}`, () => {
    assert.equal(placeDrive(sizeBytes, avoided, hosts).name, host);
  });
}

const four = ["a", "b", "c", "d"];
const refused: [
  what: string,
  sizeBytes: number,
  avoided: Avoided[],
  hosts: DiskCapacity[],
  message: string,
][] = [
  [
    "when no host has room",
    31,
    [],
    [disk("a", 30), disk("b", 20)],
    "there is room for 30 bytes more on a host, not for 31",
  ],
  [
    "when the only host has what it avoids",
    1,
    [avoid("x", "a")],
    [disk("a", 30)],
    "avoid cannot be met: drive x is on the only host that there is",
  ],
  [
    "when every host has something that it avoids",
    1,
    four.map((host) => avoid(`on ${host}`, host)),
    four.map((name) => disk(name, 30)),
    "avoid cannot be met: every host that there is has one of drive on a, drive on b, drive on c and others",
  ],
  [
    "when only the avoided host has room",
    20,
    [avoid("x", "b")],
    [disk("a", 10), disk("b", 30)],
    "there is room for 10 bytes more on a host that avoid allows, not for 20",
  ],
  ["where there is no host", 1, [], [], "there is no host to hold a drive"],
];
for (const [what, sizeBytes, avoided, hosts, message] of refused) {
  test(`a drive is refused as full ${what}, in a sentence that says so`, () => {
    assert.throws(() => placeDrive(sizeBytes, avoided, hosts), { type: "full", message });
  });
}

test("a drive grows while its host has room, and always shrinks", () => {
  ensureGrowth(disk("a", 5), 5);
  ensureGrowth(disk("a", -5), -1);
  ensureGrowth(disk("a", -5), 0);
  assert.throws(() => ensureGrowth(disk("a", 5), 6), { type: "full" });
});

test("a drive is put where it fits and avoids what it should, and refused only where no host will do", () => {
  const names = fc.constantFrom("a", "b", "c", "d");
  const hosts = fc.uniqueArray(fc.record({ name: names, room: fc.integer({ min: -5, max: 50 }) }), {
    selector: ({ name }) => name,
    minLength: 1,
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 60 }),
      fc.array(names, { maxLength: 3 }),
      hosts,
      (size, away, all) => {
        const fits = all.filter(({ name, room }) => !away.includes(name) && room >= size);
        const avoided = away.map((host) => avoid(`on ${host}`, host));
        const place = (list: typeof all) =>
          placeDrive(
            size,
            avoided,
            list.map(({ name, room }) => disk(name, room)),
          ).name;
        if (fits.length === 0) {
          assert.throws(
            () => place(all),
            (error) => error instanceof LodgeError && error.type === "full",
          );
          return;
        }
        const host = place(all);
        assert.ok(fits.some(({ name }) => name === host));
        assert.equal(place([...all].reverse()), host, "the order of the hosts does not matter");
      },
    ),
    bounded(100),
  );
});
