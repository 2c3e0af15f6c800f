import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { drain } from "./body.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

test("a caller that does not send the rest of what they announced is hung up on", ends, async (t) => {
  // Without a time of its own for connections that are silent: who sends a byte now and then is none of those.
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    response.end("answered");
    drain(request, 20);
  });
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  socket.write("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf");
  assert.match(await text(socket), /answered$/);
});
