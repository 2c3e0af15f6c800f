import assert from "node:assert/strict";
import { test } from "node:test";
import { isActive, type Subscription } from "./subscriptions.ts";

const subscription = (renew: 0 | 1, settled: 0 | 1): Subscription => ({
  ...{ serial: 1, uuid: "s", user: "u", resource: "cpu", amount: 1n, period: "month", price: 0n, used: 0n },
  ...{ from: 100, to: 200, renew, settled },
});

test("a subscription covers from its first second up to the one in which it ends", () => {
  const of = subscription(0, 0);
  assert.deepEqual(
    [99, 100, 199, 200].map((now) => isActive(of, now)),
    [false, true, true, false],
  );
});

test("one that is to be renewed covers until that is settled", () => {
  assert.ok(isActive(subscription(1, 0), 200));
  assert.ok(!isActive(subscription(1, 1), 200));
});
