/** A share of the fuzzing for every run: the same cases each time. `npm run fuzz` has more, and others. */
import { test } from "node:test";
import { manyOf } from "../../testing/share.ts";
import { PARTS, shares } from "./parts.ts";

const CASES = manyOf(8_000, 4_000);
const SEED = 20_261_126;

for (const [part, cases] of shares(PARTS, CASES)) {
  test(`what comes as ${part.name} ends in time, as it should, and leaves no memory taken`, {
    timeout: 120_000,
  }, async (t) => {
    const { seconds, slowestMs, grownMib } = await part.run(t, { cases, seed: SEED });
    t.diagnostic(
      `${cases} cases, ${seconds.toFixed(1)} s, the slowest ${slowestMs.toFixed(0)} ms, ${grownMib.toFixed(1)} MiB more`,
    );
  });
}
