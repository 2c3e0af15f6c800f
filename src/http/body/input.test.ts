import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { sendRaw } from "../../../testing/clients/raw.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../../testing/http/server.ts";
import type { Input } from "../../api/properties.ts";
import { DRIVE_KEYS } from "../../drives/keys.ts";
import { isEmpty } from "./input.ts";

const MOST_BYTES = 256 * 1024;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

test("properties that come chunked take 256 KiB, and not a byte more", async () => {
  const inputs: Input[] = [];
  const { url, close } = await serveCommands([
    { ...QUIET, path: "make", takes: "properties", run: async ({ input }) => void inputs.push(input) },
  ]);
  const post = (text: string) =>
    sendRaw(
      url,
      "POST /make",
      { ...AUTHORIZATION, "Transfer-Encoding": "chunked" },
      `${chunk(text.slice(0, MOST_BYTES / 2))}${chunk(text.slice(MOST_BYTES / 2))}0\r\n\r\n`,
    );
  const longest = `name ${"x".repeat(MOST_BYTES - 5)}`;
  assert.equal((await post(longest)).status, 204);
  assert.equal(inputs[0]?.get("name"), longest.slice(5));
  const { status, headers } = await post(`${longest}x`);
  await close();
  assert.deepEqual([status, headers.get("x-lodge-error"), inputs.length], [400, "body_too_large", 1]);
});

test("properties whose length is over 256 KiB are refused before any of them is asked for", async () => {
  const { url, close } = await serveCommands([
    { ...QUIET, path: "make", takes: "properties", run: async () => assert.fail() },
  ]);
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  const headers = {
    ...{ ...AUTHORIZATION, Host: host, Expect: "100-continue" },
    "Content-Length": MOST_BYTES + 1,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST /make HTTP/1.1\r\n${lines.join("")}\r\n`);
  const [answer] = await once(socket, "data");
  socket.destroy();
  await close();
  assert.match(String(answer), /^HTTP\/1\.1 400 /);
  assert.match(String(answer), /\r\nX-Lodge-Error: body_too_large\r\n/i);
});

test("a value of JSON that no property has is refused by what its key takes", async () => {
  const { url, close } = await serveCommands([
    {
      ...{ ...QUIET, path: "make", takes: "properties", keys: DRIVE_KEYS.toCreate },
      run: async () => assert.fail(),
    },
  ]);
  const refusal = async (body: string) => {
    const headers = { ...AUTHORIZATION, "Content-Type": "application/json" };
    const answer = await sendRaw(url, "POST /make", headers, body);
    return [answer.status, answer.headers.get("x-lodge-error"), answer.body.toString().trim()];
  };
  const refusals = [
    await refusal('{"size":[1,2]}'),
    await refusal('{"tags":{}}'),
    await refusal('{"x":[1]}'),
  ];
  await close();
  assert.deepEqual(refusals, [
    [
      ...[400, "malformed_value"],
      'the value of "size" is an array: it takes a number of bytes of at least 1, optionally with a k, M, G or T suffix',
    ],
    [
      ...[400, "malformed_value"],
      'the value of "tags" is an object: it takes words with spaces between, or a list of strings',
    ],
    [
      ...[400, "malformed_value"],
      'the value of "x" is an array: it takes a string, a number, true, false, null or a list of strings',
    ],
  ]);
});

const BLANKS = " ".repeat(1024 * 1024 - 1);

for (const body of ["", " \r\n", "{}", " { } ", "[\n]", "null", " null\n", BLANKS, `{${BLANKS}}`]) {
  test(`${JSON.stringify(body.slice(0, 10))} of ${body.length} characters is how clients send nothing`, () => {
    assert.ok(isEmpty(body));
  });
}

// A search that begins anew at every blank would take longer than anybody waits.
for (const body of ["x", "{", "}", "{]", "[}", "{x}", "nul", "nullx", "{}{}", `${BLANKS}x`, `{${BLANKS}x}`]) {
  test(`${JSON.stringify(body.slice(0, 10))} of ${body.length} characters is something`, () => {
    assert.ok(!isEmpty(body));
  });
}
