/** What is said of a history in which product and model differ. */
import { type Failing, shrink } from "./shrink.ts";

/** How long a shorter history is looked for. */
const SHRINK_S = 120;

export async function report(seed: number, failing: Failing): Promise<string> {
  const { acts, error } = await shrink(failing, SHRINK_S);
  const cause = error.cause instanceof Error ? error.cause.stack : error.stack;
  return [
    ...acts.map((act) => JSON.stringify(act)),
    cause,
    `\nseed ${seed}: ${failing.acts.length} acts, shrunk to ${acts.length}: ${error.message}`,
    `again: npm run money -- --histories 1 --seed ${seed}`,
  ].join("\n");
}
