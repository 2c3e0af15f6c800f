/** What counters say is noted once: whatever comes between two readings, their bytes add up to what was counted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { bounded } from "../../testing/property.ts";
import { bytesSince, type Reading } from "./counters.ts";

test("what a counter says beyond the last reading is new, of another counter all of it, and of an earlier reading nothing", () => {
  const rows: [Reading | null, Reading, number][] = [
    [null, { counter: "a", bytes: 5 }, 5],
    [{ counter: "a", bytes: 5 }, { counter: "a", bytes: 5 }, 0],
    [{ counter: "a", bytes: 5 }, { counter: "a", bytes: 12 }, 7],
    [{ counter: "a", bytes: 5 }, { counter: "b", bytes: 12 }, 12],
    [{ counter: "a", bytes: 5 }, { counter: "b", bytes: 4 }, 4],
    [{ counter: "a", bytes: 5 }, { counter: "a", bytes: 3 }, 0],
  ];
  for (const [last, reading, bytes] of rows) assert.equal(bytesSince(last, reading), bytes);
});

/** What may happen to a server's counter, and to who reads it. */
const EVENT = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("counts" as const), bytes: fc.nat(2 ** 40) }) },
  { weight: 4, arbitrary: fc.constant({ kind: "is read" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "is read, and noted later" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "is lost" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "is another's after an end that was read" as const }) },
);

test("readings add up to all that was counted, but for what a lost counter counted since it was read last", () => {
  fc.assert(
    fc.property(fc.array(EVENT, { maxLength: 60 }), (events) => {
      let [counter, bytes, noted, counted, lost] = [0, 0, 0, 0, 0];
      let last: Reading | null = null;
      let late: Reading | null = null;
      const note = (reading: Reading) => {
        const fresh = bytesSince(last, reading);
        assert.ok(fresh >= 0);
        if (fresh === 0) return;
        noted += fresh;
        last = reading;
      };
      const now = (): Reading => ({ counter: String(counter), bytes });
      const reads = () => {
        // A reading that is still to be noted is of the same counter: else it is passed over (`TransferReadings`).
        if (late !== null) note(late);
        late = null;
        note(now());
      };
      for (const event of events) {
        if (event.kind === "counts") [bytes, counted] = [bytes + event.bytes, counted + event.bytes];
        else if (event.kind === "is read") reads();
        else if (event.kind === "is read, and noted later") late ??= now();
        else {
          if (event.kind !== "is lost") reads();
          const told: number =
            (last as Reading | null)?.counter === String(counter) ? (last as unknown as Reading).bytes : 0;
          lost += bytes - told;
          [counter, bytes, late] = [counter + 1, 0, null];
        }
      }
      reads();
      assert.equal(noted, counted - lost);
    }),
    bounded(2000),
  );
});
