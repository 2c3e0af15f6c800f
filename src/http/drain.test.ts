/** A server that is closed while requests are under way. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { closed } from "../../testing/http/closed.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Command } from "../api/command.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 60_000 };
/** Longer than a test takes. */
const LONG_MS = 50_000;

/** A server with a command that ends when it is let, one that takes bytes, and what they did. */
async function open(t: TestContext) {
  const begun = Promise.withResolvers<void>();
  const { promise: end, resolve: letEnd } = Promise.withResolvers<void>();
  const did: string[] = [];
  const logged: string[] = [];
  const commands: Command[] = [
    {
      ...{ ...QUIET, path: "slow" },
      async run() {
        begun.resolve();
        await end;
        did.push("slow");
      },
    },
    {
      ...{ ...QUIET, path: "write", takes: "bytes" },
      async run({ body }) {
        begun.resolve();
        let count = 0;
        for await (const chunk of (await body?.(2 ** 24))?.bytes ?? []) count += chunk.length;
        did.push(`${count} bytes`);
      },
    },
  ];
  const logger = pino({}, { write: (line: string) => logged.push(line) });
  const server = await serveCommands(commands, { logger });
  t.after(() => {
    letEnd();
    return server.closeWithin(0);
  });
  const { hostname, port } = new URL(server.url);
  return {
    ...{ server, did, logged, begun: begun.promise, letEnd },
    async dial(): Promise<Socket> {
      const socket = connect(Number(port), hostname);
      await once(socket, "connect");
      return socket.on("error", () => {});
    },
  };
}

const head = (start: string, headers: Readonly<Record<string, string>> = {}) =>
  `${start} HTTP/1.1\r\n${Object.entries({ Host: "x", ...AUTHORIZATION, ...headers })
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join("")}\r\n`;

const statusesIn = (answers: string) =>
  [...answers.matchAll(/^HTTP\/1\.1 (\d+)/gm)].map(([, status]) => status);

test("what is under way is finished, and what comes meanwhile is to be tried again", ends, async (t) => {
  const { server, did, logged, begun, letEnd, dial } = await open(t);
  const [underWay, idle] = [await dial(), await dial()];
  const answers = text(underWay);
  underWay.write(head("POST /slow"));
  idle.write(head("GET /health"));
  await once(idle, "data");
  await begun;
  const closed = server.closeWithin(LONG_MS);
  for (const path of ["health", "slow", "nothing"]) {
    const late = await fetch(new URL(path, server.url), { headers: AUTHORIZATION });
    assert.deepEqual(
      ["x-elastic-error", "x-lodge-error", "retry-after", "connection"].map((name) => late.headers.get(name)),
      ["system", "stopping", "1", "close"],
    );
    assert.equal(late.status, 503);
  }
  const idleEnds = text(idle);
  idle.write(head("POST /slow"));
  assert.match(await idleEnds, /^HTTP\/1\.1 503 .*\r\nConnection: close\r\n/is);
  letEnd();
  assert.match(await answers, /^HTTP\/1\.1 204 .*\r\nConnection: close\r\n/is);
  await closed;
  assert.deepEqual(did, ["slow"]);
  assert.ok(!logged.some((line) => line.includes("cut off")), logged.join(""));
  await assert.rejects(fetch(server.url));
});

test("a body that comes slowly comes whole, and is acknowledged", ends, async (t) => {
  const { server, did, begun, dial } = await open(t);
  const socket = await dial();
  const answers = text(socket);
  socket.write(`${head("POST /write", { "Content-Length": "6" })}ab`);
  await begun;
  const closed = server.closeWithin(LONG_MS);
  for (const part of ["cd", "ef"]) {
    assert.equal((await fetch(new URL("health", server.url))).status, 503);
    socket.write(part);
  }
  assert.deepEqual(statusesIn(await answers), ["204"]);
  await closed;
  assert.deepEqual(did, ["6 bytes"]);
});

test("what is pipelined behind a request that is under way is not begun, and told so", ends, async (t) => {
  const { server, did, begun, letEnd, dial } = await open(t);
  const socket = await dial();
  const answers = text(socket);
  const body = "x".repeat(4);
  const write = head("POST /write", { "Content-Length": "4" }) + body;
  socket.write(head("POST /slow") + write + head("POST /slow"));
  await begun;
  const closed = server.closeWithin(LONG_MS);
  letEnd();
  const statuses = statusesIn(await answers);
  await closed;
  assert.deepEqual(did, ["slow"]);
  assert.equal(statuses[0], "204");
  // Those behind it are told, or the connection has ended with the answer before.
  assert.ok(
    statuses.slice(1).every((status) => status === "503"),
    statuses.join(),
  );
});

test("who is refused while they send a body reads the refusal", ends, async (t) => {
  const { server, did, begun, letEnd, dial } = await open(t);
  const underWay = await dial();
  underWay.write(head("POST /slow"));
  await begun;
  const stopped = server.closeWithin(LONG_MS);
  const socket = await dial();
  const bytes = Buffer.alloc(2 ** 20);
  let answers = "";
  socket.setEncoding("latin1").on("data", (chunk: string) => {
    answers += chunk;
  });
  const ended = closed(socket);
  socket.write(head("POST /write", { "Content-Length": String(8 * bytes.length) }));
  while (answers === "") await setImmediate();
  letEnd();
  for (let sent = 0; sent < 8; sent++) {
    await new Promise((resolve) => socket.write(bytes, resolve));
  }
  await ended;
  await stopped;
  assert.deepEqual(statusesIn(answers), ["503"]);
  assert.match(answers, /stopped: try it again shortly\n$/);
  assert.deepEqual(did, ["slow"]);
});

test("what is under way holds a server up for no longer than the limit, and is cut then", ends, async (t) => {
  const { server, logged, begun, dial } = await open(t);
  const [underWay, half] = [await dial(), await dial()];
  const answers = text(underWay);
  underWay.write(head("POST /slow"));
  half.write("GET /health HTTP/1.1\r\n");
  await begun;
  await server.closeWithin(50);
  assert.equal(await answers, "");
  assert.equal(await text(half), "");
  assert.match(logged.join(""), /"requests":1,.*cut off/);
});

test("a second call to close does not wait as long as the first", ends, async (t) => {
  const { server, begun, dial } = await open(t);
  const underWay = await dial();
  underWay.write(head("POST /slow"));
  await begun;
  const first = server.closeWithin(LONG_MS);
  await server.closeWithin(0);
  await first;
});

test("a server without requests ends at once, whoever keeps a connection", ends, async (t) => {
  const { server, dial } = await open(t);
  const idle = await dial();
  idle.write(head("GET /health"));
  await once(idle, "data");
  await dial();
  await server.closeWithin(LONG_MS);
});
