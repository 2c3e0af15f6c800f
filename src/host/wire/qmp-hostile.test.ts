/** What a QEMU that was taken over may say to whoever speaks QMP with it. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { z } from "zod";
import { scriptServer } from "../../../testing/wire/script-server.ts";
import { ConnectionLost, connectQmp, Nonsense, QmpError, type QmpOptions } from "./qmp.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };
const MIB = 2 ** 20;
const TIMESTAMP = { seconds: 1, microseconds: 2 };

type Command = { readonly execute: string; readonly id: number };

/** A peer that greets and negotiates as QEMU does, and does what the test says with every command that follows. */
async function hostile(
  t: TestContext,
  answer: (socket: Socket, command: Command) => void,
  options: QmpOptions = {},
) {
  const { path } = await scriptServer(t, (socket) => {
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\r\n');
    const lines = createInterface({ input: socket }).on("error", () => {});
    lines.on("line", (line) => {
      const command = JSON.parse(line) as Command;
      if (command.execute === "qmp_capabilities") say(socket, { return: {}, id: command.id });
      else answer(socket, command);
    });
  });
  const qmp = await connectQmp(path, { peer: "server 7", ...options });
  t.after(() => qmp.close());
  return qmp;
}

const say = (socket: Socket, message: object) => socket.write(`${JSON.stringify(message)}\r\n`);

/** Writes the same bytes until the other end has gone, and answers how many it took. */
async function endless(socket: Socket, bytes: Buffer): Promise<number> {
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  while (!socket.destroyed) {
    const drained = new Promise<void>((resolve) => socket.once("drain", resolve));
    if (!socket.write(bytes)) await Promise.race([drained, closed]);
  }
  return socket.bytesWritten;
}

test("a line that does not end costs no more than the longest line that there is", ends, async (t) => {
  const taken = Promise.withResolvers<number>();
  const before = process.memoryUsage().rss;
  const qmp = await hostile(t, async (socket) =>
    taken.resolve(await endless(socket, Buffer.alloc(MIB, "x"))),
  );
  await assert.rejects(qmp.execute("query-status"), (error) => {
    assert(error instanceof ConnectionLost && error.cause instanceof Nonsense);
    assert.match(error.message, /since server 7 talks nonsense: a line has more than 1048576 bytes$/);
    return true;
  });
  assert((await taken.promise) < 16 * MIB, "what follows is not read any more");
  assert(process.memoryUsage().rss - before < 64 * MIB);
  assert(qmp.fault instanceof Nonsense);
});

const NONSENSE: readonly [what: string, line: string][] = [
  ["no JSON", "Segmentation fault"],
  ["a number", "5"],
  ["null", "null"],
  ["a list", "[]"],
  ["lists that lie deep in one another", "[".repeat(MIB / 2)],
  [
    "an event whose name is none",
    '{"event": {"toString": 1}, "timestamp": {"seconds": 1, "microseconds": 2}}',
  ],
  [
    "an event with data that is none",
    '{"event": "STOP", "data": 5, "timestamp": {"seconds": 1, "microseconds": 2}}',
  ],
  ["an event of no time", '{"event": "STOP"}'],
  ["an error that is none", '{"error": null, "id": 2}'],
  ["an error that cannot be said", '{"error": {"class": "GenericError", "desc": {"toString": 1}}, "id": 2}'],
  ["neither an answer nor an event", "{}"],
  ["bytes that are no text", "\xff\xfe"],
];

for (const [what, line] of NONSENSE) {
  test(`a peer that says ${what} is left, with the reason`, ends, async (t) => {
    const qmp = await hostile(t, (socket) => socket.write(Buffer.from(`${line}\n`, "latin1")));
    await assert.rejects(qmp.execute("stop"), (error) => {
      return error instanceof ConnectionLost && /a line is no message of QMP/.test(error.message);
    });
    await qmp.closed;
  });
}

test(
  "an answer of another form than QEMU's is nonsense, which is said without its words",
  ends,
  async (t) => {
    const form = z.object({ status: z.string() });
    for (const value of [null, 5, "running", [], {}, { status: 5 }, { status: { toString: 1 } }]) {
      const qmp = await hostile(t, (socket, { id }) => say(socket, { return: value, id }));
      await assert.rejects(qmp.execute("query-status", {}, { form }), (error) => {
        assert(error instanceof Nonsense);
        assert.match(error.message, /^server 7 talks nonsense: the answer to query-status: .*expected/);
        return true;
      });
      await qmp.closed;
      assert(qmp.fault instanceof Nonsense);
    }
  },
);

test(
  "answers that nobody asked for, doubled ones, and those of no id or a strange one are passed over",
  ends,
  async (t) => {
    const qmp = await hostile(t, (socket, { id }) => {
      for (const strange of [id + 1, -1, 0.5, String(id), null, {}, [id]])
        say(socket, { return: "no", id: strange });
      say(socket, { return: "no" });
      say(socket, { error: { class: "GenericError", desc: "no" }, id: id + 1 });
      say(socket, { return: "first", id });
      say(socket, { return: "second", id });
    });
    assert.deepEqual([await qmp.execute("a"), await qmp.execute("b")], ["first", "first"]);
  },
);

test("of a refusal a bounded part is repeated", ends, async (t) => {
  const error = { class: "x".repeat(9999), desc: "y".repeat(99_999) };
  const qmp = await hostile(t, (socket, { id }) => say(socket, { error, id }));
  await assert.rejects(qmp.execute("a"), (refusal) => {
    return refusal instanceof QmpError && refusal.message.length < 400 && refusal.errorClass.length < 400;
  });
});

test("a flood of events is looked at up to a bound, and answers are heard among them", ends, async (t) => {
  let heard = 0;
  const flood = Buffer.from(`${JSON.stringify({ event: "STOP", timestamp: TIMESTAMP })}\n`.repeat(100_000));
  const qmp = await hostile(
    t,
    (socket, { id }) => {
      socket.write(flood);
      say(socket, { return: "heard", id });
    },
    { onEvent: () => heard++ },
  );
  assert.equal(await qmp.execute("stop"), "heard");
  assert(heard > 10_000 && heard < 90_000, String(heard));
});

test(
  "a peer that never ends is read at a bounded rate, and what else there is to do is done",
  ends,
  async (t) => {
    let from: Socket | undefined;
    const event = Buffer.from(`${JSON.stringify({ event: "STOP", timestamp: TIMESTAMP })}\n`.repeat(10_000));
    const qmp = await hostile(t, (socket, { id }) => {
      from = socket;
      say(socket, { return: {}, id });
      void endless(socket, event);
    });
    await qmp.execute("stop");
    // It is read no more once its minute's share is spent, and what it writes stays with it.
    for (let [before, still] = [-1, 0]; still < 20; await new Promise((resolve) => setTimeout(resolve, 20))) {
      const now = from?.bytesWritten ?? 0;
      const taken = now - (from?.writableLength ?? 0);
      still = taken - before < MIB ? still + 1 : 0;
      before = taken;
      assert(taken < 80 * MIB, `${taken} bytes were read`);
    }
  },
);

test("a defect in what hears an event ends the connection, and nothing else", ends, async (t) => {
  const qmp = await hostile(t, (socket) => say(socket, { event: "STOP", timestamp: TIMESTAMP }), {
    onEvent: () => {
      throw new TypeError("a defect");
    },
  });
  await assert.rejects(qmp.execute("stop"), /talks nonsense: a defect/);
});
