/** The HTTP server against callers that keep a connection without a request. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { sendRaw } from "../../testing/clients/raw.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

test("a caller whose headers do not come to an end is told so and hung up on", ends, async (t) => {
  const { url, close } = await serveCommands([], { limits: { headersMs: 50 } });
  t.after(close);
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write("GET /health HTTP/1.1\r\nHost: x\r\n");
  assert.match(await text(socket), /^HTTP\/1\.1 408 .*\r\nX-Lodge-Error: headers_timeout\r\n/is);
});

test("CONNECT is refused as a method that no command takes, and the connection is ended", ends, async (t) => {
  const server = await serveCommands([]);
  t.after(() => server.close());
  for (const headers of [AUTHORIZATION, {}]) {
    const {
      status,
      headers: answered,
      body,
    } = await sendRaw(server.url, "CONNECT x:1", headers, "tunnelled");
    assert.deepEqual([status, answered.get("x-lodge-error")], [405, "unknown_method"]);
    assert.equal(answered.get("allow"), "GET, HEAD, POST");
    assert.match(body.toString(), /^the method is unknown/);
  }
});

test("a request with two Host headers runs no command, one of HTTP/1.0 needs none", ends, async (t) => {
  let runs = 0;
  const run = async () => {
    runs++;
  };
  const server = await serveCommands([{ ...QUIET, path: "act", run }]);
  t.after(() => server.close());
  const { host, hostname, port } = new URL(server.url);
  for (const headers of [
    { Host: host, host },
    { Host: host, HOST: "other" },
  ]) {
    const answer = await sendRaw(server.url, "POST /act", { ...AUTHORIZATION, ...headers });
    assert.deepEqual([answer.status, answer.headers.get("x-lodge-error")], [400, "malformed_http"]);
    assert.match(answer.headers.get("x-request-id") ?? "", /./);
  }
  const statusOf = async (version: string) => {
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const { Authorization } = AUTHORIZATION;
    socket.write(`POST /act HTTP/${version}\r\nAuthorization: ${Authorization}\r\nConnection: close\r\n\r\n`);
    return (await text(socket)).split(" ")[1];
  };
  assert.equal(await statusOf("1.1"), "400");
  assert.equal(runs, 0);
  assert.equal(await statusOf("1.0"), "204");
  assert.equal(runs, 1);
});
