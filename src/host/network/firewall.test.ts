/** The firewall where writing it fails, or somebody else changes it. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { until } from "../../../testing/until.ts";
import { newCounter } from "./counting.ts";
import { Firewall } from "./firewall.ts";
import { inNamespace, makeNamespace, type Namespace, removeNamespace } from "./namespace.ts";
import { NetworkState } from "./network-state.ts";
import { configuredSubnet, layOut } from "./subnet.ts";

const LAYOUT = layOut(configuredSubnet("10.64.0.0/20"));
const COUNTER = "c0123456789abcdef";
const LEASE = { mac: "02:00:00:00:00:AB", address: "10.64.0.2", network: null };

describe("the guests' firewall", { skip: process.getuid?.() === 0 ? false : "needs root" }, () => {
  const name = `lodge-test-${randomBytes(4).toString("hex")}`;
  let folder: string;
  let namespace: Namespace;
  let firewall: Firewall;
  let state: NetworkState;
  let warnings: string[];
  /** How many of the next scripts fail, as on a machine that is short of everything. */
  let failures: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "lodge-firewall-"));
    await makeNamespace(name);
    [warnings, failures] = [[], 0];
    const real = inNamespace(name);
    namespace = {
      ...real,
      nft: (script) => (failures-- > 0 ? Promise.reject(new Error("no memory")) : real.nft(script)),
    };
    const warn = (message: string) => warnings.push(message);
    state = new NetworkState(folder, LAYOUT, warn);
    firewall = new Firewall({ namespace, layout: LAYOUT, state, isNew: true, warn });
    await firewall.raise();
    state.change("a", {
      nics: [{ index: 0, tap: "t1", vlan: null, owner: null, lease: LEASE, counter: COUNTER }],
      vnc: { address: "10.64.0.3", port: 5901, listens: null, open: true },
    });
  });
  afterEach(async () => {
    await removeNamespace(name);
    await rm(folder, { recursive: true });
  });

  const outOfOrder = () => until("that is noticed", async () => ((await firewall.isInOrder()) ? null : true));
  const allowed = () => namespace.list("set bridge guests allowed");

  test("is in order where nobody else changed it, with its sets filled and empty", async () => {
    assert.equal(await firewall.isInOrder(), true);
    await firewall.refresh();
    assert.match(await allowed(), /10\.64\.0\.2/);
    assert.equal(await firewall.isInOrder(), true);
    assert.deepEqual(warnings, []);
  });

  const CHANGES = [
    "flush ruleset",
    "delete table bridge guests",
    "flush chain ip guests output",
    "flush set bridge guests allowed",
    "delete table ip counting",
    "flush chain ip counting count",
    "flush map ip counting nics",
    "add element ip counting free { 240.9.9.0/24 }",
    "flush map ip guests vnc",
    'add element bridge guests allowed { "t2" . 02:00:00:00:00:02 . 10.64.0.9 }',
    "insert rule bridge guests from_guests accept",
  ];
  for (const change of CHANGES) {
    test(`is out of order once somebody did "${change}", says so once, and is as it was when it is written`, async () => {
      await firewall.refresh();
      // A counter that was lost is another, and clouds of other tests give this machine addresses meanwhile.
      const rules = async () =>
        (await namespace.list("ruleset"))
          .replace(/c[0-9a-f]{16}/g, "a counter")
          .replace(/,\s+/g, ", ")
          .replace(/, (10\.64\.\d+\.253|193\.99\.144\.80)(?=[,\s])/g, "");
      const before = await rules();
      await namespace.nft(`${change}\n`);
      await outOfOrder();
      assert.deepEqual(warnings, ["somebody changed the guests' firewall, which is written anew"]);
      await firewall.refresh();
      assert.equal(await rules(), before);
      assert.equal(await firewall.isInOrder(), true);
      assert.equal(warnings.length, 1);
    });
  }

  test("has two rules that count, however many NICs come and go, and each NIC a counter of its own while it is there", async () => {
    const counting = async () =>
      (await namespace.list("chain ip counting count")).match(/counter name/g)?.length;
    const servers = Array.from({ length: 500 }, (_, index) => `s${index}`);
    await Promise.all(
      servers.map((server, index) => {
        const lease = { ...LEASE, address: `10.64.${4 + (index >> 8)}.${index & 255}` };
        state.change(server, {
          nics: [{ index: 0, tap: `t${index + 2}`, vlan: null, owner: null, lease, counter: newCounter() }],
        });
        return firewall.refresh();
      }),
    );
    assert.equal(await counting(), 2);
    assert.equal((await namespace.counters("counting")).size, 501);
    assert.equal(await firewall.isInOrder(), true);
    await Promise.all(
      servers.map((server) => {
        state.forget(server);
        return firewall.refresh();
      }),
    );
    assert.equal(await counting(), 2);
    assert.deepEqual([...(await namespace.counters("counting")).keys()], [COUNTER]);
    assert.deepEqual(warnings, []);
  });

  test("is written whole where its sets are gone when a server comes, which does not fail for that", async () => {
    await namespace.nft("flush ruleset\n");
    await firewall.refresh();
    assert.match(await allowed(), /10\.64\.0\.2/);
    assert.equal(warnings.length, 1);
  });

  test("is written whole the next time where it could not be written", async () => {
    failures = 2;
    await assert.rejects(firewall.refresh(), /no memory/);
    assert.equal(await firewall.isInOrder(), false);
    await firewall.refresh();
    assert.match(await allowed(), /10\.64\.0\.2/);
    assert.equal(await firewall.isInOrder(), true);
  });
});
