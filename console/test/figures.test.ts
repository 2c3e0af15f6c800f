/** What graphs tell of samples: the amounts, each in its unit. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { graphsOf } from "../src/graphs/graph.ts";

const SECONDS = 60;
const [KIB, MIB] = [2 ** 10, 2 ** 20];

const SAMPLE = {
  ...{ time: 1_798_761_600, step: SECONDS, seconds: SECONDS, cpu: 1500, mem: 640 },
  "rx:bytes": 3 * MIB * SECONDS,
  "tx:bytes": 700 * KIB * SECONDS,
  "read:bytes": 512 * SECONDS,
  "read:requests": 2.5 * SECONDS,
  "write:bytes": 1.5 * KIB * SECONDS,
  "write:requests": 40 * SECONDS,
};

/** What each graph's lines tell of it. */
const told = (sample: typeof SAMPLE) =>
  graphsOf({ server: "", cpu: "2000", mem: "1024" }).map(({ title, lines, shown }) => [
    title,
    ...lines.map(({ name, of }) => `${name}: ${shown(of(sample))}`),
  ]);

const RATES = [
  ["Network", "Received: 3 MiB/s", "Sent: 700 KiB/s"],
  ["Drives", "Read: 512 B/s", "Written: 1.5 KiB/s"],
  ["Drive requests", "Read: 2.5/s", "Written: 40/s"],
];

test("graphs tell the amounts of a sample, each in its unit", () => {
  assert.deepEqual(told(SAMPLE), [
    ["CPU", "Used: 1.5 GHz", "Given: 2 GHz"],
    ["Memory", "Used: 640 MiB", "Given: 1 GiB"],
    ...RATES,
  ]);
});

test("what goes on each second is of the seconds in which the server was seen to run", () => {
  assert.deepEqual(told({ ...SAMPLE, step: 10 * SECONDS }).slice(2), RATES);
});
