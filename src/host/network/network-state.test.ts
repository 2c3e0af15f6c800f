import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { NetworkState, type ServerNetwork } from "./network-state.ts";
import { configuredSubnet, layOut } from "./subnet.ts";

const LAYOUT = layOut(configuredSubnet("10.64.0.0/20"));
const LEASE = { mac: "02:00:00:00:00:01", address: "10.64.0.2", network: null };
const WHOLE: ServerNetwork = {
  nics: [
    { index: 0, tap: "t1", owner: null, vlan: null, lease: LEASE, counter: "c0123456789abcdef" },
    {
      index: 1,
      tap: "v2",
      owner: null,
      vlan: { uuid: "11111111-1111-4111-8111-111111111111", bridge: "vlan1" },
      lease: null,
      counter: null,
    },
  ],
  vnc: { address: "10.64.0.2", port: 5901, listens: null, open: true },
};

let directory: string;
let warnings: string[];
const open = () =>
  new NetworkState(directory, LAYOUT, (message, error) => warnings.push(`${message}: ${error}`));
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "lodge-state-"));
  warnings = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

test("what a server has is read back as it was left, and forgotten with it", () => {
  const state = open();
  state.change("a", WHOLE);
  state.change("b", { vnc: WHOLE.vnc });
  state.change("b", { vnc: null });
  const later = open();
  assert.deepEqual(later.servers().sort(), ["a", "b"]);
  assert.deepEqual(
    [later.of("a"), later.of("b"), later.of("c")],
    [WHOLE, { nics: [], vnc: null }, { nics: [], vnc: null }],
  );
  assert.deepEqual(later.nics(), WHOLE.nics);
  later.forget("a");
  later.forget("b");
  assert.deepEqual([later.has("a"), readdirSync(directory)], [false, []]);
  assert.deepEqual(warnings, []);
});

test("what the first version wrote is read", () => {
  const { mac, address } = LEASE;
  writeFileSync(
    join(directory, "a.json"),
    JSON.stringify({ nics: [{ index: 0, tap: "t1", lease: { mac, address } }], vnc: null }),
  );
  assert.deepEqual(open().of("a"), {
    nics: [{ index: 0, tap: "t1", owner: null, vlan: null, lease: LEASE, counter: null }],
    vnc: null,
  });
});

const nics = (part: object) => ({ nics: [{ ...WHOLE.nics[0], ...part }], vnc: null });
const lease = (part: object) => nics({ lease: { ...LEASE, ...part } });
const pool = (part: object) =>
  lease({
    address: "203.0.113.2",
    network: { prefix: 28, gateway: "203.0.113.1", nameservers: [], ...part },
  });
const DAMAGED: Readonly<Record<string, string>> = {
  "cut off": '{"nics":[',
  "something else": "[]",
  "without NICs": '{"vnc":null}',
  ...Object.fromEntries(
    Object.entries({
      "a counter of another name": nics({ tap: "t1", counter: 'c1" ; x' }),
      "a tap of another name": nics({ tap: 't1" . x' }),
      "a tap that is a line more": nics({ tap: "t1\nlink delete guests" }),
      "a bridge of another name": nics({ vlan: { uuid: "x", bridge: "guests" } }),
      "no MAC": lease({ mac: "02:00:00:00:00:01 } ; flush ruleset" }),
      "a MAC that is a line more": lease({ mac: "02:00:00:00:00:01\n" }),
      "no address": lease({ address: "10.64.0.2 }" }),
      "an address of another spelling": lease({ address: "10.64.0.02" }),
      "an address of another network": lease({ address: "192.0.2.1" }),
      "a prefix that is none": pool({ prefix: 33 }),
      "a prefix that is text": pool({ prefix: "28 dev lo" }),
      "a gateway that is none": pool({ gateway: "203.0.113.1/0" }),
      "a gateway out of its network": pool({ gateway: "203.0.113.17" }),
      "the gateway's address": pool({ gateway: "203.0.113.2" }),
      "a name server that is none": pool({ nameservers: ["192.0.2.1,option:6"] }),
      "a screen at no address": {
        nics: [],
        vnc: { address: "10.64.0.2 : 1", port: 5901, listens: null, open: true },
      },
      "a screen at no port": { nics: [], vnc: { address: "10.64.0.2", port: "5901 }", open: true } },
    }).map(([name, value]) => [name, JSON.stringify(value)]),
  ),
};

for (const [name, text] of Object.entries(DAMAGED)) {
  test(`a damaged file is that server's loss alone, which is told: ${name}`, () => {
    open().change("sound", WHOLE);
    writeFileSync(join(directory, "damaged.json"), text);
    const state = open();
    assert.deepEqual(state.of("sound"), WHOLE);
    assert.deepEqual([state.has("damaged"), state.of("damaged")], [true, { nics: [], vnc: null }]);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^what server damaged had/);
  });
}
