import assert from "node:assert/strict";
import { test } from "node:test";
import type { Instance } from "../../host/host.ts";
import type { Phase } from "../server.ts";
import { compare, type Finding } from "./compare.ts";

const row = (phase: Phase, generation: number, isQuiet = true) => ({ phase, generation, isQuiet });
const runs = (generation: number): Instance => ({
  ...{ uuid: "s", generation, started: 0, state: "active", responsive: true },
});
const ended = (generation: number): Instance => ({
  ...{ uuid: "s", generation, started: 0, state: "ended", ranAt: generation, endedAgoS: 0 },
  counters: { rxBytes: 0, rxPackets: 0, txBytes: 0, txPackets: 0, devices: {} },
});

const cases: readonly [
  what: string,
  recorded: ReturnType<typeof row> | null,
  instance: Instance | null,
  finding: Finding,
][] = [
  ["a run that nobody recorded is kept as unknown", null, runs(1), "unknown"],
  ["a run of a higher generation than its row is kept as unknown", row("active", 3), runs(4), "unknown"],
  ["so is one whose row was stopped, as in a store of yesterday", row("stopped", 3), runs(4), "unknown"],
  ["a run of a server that is stopped is never ended by its row", row("stopped", 4), runs(3), "unknown"],
  ["an active server that runs agrees", row("active", 3), runs(3), "agrees"],
  ["one whose host has not heard of its last change agrees", row("active", 4), runs(3), "agrees"],
  ["a server that neither runs nor is to agrees", row("stopped", 3), null, "agrees"],
  ["an active server that its host does not know has ended", row("active", 3), null, "ended"],
  ["an active server whose run has ended is to be settled", row("active", 3), ended(3), "ended"],
  ["what is under way is left to its operation: a launch", row("starting", 3, false), null, "under way"],
  ["what is under way is left to its operation: an end", row("active", 4, false), ended(3), "under way"],
  ["what is under way is left to its operation: a run", row("starting", 3, false), runs(3), "under way"],
  ["an end that is settled may be forgotten", row("stopped", 3), ended(3), "release"],
  ["an end that the store has never known of is settled first", row("stopped", 3), ended(5), "ended"],
  ["an end of a server that is gone may be forgotten", null, ended(3), "release"],
  ["nothing of nothing agrees", null, null, "agrees"],
];

for (const [what, recorded, instance, finding] of cases) {
  test(what, () => assert.equal(compare(recorded, instance), finding));
}
