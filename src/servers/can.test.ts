import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reason } from "../api/reason.ts";
import type { RunState } from "../host/host.ts";
import { serverCan, settableNow } from "./can.ts";

const STATES: readonly (RunState | null)[] = ["active", "paused", "dumped", "dead", null];

/** What is refused in which state, and in which words; everything else can be done. */
const refused: readonly [action: keyof typeof serverCan, state: RunState | null, reason: Reason][] = [
  ["start", "dead", { code: "server_dead", sentence: "server s is dead: reset it, or stop it first" }],
  ["reset", null, { code: "server_not_active", sentence: "server s is not active" }],
  ["screen", null, { code: "server_not_active", sentence: "server s is not active" }],
  ["reset", "dumped", { code: "server_dumping", sentence: "the memory of server s is being written out" }],
];

for (const action of Object.keys(serverCan) as (keyof typeof serverCan)[]) {
  for (const state of STATES) {
    const refusal = refused.find(([act, when]) => act === action && when === state);
    test(`a server whose state is ${state ?? "stopped"} ${refusal ? "refuses to" : "can"} ${action}`, () => {
      assert.deepEqual(serverCan[action]({ uuid: "s", state }), refusal?.[2] ?? null);
    });
  }
}

test("an active server takes the keys that may change there, a stopped one those of a stopped one", () => {
  assert.deepEqual([settableNow(true), settableNow(false)], ["active", "stopped"]);
});
