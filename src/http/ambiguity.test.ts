import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { AUTHORIZATION, QUIET, serveCommands } from "../../testing/http/server.ts";

const CHUNKS = "0\r\n\r\n";
const LOGIN = `Authorization: ${AUTHORIZATION.Authorization}`;

const cases: readonly [what: string, version: string, headers: readonly string[], status: number][] = [
  ["one host and one login", "1.1", ["Host: a", LOGIN], 204],
  ["chunks, in capitals", "1.1", ["Host: a", LOGIN, "Transfer-Encoding: CHUNKED"], 204],
  ["no host, in HTTP/1.0", "1.0", [LOGIN], 204],
  ["no host", "1.1", [LOGIN], 400],
  ["two hosts", "1.1", ["Host: a", "Host: a", LOGIN], 400],
  ["two hosts in one header", "1.1", ["Host: a, b", LOGIN], 400],
  ["two logins", "1.1", ["Host: a", LOGIN, LOGIN], 400],
  ["a coding before the chunks", "1.1", ["Host: a", LOGIN, "Transfer-Encoding: gzip, chunked"], 400],
  ["a coding that is none", "1.1", ["Host: a", LOGIN, "Transfer-Encoding: identity, chunked"], 400],
  ["chunks in two headers", "1.1", ["Host: a", LOGIN, ...Array(2).fill("Transfer-Encoding: chunked")], 400],
  ["chunks in HTTP/1.0", "1.0", ["Host: a", LOGIN, "Transfer-Encoding: chunked"], 400],
];
for (const [what, version, headers, status] of cases) {
  test(`a request with ${what} is answered ${status}`, async (t) => {
    const run = async () => {};
    const server = await serveCommands([{ ...QUIET, path: "take", takes: "properties", keys: [], run }]);
    t.after(() => server.close());
    const { port, hostname } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const isChunked = headers.some((header) => header.startsWith("Transfer-Encoding"));
    const head = [`POST /take HTTP/${version}`, ...headers, "Connection: close"].join("\r\n");
    socket.write(`${head}\r\n\r\n${isChunked ? CHUNKS : ""}`);
    assert.match(await text(socket), new RegExp(`^HTTP/1\\.1 ${status} `));
  });
}
