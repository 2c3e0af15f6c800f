import assert from "node:assert/strict";
import { test } from "node:test";
import { addressPrefix } from "./address-prefix.ts";

for (const [address, prefix] of [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::6", "2001:db8:0:0"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["::1", "0:0:0:0"],
] as const) {
  test(`connections from ${address} count for ${prefix}`, () => {
    assert.equal(addressPrefix(address), prefix);
  });
}
