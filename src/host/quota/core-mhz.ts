/** The speed of one of this machine's cores, in MHz: what the unit of `cpu` is measured against (spec: "core MHz"). */
import { readFile } from "node:fs/promises";

/** What the machine says of itself; null where it says nothing. */
export type Statements = {
  /** `cpufreq/cpuinfo_max_freq` of the first core, in kHz. */
  readonly maxFrequency: string | null;
  /** `/proc/cpuinfo`. */
  readonly cpuinfo: string | null;
};

/** The speed by those statements, or null: the highest that a core can have, else the highest that one has now. */
export function statedCoreMhz({ maxFrequency, cpuinfo }: Statements): number | null {
  const most = Math.round(Number(maxFrequency ?? 0) / 1000);
  if (most > 0) return most;
  const speeds = [...(cpuinfo ?? "").matchAll(/^cpu MHz\s*:\s*([\d.]+)$/gm)].map(([, mhz]) => Number(mhz));
  const fastest = Math.round(Math.max(0, ...speeds));
  return fastest > 0 ? fastest : null;
}

/** The speed of a core here. Where the machine does not state it, it is measured for a moment. */
export async function coreMhz(): Promise<number> {
  const [maxFrequency, cpuinfo] = await Promise.all([
    readFile("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "utf8").catch(() => null),
    readFile("/proc/cpuinfo", "utf8").catch(() => null),
  ]);
  return statedCoreMhz({ maxFrequency, cpuinfo }) ?? measuredCoreMhz();
}

/**
 * The best of a few runs of a loop whose every step waits for the one before. Its steps take two cycles each on the
 * processors of these years, so this is an estimate: a unit for quotas, not a claim about the processor.
 */
function measuredCoreMhz(): number {
  const STEPS = 5_000_000;
  const CYCLES_A_STEP = 2;
  let fastest = 0;
  for (let round = 0; round < 8; round++) {
    const start = performance.now();
    chain(STEPS, round);
    fastest = Math.max(fastest, (STEPS * CYCLES_A_STEP) / ((performance.now() - start) * 1000));
  }
  return Math.max(1, Math.round(fastest));
}

function chain(steps: number, seed: number): number {
  let value = seed;
  for (let step = 0; step < steps; step++) value = ((value ^ step) + 1) | 0;
  return value;
}
