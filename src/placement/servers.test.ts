import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { LodgeError } from "../base/errors.ts";
import { CPU_OVERCOMMIT, mostOf } from "./capacity.ts";
import type { Avoided } from "./hosts.ts";
import {
  ensureFaster,
  ensureHoldable,
  type Need,
  type NeededDrive,
  placeServer,
  type ServerHostLoad,
} from "./servers.ts";

/** 4 cores of 2500 MHz, and 7168 MB that servers may have. */
const host = (
  name: string,
  allocated: Partial<Need> = {},
  more: Partial<ServerHostLoad> = {},
): ServerHostLoad => ({
  name,
  cores: 4,
  coreMhz: 2500,
  memMib: 8192,
  allocatedMhz: allocated.cpuMhz ?? 0,
  allocatedMemMib: allocated.memMib ?? 0,
  ...more,
});
const small = host("small", {}, { cores: 1, memMib: 2048 });

const need = (more: Partial<Need> = {}): Need => ({ cpuMhz: 500, memMib: 1024, smp: null, ...more });
const drive = (key: string, name: string): NeededDrive => ({ key, host: name });
const avoid = (uuid: string, name: string): Avoided => ({
  key: "avoid:servers",
  noun: "server",
  uuid,
  host: name,
});

type Case = { need?: Need; drives?: NeededDrive[]; avoided?: Avoided[]; hosts: ServerHostLoad[] };
const place = ({ need: needed = need(), drives = [], avoided = [], hosts }: Case) =>
  placeServer(needed, drives, avoided, hosts).name;

const chosen: [what: string, given: Case, name: string][] = [
  ["goes where most memory is free", { hosts: [host("a", { memMib: 2 }), host("b", { memMib: 1 })] }, "b"],
  [
    "goes where most CPU is free, of two",
    { hosts: [host("a", { cpuMhz: 2 }), host("b", { cpuMhz: 1 })] },
    "b",
  ],
  ["goes to the first by name, of two alike", { hosts: [host("b"), host("a")] }, "a"],
  [
    "goes where its drives are, though others have more room",
    {
      drives: [drive("ide:0:0", "b"), drive("ide:0:1", "b")],
      hosts: [host("a"), host("b", { memMib: 4096 })],
    },
    "b",
  ],
  [
    "goes past the host of what it avoids",
    { avoided: [avoid("x", "a")], hosts: [host("a"), small] },
    "small",
  ],
  ["goes past hosts that are too small", { need: need({ smp: 9 }), hosts: [small, host("z")] }, "z"],
  ["goes past a host whose CPU is allocated", { hosts: [host("a", { cpuMhz: 39_501 }), small] }, "small"],
  [
    "may be given CPU that is allocated to others, up to a bound",
    { hosts: [host("a", { cpuMhz: 10_000 * CPU_OVERCOMMIT - 500 })] },
    "a",
  ],
  ["may be given all the memory that is left", { hosts: [host("a", { memMib: 7168 - 1024 })] }, "a"],
];
for (const [what, given, name] of chosen) {
  test(`a server ${what}`, () => {
    assert.equal(place(given), name);
  });
}

const refused: [what: string, given: Case, type: "usage" | "full", message: string][] = [
  [
    "more CPU than any host has",
    { need: need({ cpuMhz: 10_001 }), hosts: [host("a", { memMib: 7168 }), small] },
    "usage",
    "cpu takes at most 10000 core MHz: no host has more",
  ],
  [
    "more memory than any host has, less its reserve",
    { need: need({ memMib: 7169 }), hosts: [host("a"), small] },
    "usage",
    "mem takes at most 7168 MB: no host has more",
  ],
  [
    "more processors than any host can bear",
    { need: need({ smp: 33 }), hosts: [host("a"), small] },
    "usage",
    "smp takes at most 32 virtual processors: no host has the cores for more",
  ],
  [
    "CPU of one host and memory of another",
    {
      need: need({ cpuMhz: 10_000, memMib: 8192 }),
      hosts: [host("a"), host("b", {}, { cores: 1, memMib: 65_536 })],
    },
    "usage",
    "cpu, mem and smp are each within what a host has, but no host has all of it: cpu 10000, mem 8192",
  ],
  [
    "memory that other servers have now",
    { hosts: [host("a", { memMib: 6145 }), host("b", { memMib: 6144 + 24 })] },
    "full",
    "mem takes at most 1023 MB now: no host has more to give",
  ],
  [
    "CPU that other servers have now",
    { hosts: [host("a", { cpuMhz: 39_501 })] },
    "full",
    "cpu takes at most 499 core MHz now: no host has more to give",
  ],
  [
    "memory of one host and CPU of another now",
    { hosts: [host("a", { cpuMhz: 39_600 }), host("b", { memMib: 7168 })] },
    "full",
    "cpu takes at most 400 core MHz now: no host that has the memory has more to give",
  ],
  [
    "to avoid a server on the only host",
    { avoided: [avoid("x", "a")], hosts: [host("a")] },
    "full",
    "avoid:servers cannot be met: server x is on the only host that there is",
  ],
  [
    "to avoid a server on the host that has its drives",
    { drives: [drive("block:0", "a")], avoided: [avoid("x", "a")], hosts: [host("a"), host("b")] },
    "full",
    "avoid:servers cannot be met: server x is on the only host that has its drives",
  ],
  [
    "to avoid something on every host that is big enough",
    {
      need: need({ smp: 9 }),
      avoided: [avoid("x", "a"), { key: "avoid:drives", noun: "drive", uuid: "y", host: "b" }],
      hosts: [host("a"), host("b"), small],
    },
    "full",
    "avoid:servers and avoid:drives cannot be met: every host that is big enough has one of server x, drive y",
  ],
  [
    "drives that are on different hosts",
    { drives: [drive("ide:0:0", "a"), drive("block:3", "b")], hosts: [host("a"), host("b")] },
    "full",
    "ide:0:0 and block:3 name drives on different hosts: a server runs where they are",
  ],
  [
    "more than the host of its drives ever has",
    { need: need({ smp: 9 }), drives: [drive("ide:0:0", "small")], hosts: [host("a"), small] },
    "full",
    "the host that has the drive of ide:0:0 is too small for this server",
  ],
];
for (const [what, given, type, message] of refused) {
  test(`a server that wants ${what} is refused as ${type}, in a sentence that says so`, () => {
    assert.throws(() => place(given), { type, message });
  });
}

test("a part of a host's memory is kept from servers, more of it on a small host", () => {
  assert.equal(mostOf({ cores: 1, coreMhz: 1, memMib: 65_536 }).memMib, 57_344);
  assert.equal(mostOf({ cores: 1, coreMhz: 1, memMib: 1024 }).memMib, 768);
  assert.equal(mostOf({ cores: 1, coreMhz: 1, memMib: 128 }).memMib, 0);
});

test("a running server's quota grows while its host has CPU to give", () => {
  ensureFaster(host("a", { cpuMhz: 39_000 }), 1000);
  assert.throws(() => ensureFaster(host("a", { cpuMhz: 39_000 }), 1001), {
    type: "full",
    message: "cpu may grow by at most 1000 core MHz now: its host has no more to give",
  });
});

const names = fc.constantFrom("a", "b", "c", "d", "e");
const anyHost = fc.record({
  name: names,
  cores: fc.integer({ min: 1, max: 8 }),
  coreMhz: fc.constantFrom(1000, 2500),
  memMib: fc.integer({ min: 0, max: 8192 }),
  allocatedMhz: fc.integer({ min: 0, max: 40_000 }),
  allocatedMemMib: fc.integer({ min: 0, max: 8192 }),
});
const anyCase = fc.record({
  need: fc.record({
    cpuMhz: fc.integer({ min: 1, max: 12_000 }),
    memMib: fc.integer({ min: 32, max: 6000 }),
    smp: fc.option(fc.integer({ min: 1, max: 48 })),
  }),
  drives: fc.array(
    names.map((name) => drive("ide:0:0", name)),
    { maxLength: 2 },
  ),
  avoided: fc.array(
    names.map((name) => avoid("x", name)),
    { maxLength: 3 },
  ),
  hosts: fc.uniqueArray(anyHost, { selector: ({ name }) => name, minLength: 1, maxLength: 5 }),
});

/** The rules once more, host by host. */
const couldEver = ({ need: { cpuMhz, memMib, smp } }: { need: Need }, on: ServerHostLoad) =>
  cpuMhz <= on.cores * on.coreMhz && memMib <= mostOf(on).memMib && (smp ?? 1) <= on.cores * 8;
const canNow = (wanted: { need: Need; drives: NeededDrive[]; avoided: Avoided[] }, on: ServerHostLoad) =>
  couldEver(wanted, on) &&
  wanted.drives.every(({ host: name }) => name === on.name) &&
  wanted.avoided.every(({ host: name }) => name !== on.name) &&
  on.allocatedMemMib + wanted.need.memMib <= mostOf(on).memMib &&
  on.allocatedMhz + wanted.need.cpuMhz <= on.cores * on.coreMhz * CPU_OVERCOMMIT;

test("a server is put where it fits and breaks no rule, and refused only where no host will do", () => {
  const seen = { placed: 0, usage: 0, full: 0 };
  fc.assert(
    fc.property(anyCase, (wanted) => {
      const fits = wanted.hosts.filter((on) => canNow(wanted, on));
      const ever = wanted.hosts.some((on) => couldEver(wanted, on));
      try {
        const name = place(wanted);
        const best = fits.find((on) => on.name === name);
        assert.ok(best !== undefined, "it fits where it is put");
        const free = (on: ServerHostLoad) => mostOf(on).memMib - on.allocatedMemMib;
        assert.ok(
          fits.every((on) => free(on) <= free(best)),
          "none that fits has more memory free",
        );
        assert.equal(place({ ...wanted, hosts: [...wanted.hosts].reverse() }), name);
        seen.placed++;
      } catch (error) {
        if (!(error instanceof LodgeError)) throw error;
        assert.equal(fits.length, 0, error.message);
        assert.equal(error.type, ever ? "full" : "usage", error.message);
        seen[ever ? "full" : "usage"]++;
      }
    }),
    bounded(2000),
  );
  assert.ok(
    Object.values(seen).every((count) => count > 20),
    JSON.stringify(seen),
  );
});

test("however many servers come, no host has more allocated than its bounds, and all that could be placed are", () => {
  const hosts = fc.uniqueArray(
    anyHost.map((on) => ({ ...on, allocatedMhz: 0, allocatedMemMib: 0 })),
    { selector: ({ name }) => name, minLength: 1, maxLength: 5 },
  );
  const needs = fc.array(
    fc.record({
      cpuMhz: fc.integer({ min: 1, max: 4000 }),
      memMib: fc.integer({ min: 32, max: 2000 }),
      smp: fc.constant(null),
    }),
    { minLength: 1, maxLength: 60 },
  );
  fc.assert(
    fc.property(hosts, needs, (all, wanted) => {
      const state = new Map<string, ServerHostLoad>(all.map((on) => [on.name, on]));
      for (const next of wanted) {
        const now = [...state.values()];
        const fits = now.some((on) => canNow({ need: next, drives: [], avoided: [] }, on));
        try {
          const on = placeServer(next, [], [], now);
          state.set(on.name, {
            ...on,
            allocatedMhz: on.allocatedMhz + next.cpuMhz,
            allocatedMemMib: on.allocatedMemMib + next.memMib,
          });
        } catch (error) {
          if (!(error instanceof LodgeError)) throw error;
          assert.ok(!fits, error.message);
        }
      }
      for (const on of state.values()) {
        assert.ok(on.allocatedMemMib <= mostOf(on).memMib);
        assert.ok(on.allocatedMhz <= on.cores * on.coreMhz * CPU_OVERCOMMIT);
      }
    }),
    bounded(200),
  );
});

test("what no host could hold is refused before anything is placed", () => {
  ensureHoldable(need(), [small]);
  assert.throws(() => ensureHoldable(need(), []), { type: "usage" });
});
