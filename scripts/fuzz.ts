/**
 * `npm run fuzz -- [--cases N] [--seed N] [--part NAME]...`: fuzzes the named parts, or all, with so many cases in all
 * (test/fuzz/). Says the figures of each part. What fails is told with a seed, which finds it again.
 */
import { parseArgs } from "node:util";
import { BATCH_CASES, type Closing } from "../test/fuzz/part.ts";
import { PARTS, shares } from "../test/fuzz/parts.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "100000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    part: { type: "string", multiple: true, default: [] },
  },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];
if (!Number.isSafeInteger(cases) || cases < 1 || !Number.isSafeInteger(seed))
  throw new Error("--cases and --seed take whole numbers");
const unknown = values.part.filter((name) => !PARTS.some((part) => part.name === name));
if (unknown.length > 0)
  throw new Error(`there are no parts ${unknown}: there are ${PARTS.map(({ name }) => name)}`);
const chosen = PARTS.filter(({ name }) => values.part.length === 0 || values.part.includes(name));

console.log(
  `seed ${seed}; a failure of a batch says its own: --part NAME --seed THAT --cases ${BATCH_CASES}`,
);
for (const [part, count] of shares(chosen, cases)) {
  const closers: (() => unknown)[] = [];
  const context: Closing = { after: (work) => void closers.push(work) };
  try {
    const { seconds, slowestMs, grownMib } = await part.run(context, { cases: count, seed });
    console.log(
      `${part.name}: ${count} cases, ${seconds.toFixed(0)} s, the slowest ${slowestMs.toFixed(0)} ms, ${grownMib.toFixed(1)} MiB more`,
    );
  } catch (error) {
    process.exitCode = 1;
    console.log(
      `${part.name}: FAILED: ${error instanceof Error ? `${error.message}\n${error.cause instanceof Error ? error.cause.stack : error.stack}` : error}`,
    );
  } finally {
    for (const close of closers.reverse()) await close();
  }
}
