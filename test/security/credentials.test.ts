/** How long credentials are believed: with a clock of the test's own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UserId } from "../../src/base/ids.ts";
import { rememberCredentials } from "../../src/http/credentials.ts";

const header = (secret: string) => `Basic ${Buffer.from(`ann:${secret}`).toString("base64")}`;

/** Credentials with one secret that is right until it is withdrawn, and what was asked of whoever knows. */
function opened() {
  const clock = { nowMs: 0 };
  const known = { secret: "right", asked: 0 };
  const credentials = rememberCredentials(
    async (user, secret) => {
      known.asked += 1;
      return secret === known.secret ? { user: user as UserId } : null;
    },
    () => clock.nowMs,
  );
  return { clock, known, credentials };
}

test("credentials that passed are remembered for five seconds and no longer", async () => {
  const { clock, credentials } = opened();
  assert.equal(credentials.recall(header("right")), null);
  assert.deepEqual(await credentials.verify(header("right")), { user: "ann" });
  clock.nowMs = 4_999;
  assert.deepEqual(credentials.recall(header("right")), { user: "ann" });
  clock.nowMs = 5_000;
  assert.equal(credentials.recall(header("right")), null);
  clock.nowMs = 1_000_000;
  assert.equal(credentials.recall(header("right")), null);
});

test("a secret that was withdrawn is refused as soon as it is not remembered any more", async () => {
  const { clock, known, credentials } = opened();
  await credentials.verify(header("right"));
  known.secret = "another";
  clock.nowMs = 5_000;
  await assert.rejects(credentials.verify(header("right")), { type: "auth" });
  assert.equal(credentials.recall(header("right")), null);
});

test("a refusal is not remembered", async () => {
  const { known, credentials } = opened();
  await assert.rejects(credentials.verify(header("wrong")), { type: "auth" });
  assert.equal(credentials.recall(header("wrong")), null);
  known.secret = "wrong";
  assert.deepEqual(await credentials.verify(header("wrong")), { user: "ann" });
  assert.equal(known.asked, 2);
});

test("a bounded number of credentials is remembered, the latest of them", async () => {
  const { known, credentials } = opened();
  const secrets = Array.from({ length: 1_100 }, (_, n) => `secret-${n}`);
  for (const secret of secrets) {
    known.secret = secret;
    await credentials.verify(header(secret));
  }
  const remembered = secrets.filter((secret) => credentials.recall(header(secret)) !== null);
  assert.deepEqual(remembered, secrets.slice(-1024));
});
