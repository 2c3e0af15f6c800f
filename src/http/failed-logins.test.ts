import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { auth } from "../base/errors.ts";
import { FailedLogins } from "./failed-logins.ts";

const ANN = "5d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c20";
const BOB = "6d8a0c1e-2f34-4b6a-9d1c-7e5b3f8a9c21";
const WRONG = auth("credentials_wrong", "no");

function opened(perMinute: number) {
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const failed = new FailedLogins(perMinute, logger, 0);
  /** How many of so many in a row are answered as wrong rather than as too many. */
  const tries = (count: number, address: string, name: string | null, nowMs = 0) =>
    Array.from({ length: count }, () => failed.answerTo({ address, name }, WRONG, nowMs)).filter(
      ({ code }) => code === "credentials_wrong",
    ).length;
  return { failed, lines, tries };
}

test("an address may fail so often in a minute, whatever names it gives", () => {
  const { failed, tries } = opened(10);
  assert.equal(tries(6, "192.0.2.1", ANN) + tries(6, "192.0.2.1", BOB), 10);
  const refused = failed.answerTo({ address: "192.0.2.1", name: null }, WRONG, 0);
  assert.deepEqual([refused.type, refused.code, refused.retryAfterS], ["busy", "too_many_failed_logins", 6]);
  assert.equal(tries(1, "192.0.2.2", null), 1, "another address may");
});

test("an account may be failed at so often in a minute, from whatever addresses, in whatever case", () => {
  const { tries } = opened(10);
  let wrong = 0;
  for (let host = 1; host <= 20; host++) {
    wrong += tries(1, `192.0.2.${host}`, host % 2 === 0 ? ANN : ANN.toUpperCase());
  }
  assert.equal(wrong, 10);
  assert.equal(tries(1, "192.0.2.99", BOB), 1, "another account may");
});

test("the addresses of one IPv6 network count together", () => {
  const { tries } = opened(10);
  let wrong = 0;
  for (let host = 1; host <= 20; host++) wrong += tries(1, `2001:db8:0:1::${host}`, null);
  assert.equal(wrong, 10);
  assert.equal(tries(1, "2001:db8:0:2::1", null), 1);
  assert.equal(tries(1, "2001:db8::1:0:0:0:1", null), 0, "the same network, written otherwise");
});

test("after a while it may fail again", () => {
  const { tries } = opened(60);
  assert.equal(tries(100, "192.0.2.1", null), 60);
  assert.equal(tries(100, "192.0.2.1", null, 10_000), 10);
});

test("what fails within the rate is logged, and what is beyond it counted in one line", () => {
  const { lines, tries } = opened(3);
  tries(1_000, "192.0.2.1", ANN);
  tries(1, "192.0.2.1", "my secret", 120_000);
  assert.deepEqual(
    lines.map(({ msg, address, account, count }) => [msg, address, account, count]),
    [
      ...new Array(3).fill(["login failed", "192.0.2.1", ANN, undefined]),
      ["more logins failed than are logged", undefined, undefined, 997],
      ["login failed", "192.0.2.1", null, undefined],
    ],
  );
  assert.ok(!JSON.stringify(lines).includes("my secret"));
});
