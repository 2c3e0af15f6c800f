import assert from "node:assert/strict";
import type { RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { sendHalf } from "../../../testing/http/half-sent.ts";
import { drain } from "./body.ts";

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
