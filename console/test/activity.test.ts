/** What was done is told in words, whichever command it was. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { COMMANDS } from "../../src/commands.ts";
import { isRead, saidOf } from "../src/activity/events.ts";

/** An address and a VLAN, which go by the same commands. */
const OBJECTS = ["10.0.0.7", "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20"];

test("every command has words of its own, and counts as a look alone where it changes nothing", () => {
  const wordless = COMMANDS.flatMap(({ path, effect }) =>
    OBJECTS.flatMap((object) => {
      const event = { event: 1, time: 0, user: "", actor: "", command: path, object, outcome: "begun" };
      const isTold = saidOf(event) !== undefined && (effect === "reads" || !isRead(event));
      return isTold ? [] : [path];
    }),
  );
  assert.deepEqual(wordless, []);
});
