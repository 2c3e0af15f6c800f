/**
 * `npm run power -- --torn N --daemons N --seed N`: a cloud does a script while all its writes and syncs are recorded, and then
 * the power fails at every moment of it. `torn` is how often, of one, a moment is judged with a part of what was not synced, and
 * `daemons` how often by a daemon that is started on what is left. It takes root.
 */
import { parseArgs } from "node:util";
import { failAtEach } from "./failures.ts";
import { record } from "./recording.ts";

const { values } = parseArgs({
  options: {
    torn: { type: "string", default: "0.2" },
    daemons: { type: "string", default: "0.02" },
    seed: { type: "string", default: "1" },
  },
});

const [torn, daemons, seed] = [values.torn, values.daemons, values.seed].map(Number) as [
  number,
  number,
  number,
];
const recording = await record(true);
console.log(`${recording.events.length} events, ${recording.known.length - 1} answers, seed ${seed}`);
console.log(JSON.stringify(await failAtEach(recording, { seed, torn, daemons })));
