import assert from "node:assert/strict";
import { test } from "node:test";
import type { RunState } from "../host/host.ts";
import { ensureCan, serverCan, settableNow } from "./can.ts";

const STATES: readonly (RunState | null)[] = ["active", "paused", "dumped", "dead", null];

/** What is refused in which state, and in which words; everything else can be done. */
const refused: readonly [action: keyof typeof serverCan, state: RunState | null, message: RegExp][] = [
  ["start", "dead", /^server s is dead: reset it, or stop it first$/],
  ["reset", null, /^server s is not active$/],
  ["reset", "dumped", /^the memory of server s is being written out$/],
];

for (const action of Object.keys(serverCan) as (keyof typeof serverCan)[]) {
  for (const state of STATES) {
    const refusal = refused.find(([act, when]) => act === action && when === state);
    test(`a server whose state is ${state ?? "stopped"} ${refusal ? "refuses to" : "can"} ${action}`, () => {
      const act = () => ensureCan(serverCan[action], { uuid: "s", state });
      if (refusal === undefined) act();
      else assert.throws(act, { type: "busy", message: refusal[2] });
    });
  }
}

test("an active server takes the keys that may change there, a stopped one those of a stopped one", () => {
  assert.deepEqual([settableNow(true), settableNow(false)], ["active", "stopped"]);
});
