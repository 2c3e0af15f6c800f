/** The power fails at every moment of a script; `npm run power` has a longer one, and judges more often by a daemon. */
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { failAtEach } from "../testing/power/failures.ts";
import { type Recording, record } from "../testing/power/recording.ts";
import { long } from "../testing/share.ts";
import { needsSmallDisk } from "../testing/small-disk.ts";

const SEED = Number(process.env.LODGE_TEST_SEED ?? 5);
/** Of each moment nothing that was not synced, and of some a part of it. */
const SHARE = { seed: SEED, torn: 0.02, daemons: 0.002 };

describe("whenever the power fails", needsSmallDisk, () => {
  let recording: Recording;
  before(async () => {
    recording = await record(false);
  });

  test("what was answered is there, and of what was not all or nothing", async () => {
    const { judged } = await failAtEach(recording, SHARE);
    assert.ok(judged > 100, "moments were judged");
  });

  for (const [what, path] of [
    ["files that are written whole", /\.new$/],
    ["the home's folder", /\/home$/],
    ["the folder that the home is in", /\/disk$/],
    ["the store's log", /lodge\.db-wal$/],
    ["the folder of drives", /\/drives$/],
    ["drives' files", /\.(raw|qcow2)$/],
  ] as const) {
    test(`it would be seen that ${what} were not synced`, long, async () => {
      const events = recording.events.filter((event) => event.does !== "sync" || !path.test(event.path));
      await assert.rejects(failAtEach({ ...recording, events }, { ...SHARE, torn: 0, daemons: 0 }));
    });
  }
});
