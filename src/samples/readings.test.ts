import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunUse } from "../host/host.ts";
import { readingOf, usedSince } from "./readings.ts";
import type { Sample } from "./sample.ts";

const CORE_MHZ = 2500;

type Counted = {
  readonly cpuMs?: number;
  readonly bytes?: number;
  readonly run?: string;
  readonly ageS?: number;
};

const useOf = ({ cpuMs = 0, bytes = 0, run = "a", ageS = 1e6 }: Counted): RunUse => {
  const io = { readBytes: bytes, readRequests: 2, writeBytes: 3, writeRequests: 4 };
  return {
    ...{ run, ageS, cpuMs, residentBytes: 100 * 2 ** 20 },
    counters: {
      rxBytes: bytes,
      rxPackets: 9,
      txBytes: 7,
      txPackets: 9,
      devices: { "ide:0:0": io, "ide:0:1": io },
    },
  };
};

type Round = { readonly at: number } & Counted;

/** What was used between two rounds. */
function between(before: Round | null, after: Round): Sample | null {
  const last = before === null ? null : readingOf(useOf(before), before.at);
  const use = useOf(after);
  const used = usedSince({
    ...{ use, now: readingOf(use, after.at), last },
    ...{ lastRoundAt: before?.at ?? null, coreMhz: CORE_MHZ, mostS: 300 },
  });
  return used?.sample ?? null;
}

test("what was used is the difference of two readings, over all devices, CPU in core MHz for seconds", () => {
  assert.deepEqual(between({ at: 1000, cpuMs: 500, bytes: 10 }, { at: 1060, cpuMs: 30_500, bytes: 110 }), {
    seconds: 60,
    // Half of a core, for a minute.
    cpuMhzS: (CORE_MHZ / 2) * 60,
    memMibS: 100 * 60,
    ...{ rxBytes: 100, txBytes: 0 },
    ...{ readBytes: 200, readRequests: 0, writeBytes: 0, writeRequests: 0 },
  });
});

test("a run that began since the round before has counted from nothing", () => {
  const used = between(
    { at: 1000, cpuMs: 5000, bytes: 10 },
    { at: 1060, cpuMs: 2000, bytes: 70, run: "b", ageS: 20 },
  );
  assert.deepEqual([used?.seconds, used?.cpuMhzS, used?.rxBytes, used?.txBytes], [20, 5000, 70, 7]);
});

test("of a run that was there before, and was not read, nothing is known", () => {
  assert.equal(between(null, { at: 1060, cpuMs: 2000 }), null);
  assert.equal(between(null, { at: 1060, cpuMs: 2000, ageS: 5 }), null);
  assert.equal(between({ at: 1000 }, { at: 1060, cpuMs: 2000, run: "b", ageS: 100 }), null);
});

test("neither a counter nor a clock that goes back makes an amount, nor does a long while", () => {
  assert.equal(between({ at: 1000, bytes: 10 }, { at: 1060, bytes: 9 }), null);
  assert.equal(between({ at: 1000, cpuMs: 10 }, { at: 1060, cpuMs: 9 }), null);
  assert.equal(between({ at: 1060 }, { at: 1000 }), null);
  assert.equal(between({ at: 1060 }, { at: 1060 }), null);
  assert.equal(between({ at: 1000 }, { at: 1301 }), null);
  assert.equal(between({ at: 1000 }, { at: 1300 })?.seconds, 300);
});
