import assert from "node:assert/strict";
import { test } from "node:test";
import { auth } from "../../base/errors.ts";
import { askedAgain } from "./asked-again.ts";

const ended = () => Promise.reject(auth("credentials_wrong", "it has ended"));

/** A body of many pieces; what is taken of it, and whether it was given back. */
function bodyOf(pieces: number) {
  const seen = { taken: 0, released: 0 };
  async function* bytes() {
    for (; seen.taken < pieces; seen.taken++) yield new Uint8Array(1);
  }
  const take = async () => ({
    ...{ lengthBytes: pieces, bytes: bytes() },
    release: async () => {
      seen.released++;
    },
  });
  return { seen, take };
}

test("a body whose caller is let in no more once it has come is given back", async () => {
  const { seen, take } = bodyOf(3);
  await assert.rejects(askedAgain(take, ended)(9), { code: "credentials_wrong" });
  assert.deepEqual(seen, { taken: 0, released: 1 });
});

test("a body ends, however long it comes already, soon after its caller is let in no more", async (t) => {
  const { take } = bodyOf(1_000);
  let nowMs = 0;
  t.mock.method(performance, "now", () => nowMs);
  let asked = 0;
  const ensureStill = async () => {
    asked++;
    if (nowMs >= 60_000) await ended();
  };
  const { bytes } = await askedAgain(take, ensureStill)(1_000);
  let came = 0;
  const takeAll = async () => {
    for await (const piece of bytes) {
      came += piece.length;
      nowMs += 1_000;
    }
  };
  await assert.rejects(takeAll(), { code: "credentials_wrong" });
  assert.deepEqual([came, asked], [60, 13]);
});
