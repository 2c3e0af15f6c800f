import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { sendRaw } from "../../../testing/clients/raw.ts";
import {
  AUTHORIZATION,
  OTHER_AUTHORIZATION,
  QUIET,
  serveCommands,
  USER,
} from "../../../testing/http/server.ts";
import { BytesInFlight, inputShareBytes } from "./bytes-in-flight.ts";

const MIB = 2 ** 20;

for (const [what, headers, shareBytes] of [
  ["little", { "content-length": "16384" }, 0],
  ["much", { "content-length": "100000" }, 400_000],
  ["more than is taken", { "content-length": "999999999999" }, MIB],
  ["nobody knows how much", { "transfer-encoding": "chunked" }, MIB],
] as const) {
  test(`properties of which ${what} is to come take ${shareBytes} bytes`, () => {
    assert.equal(inputShareBytes({ headers } as unknown as IncomingMessage), shareBytes);
  });
}

test("a share is given back whatever comes of the work, and one for more than one may have is all that they may", async () => {
  const inFlight = new BytesInFlight({ memoryBytes: 8 * MIB, shareWaitMs: 1 });
  const held = await inFlight.hold({ user: USER }, 100 * MIB, async () => inFlight.bytes);
  assert.deepEqual([held, inFlight.bytes], [4 * MIB, 0]);
  await assert.rejects(
    inFlight.hold({ user: USER }, 1, () => Promise.reject(new Error("it failed"))),
    {
      message: "it failed",
    },
  );
  assert.equal(inFlight.bytes, 0);
});

test("properties that do not come to an end hold their caller's share, and another's are read", async (t) => {
  const begun: unknown[] = [];
  const { url, close } = await serveCommands(
    [{ ...QUIET, path: "make", takes: "properties", run: async ({ input }) => void begun.push(input) }],
    { limits: { memoryBytes: 4 * MIB, shareWaitMs: 20 } },
  );
  const { hostname, port } = new URL(url);
  const sockets = [0, 1].map(() => connect(Number(port), hostname));
  t.after(async () => {
    for (const socket of sockets) socket.destroy();
    await close();
  });
  for (const socket of sockets) {
    socket.write(
      `POST /make HTTP/1.1\r\nHost: x\r\nAuthorization: ${AUTHORIZATION.Authorization}\r\nExpect: 100-continue\r\nContent-Length: ${MIB / 4}\r\n\r\n`,
    );
    // It is told to go on once it has its share.
    while (socket.read() === null) await setImmediate();
  }
  const body = `name ${"x".repeat(100_000)}`;
  const refused = await sendRaw(url, "POST /make", AUTHORIZATION, body);
  assert.deepEqual([refused.status, refused.headers.get("x-lodge-error")], [429, "too_much_in_flight"]);
  assert.equal((await sendRaw(url, "POST /make", AUTHORIZATION, "name little")).status, 204);
  assert.equal((await sendRaw(url, "POST /make", OTHER_AUTHORIZATION, body)).status, 204);
  assert.equal(begun.length, 2);
});
