import assert from "node:assert/strict";
import { test } from "node:test";
import { networkText, parseNetwork } from "./ipv4.ts";

test("a network is an address with the length of a prefix, or an address alone", () => {
  const cases: [text: string, network: string | null][] = [
    ["10.64.1.0/20", "10.64.0.0/20"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["192.0.2.1", "192.0.2.1/32"],
    ["010.0.0.0/8", null],
    ["10.0.00.0/8", null],
    ["10.0.0.0/08", null],
    ["10.0.0.256", null],
    ["10.0.0.0/33", null],
    ["10.0.0/8", null],
    ["10.0.0.0/8\n", null],
  ];
  for (const [text, network] of cases) {
    const read = parseNetwork(text);
    assert.equal(read === null ? null : networkText(read), network, text);
  }
});
