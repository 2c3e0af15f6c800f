import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import type { Socket } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { sendHalf } from "../../../testing/http/half-sent.ts";
import { drain } from "./body.ts";

const MIB = 2 ** 20;

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

test("a caller that does not send the rest of what they announced is hung up on", ends, async (t) => {
  // Without a time of its own for connections that are silent: who sends a byte now and then is none of those.
  const answer: RequestListener = (request, response) => {
    response.end("answered");
    drain(request, 20);
  };
  const socket = await sendHalf(t, answer, { keepAliveTimeout: 0 });
  assert.match(await text(socket), /answered$/);
});

test(
  "of what nobody reads 16 MiB are taken, and then the connection is cut, whatever time there is",
  ends,
  async (t) => {
    const closed = Promise.withResolvers<number>();
    const answer: RequestListener = (request, response) => {
      const { socket } = request;
      socket.once("close", () => closed.resolve(socket.bytesRead));
      response.end("answered");
      drain(request, 2 ** 30);
    };
    const socket = await sendHalf(t, answer, {}, 2 ** 40);
    // Where bytes are on their way still, it is reset.
    socket.on("error", () => {});
    sendOn(socket, 256);
    const takenBytes = await closed.promise;
    assert.ok(takenBytes > 16 * MIB && takenBytes < 17 * MIB, `${takenBytes} bytes were taken`);
  },
);

/** Sends so many MiB at most, for as long as they are taken, and then no more. */
function sendOn(socket: Socket, mib: number): void {
  socket.resume();
  if (mib === 0) socket.destroy();
  else if (!socket.destroyed) socket.write(Buffer.alloc(MIB), () => sendOn(socket, mib - 1));
}
