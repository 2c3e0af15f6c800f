/** Faults that a test of state sets off in its cloud. */
import type { Effect } from "./simulated/machine.ts";
import type { Cloud } from "./state-cloud.ts";

/** Lets the effect hang for good from now on; answers a promise of the first time that it begins. */
export function hang(cloud: Cloud, effect: Effect): Promise<void> {
  const begun = Promise.withResolvers<void>();
  cloud.before = async (now) => {
    if (now !== effect) return;
    begun.resolve();
    await new Promise(() => {});
  };
  return begun.promise;
}
