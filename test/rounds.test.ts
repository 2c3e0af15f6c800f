/** A few rounds in which parts of a real cloud are killed; `npm run rounds` does as many of them as one wants. */
import { test } from "node:test";
import { Rounds } from "../testing/rounds/rounds.ts";
import { KINDS } from "../testing/rounds/strike.ts";
import { manyOf } from "../testing/share.ts";
import { needsSmallDisk } from "../testing/small-disk.ts";

const ROUNDS = manyOf(7, 2);
const SEED = Number(process.env.LODGE_TEST_SEED ?? 11);

test(
  "whatever of a cloud is killed under load, all that was answered is so, and nothing else is there",
  needsSmallDisk,
  async () => {
    await Rounds.run(ROUNDS, { kinds: KINDS, seed: SEED });
  },
);
