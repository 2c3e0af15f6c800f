/** The shortest history that is found in which something is wrong still. */
import type { Act } from "./acts.ts";
import { Difference, runHistory } from "./history.ts";

export type Failing = { readonly acts: readonly Act[]; readonly error: Difference };

/** Null where nothing is wrong. Errors: any but a Difference. */
export async function failureOf(acts: readonly Act[]): Promise<Failing | null> {
  try {
    await runHistory(acts);
    return null;
  } catch (error) {
    if (!(error instanceof Difference)) throw error;
    // What comes after it has no part in it.
    return { acts: acts.slice(0, error.act + 1), error };
  }
}

/**
 * Leaves out acts, and then their crashes and most of their time, as long as it fails still, for so long at most.
 *
 * @param fails what becomes of a history
 */
export async function shrink(failing: Failing, seconds: number, fails = failureOf): Promise<Failing> {
  const end = performance.now() + seconds * 1000;
  let least = failing;
  const tries = async (acts: readonly Act[]): Promise<boolean> => {
    if (performance.now() > end) return false;
    const failed = await fails(acts);
    // Another failure would be another history's.
    if (failed === null || kindOf(failed) !== kindOf(failing)) return false;
    least = failed;
    return true;
  };
  for (let size = Math.ceil(least.acts.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let first = 0; first < least.acts.length; ) {
      if (!(await tries(least.acts.toSpliced(first, size)))) first += size;
    }
  }
  for (const simpler of SIMPLER) {
    for (let index = 0; index < least.acts.length; index++) {
      const act = least.acts[index];
      if (act !== undefined) await tries(least.acts.with(index, simpler(act)));
    }
  }
  return least;
}

const kindOf = ({ error }: Failing) => error.message.split("\n")[0];

/** Longer than any act waits. */
const YEAR_S = 366 * 86_400;

const SIMPLER: readonly ((act: Act) => Act)[] = [
  (act) => ({ ...act, crash: null }),
  (act) => ({ ...act, after: 0 }),
  (act) => ({ ...act, after: act.after % 3600 }),
  // The next end may be a month away: looking each second until then never ends.
  (act) => ({ ...act, every: YEAR_S }),
  (act) => ({ ...act, who: 0 }),
];
