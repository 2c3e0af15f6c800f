import assert from "node:assert/strict";
import { test } from "node:test";
import { parseResolvers } from "./machine.ts";

test("guests are told of the machine's IPv4 resolvers that are not on its loopback", () => {
  const text = [
    "# nameserver 192.0.2.9",
    "nameserver 127.0.0.53",
    "nameserver 192.0.2.1",
    "  nameserver\t192.0.2.2",
    "nameserver 2001:db8::1",
    "nameserver fe80::1%eth0",
    "search example.org",
    "",
  ].join("\n");
  assert.deepEqual(parseResolvers(text), ["192.0.2.1", "192.0.2.2"]);
  assert.deepEqual(parseResolvers(""), []);
});
