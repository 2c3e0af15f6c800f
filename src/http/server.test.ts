/** The HTTP server against callers that keep a connection without a request. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { serveCommands } from "../../testing/http/server.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

test("a caller whose headers do not come to an end is told so and hung up on", ends, async (t) => {
  const { url, close } = await serveCommands([], undefined, { headersMs: 50 });
  t.after(close);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 408 .*\r\nX-Lodge-Error: headers_timeout\r\n/is);
});
