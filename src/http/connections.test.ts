/** Connections beyond what there may be. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { pino } from "pino";
import { closed } from "../../testing/http/closed.ts";
import { serveCommands } from "../../testing/http/server.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** A server that takes so many connections, with what it logs. */
async function serveFew(t: TestContext, connections: number, headersMs = 60_000) {
  const lines: Record<string, unknown>[] = [];
  const sink = new Writable({
    write(chunk, _encoding, done) {
      lines.push(JSON.parse(String(chunk)) as Record<string, unknown>);
      done();
    },
  });
  const { url, close } = await serveCommands([], {
    logger: pino({ level: "warn" }, sink),
    limits: { connections, headersMs },
  });
  const opened: Socket[] = [];
  t.after(async () => {
    for (const socket of opened) socket.destroy();
    await close();
  });
  const { hostname, port } = new URL(url);
  const open = async (localAddress: string) => {
    const socket = connect({ port: Number(port), host: hostname, localAddress }).on("error", () => {});
    opened.push(socket);
    await once(socket, "connect");
    return socket;
  };
  return { open, lines };
}

const HEALTH = "GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

const health = (socket: Socket) => {
  socket.write(HEALTH);
  return text(socket);
};

test(
  "an address has a half of the connections, and others are served however many it opens",
  ends,
  async (t) => {
    const { open } = await serveFew(t, 16);
    const held = [];
    for (let count = 0; count < 8; count++) held.push(await open("127.0.0.2"));
    const refused = await text(await open("127.0.0.2"));
    assert.match(refused, /^HTTP\/1\.1 503 /);
    assert.match(refused, /\r\nX-Lodge-Error: too_many_connections\r\n/);
    assert.match(refused, /\r\nRetry-After: 1\r\n/);
    assert.match(await health(await open("127.0.0.3")), /^HTTP\/1\.1 200 /);
    const [first = assert.fail()] = held;
    assert.match(await health(first), /^HTTP\/1\.1 200 /);
    assert.match(await health(await open("127.0.0.2")), /^HTTP\/1\.1 200 /);
  },
);

test("what a refused connection asks for is not served", ends, async (t) => {
  const { open } = await serveFew(t, 2);
  await open("127.0.0.2");
  const socket = await open("127.0.0.2");
  socket.write(HEALTH);
  assert.doesNotMatch(await text(socket).catch(() => ""), /200/);
});

test("refused connections end, and the log tells of them once in a while, not of each", ends, async (t) => {
  const { open, lines } = await serveFew(t, 2);
  await open("127.0.0.2");
  const refused = await Promise.all(Array.from({ length: 100 }, () => open("127.0.0.2").catch(() => null)));
  for (const socket of refused) {
    socket?.resume();
    while (socket?.closed === false) await setImmediate();
  }
  assert.deepEqual(
    lines.map(({ msg, last }) => [msg, last]),
    [["connections are refused: too many are open", "127.0.0.2"]],
  );
});

test("who connects and sends nothing is hung up on after a short time", ends, async (t) => {
  const { open } = await serveFew(t, 16, 50);
  await closed((await open("127.0.0.2")).resume());
});
