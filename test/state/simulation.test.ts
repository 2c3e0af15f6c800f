/**
 * The simulation of the control plane, a fixed share of it: with two fixed seeds, and one of each run's own, which it
 * says. `LODGE_SIMULATION_STEPS` takes more of it; CONTRIBUTING.md says how a seed is run again.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { join } from "node:path";
import { test } from "node:test";
import { runToEnd } from "../../testing/run.ts";
import { long, manyOf } from "../../testing/share.ts";

const STEPS = Number(process.env.LODGE_SIMULATION_STEPS ?? manyOf(15_000, 5_000));
const MAIN = join(import.meta.dirname, "../../testing/simulation/main.ts");
/** One daemon alone where it is divisible by three, else two. */
const SEEDS = { two: 1, one: 3 } as const;

/** Simulates in a process of its own; answers what it says of the course of events. */
async function simulated(seed: number): Promise<string> {
  const words = ["--seed", String(seed), "--steps", String(STEPS)];
  const { code, stdout, stderr } = await runToEnd([process.execPath, MAIN, ...words]);
  assert.equal(code, 0, stderr);
  return stdout.split("\n")[0] ?? "";
}

let first: Promise<string> | undefined;

test("two daemons on one store lose nothing of what they answered, whatever befalls them", async () => {
  first = simulated(SEEDS.two);
  assert.match(await first, /at rest, trace [0-9a-f]{8}$/);
});

test("a daemon alone on its store loses nothing of what it answered, whatever befalls it", async () => {
  assert.match(await simulated(SEEDS.one), /at rest/);
});

test("with a seed that nobody chose nothing of what was answered is lost either", async (t) => {
  const seed = randomInt(2 ** 31);
  t.diagnostic(`seed ${seed}`);
  assert.match(await simulated(seed), /at rest/);
});

test("a seed makes one course of events, in whatever process", long, async () => {
  assert.equal(await simulated(SEEDS.two), await first);
});
