/** The power fails at every moment of a script; `npm run power` has a longer one, and judges more often by a daemon. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { failAtEach } from "../testing/power/failures.ts";
import { record } from "../testing/power/recording.ts";
import { needsSmallDisk } from "../testing/small-disk.ts";

const SEED = Number(process.env.LODGE_TEST_SEED ?? 5);
/** Of each moment nothing that was not synced, and of some a part of it. */
const SHARE = { torn: 0.05, daemons: 0.003 };

test(
  "whenever the power fails, what was answered is there, and of what was not all or nothing",
  needsSmallDisk,
  async () => {
    const recording = await record(false);
    const { judged } = await failAtEach(recording, { seed: SEED, ...SHARE });
    assert.ok(judged > 100, "moments were judged");
  },
);
