/**
 * `npm run money -- --histories N --seed S`: so many histories of a year, from that seed on; without one, from a fresh one.
 * One in which product and model differ is shrunk and printed.
 */
import { parseArgs } from "node:util";
import { history } from "./acts.ts";
import { report } from "./report.ts";
import { failureOf } from "./shrink.ts";

const HISTORIES = 100;
/** After how many it is told how far it is. */
const TOLD = 100;

const { values } = parseArgs({ options: { seed: { type: "string" }, histories: { type: "string" } } });
const first = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const histories = Number(values.histories ?? HISTORIES);
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(histories)) {
  console.error("--seed and --histories take whole numbers");
  process.exit(2);
}
for (let seed = first; seed < first + histories; seed++) {
  const failing = await failureOf(history(seed));
  if (failing === null) {
    if ((seed - first + 1) % TOLD === 0) console.error(`${seed - first + 1} of ${histories} histories`);
    continue;
  }
  console.error(await report(seed, failing));
  process.exit(1);
}
const { user, system } = process.cpuUsage();
const seconds = (user + system) / 1e6;
console.log(`${histories} histories from seed ${first} on: product and model say the same`);
console.log(`in ${seconds.toFixed(1)} s of a core, ${(seconds / histories).toFixed(2)} s each`);
