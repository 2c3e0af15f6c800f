import assert from "node:assert/strict";
import { test } from "node:test";
import { coreMhz, statedCoreMhz } from "./core-mhz.ts";

const CPUINFO = "processor\t: 0\ncpu MHz\t\t: 1800.000\n\nprocessor\t: 1\ncpu MHz\t\t: 2299.998\n";

test("the highest frequency that a core can have is its speed", () => {
  assert.equal(statedCoreMhz({ maxFrequency: "3500000\n", cpuinfo: CPUINFO }), 3500);
});

test("where that is not said, the fastest core is the measure", () => {
  assert.equal(statedCoreMhz({ maxFrequency: null, cpuinfo: CPUINFO }), 2300);
});

test("a machine may say nothing", () => {
  assert.equal(statedCoreMhz({ maxFrequency: null, cpuinfo: "Processor : ARM\n" }), null);
  assert.equal(statedCoreMhz({ maxFrequency: null, cpuinfo: null }), null);
});

test("this machine has a speed", async () => {
  assert.ok((await coreMhz()) > 0);
});
