/** Answers that are written whole, and not taken. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { type TestContext, test } from "node:test";
import { sendRaw } from "../../testing/clients/raw.ts";
import { closed } from "../../testing/http/closed.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";
import type { Properties } from "../api/properties.ts";
import type { PaceLimits } from "./body/pace.ts";
import { ensureTaken } from "./taking.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** Far more than the system keeps of a connection, on both sides. */
const NOTE = "x".repeat(32 * 2 ** 20);

/** A server that answers much at once. */
async function serveMuch(t: TestContext, limits: PaceLimits) {
  const { url, close } = await serveCommands(
    [{ ...QUIET, path: "look", effect: "reads", returns: "properties", run: async () => [["note", NOTE]] }],
    { limits },
  );
  t.after(close);
  return url;
}

for (const [what, silenceMs, floorBytesPerSecond] of [
  ["nothing of it", 50, 1],
  ["too little of it", 1_000, 2 ** 40],
] as const) {
  test(`who takes ${what} is cut`, ends, async (t) => {
    const url = await serveMuch(t, { silenceMs, floorBytesPerSecond });
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).pause();
    const cut = closed(socket);
    socket.write(`GET /look HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\n\r\n`);
    const isReading = floorBytesPerSecond > 1;
    // What they send does not stand for what they take.
    const timer = setInterval(() => (isReading ? socket.read(32 * 1024) : socket.write("\r\n")), 5);
    t.after(() => clearInterval(timer));
    await cut;
  });
}

test("who takes it in their own time gets all of it", ends, async (t) => {
  const url = await serveMuch(t, { silenceMs: 5_000, floorBytesPerSecond: 1024 });
  const { body } = await sendRaw(url, "GET /look", AUTHORIZATION);
  assert.equal(body.length, NOTE.length + "note \n".length);
});

test("who asks for one short answer after the other and takes none is cut", ends, async (t) => {
  let onRun = () => {};
  const run = async (): Promise<Properties> => {
    onRun();
    return [["note", "x".repeat(32 * 1024)]];
  };
  const { url, close } = await serveCommands(
    [{ ...QUIET, path: "look", effect: "reads", returns: "properties", run }],
    { limits: { silenceMs: 50, floorBytesPerSecond: 1 } },
  );
  t.after(close);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).pause();
  const cut = closed(socket).then(() => "cut" as const);
  const prod = setInterval(() => socket.write("\r\n"), 5);
  t.after(() => clearInterval(prod));
  for (;;) {
    const ran = new Promise<"ran">((resolve) => {
      onRun = () => resolve("ran");
    });
    socket.write(`GET /look HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\n\r\n`);
    if ((await Promise.race([ran, cut])) === "cut") break;
  }
});

test("nothing is minded of an answer that is with the system already", ends, async (t) => {
  const minded = Promise.withResolvers<number>();
  const server = createServer((_request, response) => {
    response.end("short");
    const before = response.listenerCount("close");
    ensureTaken(response, { silenceMs: 5_000, floorBytesPerSecond: 1024 });
    minded.resolve(response.listenerCount("close") - before);
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  assert.equal((await sendRaw(`http://127.0.0.1:${port}/`, "GET /", {})).body.toString(), "short");
  assert.equal(await minded.promise, 0);
});
