/** `npm run simulate -- --seed N --steps N`: one simulation of the control plane; without a seed, a fresh one. */
import { parseArgs } from "node:util";
import { Simulation, Violation } from "./simulation.ts";

const STEPS = 100_000;

const { values } = parseArgs({ options: { seed: { type: "string" }, steps: { type: "string" } } });
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const steps = Number(values.steps ?? STEPS);
if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(steps)) {
  console.error("--seed and --steps take whole numbers");
  process.exit(2);
}
try {
  const { steps: done, virtualMs, hash, recoveries } = await new Simulation({ seed, steps }).run();
  const { user, system } = process.cpuUsage();
  const seconds = (user + system) / 1e6;
  const hours = (virtualMs / 3_600_000).toFixed(1);
  // The first line is the same in all runs of a seed.
  console.log(
    `seed ${seed}: ${done} steps, ${hours} hours of virtual time, ${recoveries} times at rest, trace ${hash}`,
  );
  console.log(`in ${seconds.toFixed(1)} s of a core: ${Math.round(done / seconds)} steps a second`);
} catch (error) {
  if (!(error instanceof Violation)) throw error;
  console.error(error.history.join("\n"));
  console.error((error.cause as Error | undefined)?.stack ?? String(error.cause));
  console.error(`\nseed ${seed}: violated at step ${error.step}: ${error.message}`);
  console.error(`again: npm run simulate -- --seed ${seed} --steps ${error.step}`);
  process.exit(1);
}
