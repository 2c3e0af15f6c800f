/** How a connection lasts whose other end does as it likes; the process is this one, which is there. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { identify } from "../process/process.ts";
import { Nonsense, type Qmp } from "../wire/qmp.ts";
import { LastingQmp } from "./lasting-qmp.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 60_000 };

/** Connections that end as soon as they are made, by `fault` (null: the other end closes them). */
async function shortLived(t: TestContext, fault: Error | null) {
  const identity = await identify(process.pid);
  assert.ok(identity !== null);
  const attemptsMs: number[] = [];
  const tenth = Promise.withResolvers<void>();
  const lost: unknown[] = [];
  const lasting = new LastingQmp({
    ...{ identity, peer: "server 7" },
    async connect() {
      if (attemptsMs.push(performance.now()) === 10) tenth.resolve();
      const qmp: Qmp = { execute: () => Promise.reject(), closed: Promise.resolve(), fault, close() {} };
      return qmp;
    },
    onEvent() {},
    onConnected() {},
    onLost: (error) => lost.push(error),
  });
  t.after(() => lasting.leave());
  lasting.last();
  await tenth.promise;
  return { attemptsMs, lost };
}

test("one who greets and hangs up is asked less and less often, and said not to answer", ends, async (t) => {
  const { attemptsMs, lost } = await shortLived(t, null);
  // The pause after the ninth that was lost, by doubling from 5 ms.
  assert((attemptsMs[9] ?? 0) - (attemptsMs[8] ?? 0) > 1_000);
  assert(lost.length === 2, String(lost));
});

test("each that was ended since it talks nonsense is said, with the reason", ends, async (t) => {
  const nonsense = new Nonsense("server 7", "a line is no message of QMP");
  const { attemptsMs, lost } = await shortLived(t, nonsense);
  assert((attemptsMs[9] ?? 0) - (attemptsMs[8] ?? 0) > 1_000);
  assert(lost.length === 9 && lost.every((each) => each === nonsense), String(lost));
});
