/**
 * `npm run rounds -- --kind KIND --rounds N --seed N`: so many rounds of kill -9 of the daemon, the storage daemon, a QEMU,
 * `dnsmasq` or all of them at once, under a mixed load on a real cloud. It takes root.
 */
import { parseArgs } from "node:util";
import { Rounds } from "./rounds.ts";
import { KINDS } from "./strike.ts";

const { values } = parseArgs({
  options: {
    kind: { type: "string", default: "daemon" },
    rounds: { type: "string", default: "10" },
    seed: { type: "string" },
  },
});

const kind = KINDS.find((each) => each === values.kind);
if (kind === undefined) throw new Error(`--kind takes ${KINDS.join(", ")}`);
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const startMs = performance.now();
console.log(`${values.rounds} rounds of ${kind}, seed ${seed}`);
const onRound = (line: string) => console.log(line);
const { figures, answers } = await Rounds.run(Number(values.rounds), { kinds: [kind], seed, onRound });
const seconds = Math.round((performance.now() - startMs) / 1000);
console.log(JSON.stringify({ kind, seed, seconds, ...figures, answers: Object.fromEntries(answers.counts) }));
