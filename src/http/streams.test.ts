/** Streams of events as they are carried: what bounds them, and how they end. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { callerOf } from "../../testing/http/accounts.ts";
import { closed } from "../../testing/http/closed.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import { until } from "../../testing/until.ts";
import type { Command } from "../api/command.ts";
import type { EventStream, StreamEvent } from "../api/event-stream.ts";
import { LodgeError } from "../base/errors.ts";
import type { UserId } from "../base/ids.ts";
import { Streams } from "./streams.ts";

const ends = { timeout: 60_000 };
const LONG_MS = 50_000;

/** A stream that tells what `tell` answers, and how often that was asked. */
function telling(tell: () => readonly StreamEvent[] = () => []) {
  const over = Promise.withResolvers<null>();
  let isOver = false;
  const stream = {
    asked: 0,
    over: over.promise,
    async next(withinMs: number) {
      stream.asked++;
      const events = tell();
      if (isOver || events.length > 0) return isOver ? null : events;
      return Promise.race([delay(withinMs, [], { ref: false }), over.promise]);
    },
    end() {
      isOver = true;
      over.resolve(null);
    },
  };
  return stream;
}

const LIMITS = { silenceMs: LONG_MS, floorBytesPerSecond: 1, connections: 100, heartbeatMs: LONG_MS };

/** A server that answers each request with a stream, of the user whom its path names. */
async function serving(
  t: TestContext,
  limits: Partial<ConstructorParameters<typeof Streams>[0]> = {},
  open: () => EventStream = telling,
) {
  const streams = new Streams({ ...LIMITS, ...limits });
  const server = createServer((request, response) => {
    const user = (request.url ?? "/").slice(1) as UserId;
    streams.answer({ response, requestId: "one" }, callerOf(user), open).catch((error: unknown) => {
      response.writeHead(error instanceof LodgeError ? 429 : 500).end();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { streams, port, url: `http://127.0.0.1:${port}/` };
}

test("where there is nothing to tell, a comment is sent now and then", ends, async (t) => {
  const { url } = await serving(t, { heartbeatMs: 1 });
  const { body, headers } = await fetch(`${url}ann`);
  let came = "";
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    came += chunk;
    if (came.endsWith(":\n\n:\n\n")) break;
  }
  assert.match(came, /^retry: 2000\n\n(:\n\n)+$/);
  assert.equal(headers.get("cache-control"), "no-store");
});

test("who takes nothing is cut, and of what they do not take one page is in memory", ends, async (t) => {
  const page = [{ id: 1, event: "changed", data: [["object", "x".repeat(100_000)]] }] as const;
  const stream = telling(() => page);
  const { port, streams } = await serving(t, { silenceMs: 300 }, () => stream);
  const socket = connect(port, "127.0.0.1");
  socket.pause();
  socket.write("GET /ann HTTP/1.1\r\nHost: x\r\n\r\n");
  await stream.over;
  // What the system's buffers hold, some megabytes, and not what is told for ever.
  assert.ok(stream.asked < 500, `${stream.asked} pages were asked for`);
  await until("it is counted no more", async () => (streams.open === 0 ? true : null));
  socket.resume();
  await closed(socket);
});

test("a stream ends by itself after a while, whole, so that its caller comes again", ends, async (t) => {
  const { url, streams } = await serving(t, { heartbeatMs: 1, longestMs: 20 });
  const answer = await fetch(`${url}ann`);
  assert.match(await answer.text(), /:\n\n$/);
  await until("it is counted no more", async () => (streams.open === 0 ? true : null));
});

test("streams are half of all connections at most, and one account has sixteen of them", ends, async (t) => {
  const { url, streams } = await serving(t, { connections: 40 });
  // One that nobody holds is let go of.
  const held: Response[] = [];
  const statuses = async (user: string, count: number, at = url) => {
    const before = held.length;
    for (let asked = 0; asked < count; asked++) {
      const answer = await fetch(at + user);
      if (answer.status === 200) held.push(answer);
    }
    return held.length - before;
  };
  assert.equal(await statuses("ann", 30), 10);
  assert.equal(await statuses("bob", 30), 5);
  for (const user of ["eve", "joe", "kim", "lea", "max", "ned"]) await statuses(user, 30);
  assert.equal(streams.open, 20);
  const roomy = await serving(t, { connections: 400 });
  assert.equal(await statuses("ann", 20, roomy.url), 16);
  assert.equal(held.length, streams.open + roomy.streams.open);
});

test("a caller who leaves makes room, and a HEAD takes none", ends, async (t) => {
  const { url, streams } = await serving(t);
  assert.equal((await fetch(`${url}ann`, { method: "HEAD" })).status, 200);
  const leaving = new AbortController();
  await fetch(`${url}ann`, { signal: leaving.signal });
  leaving.abort();
  await until("both are counted no more", async () => (streams.open === 0 ? true : null));
});

test("a server that is stopped ends its streams at once, whole, and waits for none", ends, async () => {
  const streams: ReturnType<typeof telling>[] = [];
  const command: Command = {
    ...{ ...QUIET, path: "profile/changes", effect: "reads", returns: "events" },
    run() {
      const stream = telling();
      streams.push(stream);
      return stream;
    },
  };
  const logged: string[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => logged.push(line) });
  const server = await serveCommands([command], { logger });
  const answers = await Promise.all(
    [1, 2, 3].map(() => fetch(`${server.url}profile/changes`, { headers: AUTHORIZATION })),
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200, 200],
  );
  const texts = Promise.all(answers.map((answer) => answer.text()));
  await server.closeWithin(LONG_MS);
  assert.deepEqual(
    (await texts).map((text) => text.startsWith("retry:")),
    [true, true, true],
  );
  assert.deepEqual(logged, []);
});
