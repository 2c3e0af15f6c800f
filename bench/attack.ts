/** An attack as a process of its own: `attack.ts WHAT URL PREY` goes on until it is ended. */
import { ATTACKS, type Prey } from "../testing/hostile.ts";

const [, , what = "", url = "", prey = ""] = process.argv;
const begin = ATTACKS[what];
if (begin === undefined) throw new Error(`there is no attack ${what}`);
begin({ url }, JSON.parse(prey) as Prey);
process.stdout.write("begun\n");
