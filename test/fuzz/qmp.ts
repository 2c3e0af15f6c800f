/** A QEMU's monitor that says anything to whoever speaks QMP with it. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { z } from "zod";
import { BLOCK_STATS } from "../../src/host/qemu/counters.ts";
import { ConnectionLost, connectQmp, Nonsense, QmpError, type QmpEvent } from "../../src/host/wire/qmp.ts";
import { scriptServer } from "../../testing/wire/script-server.ts";
import { part } from "./part.ts";

const STATUS = z.object({ status: z.string() });
/** Nothing here is late: the peer always ends, and sooner. */
const DEADLINE_MS = 15_000;
const MOST_LINE_BYTES = 10_000;
const GREETING = Buffer.from('{"QMP": {}}\n');
const TIMESTAMP = { seconds: 1, microseconds: 2 };

/** What a message says in place of what it should; ID is the id of the command that is answered. */
const anything = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>({ toString: 1 }, JSON.parse('{"__proto__": 1}'), [[]]),
);
const id = fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>("ID") }, { weight: 1, arbitrary: anything });
const stats = fc.array(
  fc.record(
    {
      qdev: fc.oneof(fc.string(), anything),
      stats: fc.oneof(
        fc.record({
          rd_bytes: fc.nat(),
          rd_operations: fc.nat(),
          wr_bytes: fc.nat(),
          wr_operations: fc.nat(),
        }),
        fc.record({
          rd_bytes: fc.double(),
          rd_operations: fc.integer(),
          wr_bytes: anything,
          wr_operations: fc.maxSafeInteger(),
        }),
        anything,
      ),
    },
    { requiredKeys: [] },
  ),
  { maxLength: 4 },
);
const returned = fc.oneof(
  fc.record({ status: fc.oneof(fc.string(), anything) }),
  stats,
  fc.constant({}),
  anything,
);
const message = fc.oneof(
  { weight: 4, arbitrary: fc.record({ return: returned, id }, { requiredKeys: ["return"] }) },
  {
    weight: 2,
    arbitrary: fc.record({
      error: fc.oneof(
        fc.record({ class: fc.oneof(fc.string(), anything), desc: fc.oneof(fc.string(), anything) }),
        anything,
      ),
      id,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      {
        event: fc.oneof(fc.constantFrom("STOP", "RESET", "SHUTDOWN"), anything),
        data: anything,
        timestamp: fc.oneof(fc.constant(TIMESTAMP), anything),
      },
      { requiredKeys: ["event"] },
    ),
  },
  { weight: 1, arbitrary: fc.constant({ QMP: {} }) },
  { weight: 1, arbitrary: anything },
);
const line = fc.oneof(
  { weight: 8, arbitrary: message.map((each) => Buffer.from(`${JSON.stringify(each)}\r\n`)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(
        "\n",
        "\r\n",
        "[".repeat(9_000),
        "x".repeat(MOST_LINE_BYTES + 1),
        `${'{"a":'.repeat(1_900)}\n`,
      )
      .map((text) => Buffer.from(text)),
  },
);
const made = fc.record({
  greeting: fc.oneof({ weight: 9, arbitrary: fc.constant(GREETING) }, { weight: 1, arbitrary: line }),
  /** What is said to each command, one after the other; the last ends the connection. */
  said: fc.array(fc.array(line, { maxLength: 4 }), { maxLength: 4 }),
  /** Else it says all of it at once, to whatever comes first. */
  negotiates: fc.constantFrom(true, true, true, true, false),
});

const isKnown = (error: unknown) =>
  [ConnectionLost, Nonsense, QmpError].some((kind) => error instanceof kind);

const isObject = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);

export const QMP = part({ name: "qmp", share: 6, growthMib: 32 }, async (closing) => {
  const server = await scriptServer(closing);
  return {
    cases: made,
    async check({ greeting, said, negotiates }) {
      server.serve = (socket) => {
        const left = [...said];
        let commands = 0;
        socket.write(greeting);
        socket.on("data", (bytes) => {
          for (const each of String(bytes).split("\n").slice(0, -1)) {
            const { id } = JSON.parse(each) as { id: number };
            if (commands++ === 0 && negotiates) {
              socket.write(`{"return": {}, "id": ${id}}\n`);
              continue;
            }
            const lines = negotiates ? left.shift() : left.splice(0).flat();
            for (const one of lines ?? []) {
              socket.write(one.includes('"ID"') ? String(one).replaceAll('"ID"', String(id)) : one);
            }
            if (lines === undefined || !negotiates) socket.end();
          }
        });
        if (!greeting.equals(GREETING)) socket.end();
      };
      const events: QmpEvent[] = [];
      const options = {
        onEvent: (event: QmpEvent) => events.push(event),
        mostLineBytes: MOST_LINE_BYTES,
        deadlineMs: DEADLINE_MS,
      };
      const qmp = await connectQmp(server.path, options).catch((error: unknown) => {
        assert(isKnown(error), String(error));
        return null;
      });
      if (qmp === null) return;
      // One that is not answered is told so when the next one ends the connection.
      const answers = [
        qmp.execute("query-status", {}, { form: STATUS, deadlineMs: DEADLINE_MS }),
        qmp.execute("query-blockstats", {}, { form: BLOCK_STATS, deadlineMs: DEADLINE_MS }),
        ...[1, 2, 3, 4].map(() => qmp.execute("cont", {}, { deadlineMs: DEADLINE_MS })),
      ];
      for (const outcome of await Promise.allSettled(answers)) {
        assert(
          outcome.status === "fulfilled" || isKnown(outcome.reason),
          String(outcome.status === "rejected" && outcome.reason),
        );
      }
      const [status, stats] = await Promise.allSettled(answers);
      if (status?.status === "fulfilled") STATUS.parse(status.value);
      if (stats?.status === "fulfilled") BLOCK_STATS.parse(stats.value);
      for (const { event, data } of events) assert(typeof event === "string" && isObject(data));
      qmp.close();
      await qmp.closed;
    },
  };
});
