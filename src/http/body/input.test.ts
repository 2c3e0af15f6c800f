import assert from "node:assert/strict";
import { test } from "node:test";
import { sendRaw } from "../../../testing/clients/raw.ts";
import { AUTHORIZATION, QUIET, serveCommands } from "../../../testing/http/server.ts";
import type { Input } from "../../api/properties.ts";
import { isEmpty } from "./input.ts";

const MIB = 1024 * 1024;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

test("properties that come chunked take 1 MiB, and not a byte more", async () => {
  const inputs: Input[] = [];
  const { url, close } = await serveCommands([
    { ...QUIET, path: "make", takes: "properties", run: async ({ input }) => void inputs.push(input) },
  ]);
  const post = (text: string) =>
    sendRaw(
      url,
      "POST /make",
      { ...AUTHORIZATION, "Transfer-Encoding": "chunked" },
      `${chunk(text.slice(0, MIB / 2))}${chunk(text.slice(MIB / 2))}0\r\n\r\n`,
    );
  const longest = `name ${"x".repeat(MIB - 5)}`;
  assert.equal((await post(longest)).status, 204);
  assert.equal(inputs[0]?.get("name"), longest.slice(5));
  const { status, headers } = await post(`${longest}x`);
  await close();
  assert.deepEqual([status, headers.get("x-lodge-error"), inputs.length], [400, "body_too_large", 1]);
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
