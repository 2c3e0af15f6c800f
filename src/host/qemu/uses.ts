/**
 * What the servers of this host use. Their processes are asked of the kernel (proc(5)), and their counters are those that the
 * monitors read by themselves, every few seconds (`meter.ts`): so a QEMU that is stuck is asked nothing.
 */
import { uptime } from "node:os";
import type { RunUse } from "../host.ts";
import { TICKS_PER_SECOND, useOf } from "../process/process.ts";
import type { Run } from "./run.ts";

/** Of how many processes the kernel is asked at once: others read files by the same threads. */
const AT_ONCE = 2;

/** Of those that run and answer, by their uuids. Errors: what this process is short of (`unlessShort`). */
export async function usesOf(
  runs: ReadonlyMap<string, Pick<Run, "counted">>,
): Promise<ReadonlyMap<string, RunUse>> {
  const uses = new Map<string, RunUse>();
  // One iterator, from which each takes the next.
  const left = [...runs].values();
  const ask = async () => {
    for (const [uuid, run] of left) {
      const use = await askOf(run);
      if (use !== null) uses.set(uuid, use);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return uses;
}

async function askOf({ counted }: Pick<Run, "counted">): Promise<RunUse | null> {
  if (counted === null) return null;
  const { identity, counters } = counted;
  const use = await useOf(identity);
  if (use === null) return null;
  return {
    run: `${identity.pid}/${identity.startTicks}`,
    ageS: Math.max(0, uptime() - identity.startTicks / TICKS_PER_SECOND),
    cpuMs: (use.tookTicks * 1000) / TICKS_PER_SECOND,
    residentBytes: use.residentBytes,
    counters,
  };
}
