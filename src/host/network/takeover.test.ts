/** What a daemon that died leaves of VLANs and of addresses of the operator's, and what the next one makes of it. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import {
  MAC,
  nic,
  OTHER_MAC,
  openForEachTest,
  type TestClouds,
  vlanNic,
} from "../../../testing/network/cloud.ts";
import { call, type Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import { long } from "../../../testing/share.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { Nic, StaticNetwork } from "../host.ts";
import { run } from "../process/process.ts";

const POOL: StaticNetwork = { prefix: 28, gateway: "203.0.113.1", nameservers: ["192.0.2.53"] };
const OTHER_POOL: StaticNetwork = { prefix: 26, gateway: "203.0.113.65", nameservers: [] };
const [A, B] = ["203.0.113.2", "203.0.113.70"] as const;
const RED = "11111111-1111-4111-8111-111111111111";
const BLUE = "22222222-2222-4222-8222-222222222222";

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("of a network that servers live in, the next daemon", root, () => {
    let clouds: TestClouds;
    let id: string;
    let cloud: string;
    let network: GuestNetwork;
    let inhabitant: ChildProcess;
    afterEach(() => inhabitant.kill("SIGKILL"));
    openForEachTest(
      (open) => ({ clouds, id, cloud, network } = open),
      () => network,
    );
    before(async () => {
      await run(["ip", "-n", world.netns, "route", "add", "203.0.113.0/24", "via", MACHINE_ADDRESS]);
    });
    beforeEach(async () => {
      inhabitant = await clouds.inhabit(id);
    });

    /** Plugs in the NICs, and answers the guest that is at the end of each. */
    const start = async (server: string, ...nics: Nic[]): Promise<Guest[]> => {
      const guests = await Promise.all(nics.map((its) => clouds.guest(network, server, its)));
      await network.admit(server, nics);
      return guests;
    };
    const reopen = async () => {
      await network.close("running");
      network = await clouds.open(id);
    };
    /** All of the network that has a name. */
    const state = async () => {
      const inside = (words: string) => run(["ip", "-n", cloud, "-o", ...words.split(" ")]);
      const [links, addresses, routes, machine] = await Promise.all([
        inside("link"),
        inside("-4 address show dev guests"),
        inside("-4 route"),
        run(["ip", "route", "show", "dev", cloud]),
      ]);
      const devices = [...links.matchAll(/^\d+: ([^:@]+)/gm)].flatMap(([, name = ""]) =>
        /^v/.test(name) ? [name] : [],
      );
      return { devices: devices.sort(), addresses, routes, machine };
    };

    test("keeps VLANs and addresses that are in use, and removes those of servers that have ended", async () => {
      const [one, inRed] = await start("one", nic(A, MAC, POOL), vlanNic(RED, MAC));
      const [alsoInRed] = await start("two", vlanNic(RED, OTHER_MAC));
      assert.ok(one !== undefined && inRed !== undefined && alsoInRed !== undefined);
      await one.configure(`${A}/28`, POOL.gateway);
      await inRed.configure("192.168.7.1/24");
      await alsoInRed.configure("192.168.7.2/24");
      const before = await state();
      const ended = [nic(B, OTHER_MAC, OTHER_POOL), vlanNic(BLUE), { ...vlanNic(RED), index: 2 }];
      await Promise.all(ended.map((its) => network.plug("ended", its)));
      await network.admit("ended", ended);
      await network.vncListen("ended", "203.0.113.71");

      await reopen();
      await network.reconcile(["one", "two"]);
      assert.deepEqual(await state(), before);
      await clouds.listen(world.netns, world.address, 8000);
      assert.equal(await call(one.netns, world.address, 8000), A);
      assert.ok(await inRed.reaches("192.168.7.2"));
      assert.equal((await one.offer())?.nameservers, "192.0.2.53");
      await Promise.all([network.unplug("one"), network.unplug("two")]);
      assert.deepEqual((await state()).devices, []);
    });

    test("makes what was cut off before it was made, and removes what no server holds", long, async () => {
      const nics = [nic(A, MAC, POOL), vlanNic(RED)];
      await Promise.all(nics.map((its) => network.plug("one", its)));
      const bare = await state();
      await network.admit("one", nics);
      const whole = await state();
      const devices = whole.devices.map((name) => `link delete ${name}`);
      const routes = [`route delete ${A}/32 dev guests`, `address delete ${POOL.gateway}/28 dev guests`];
      await inCloud([...devices, ...routes]);
      await run(["ip", "route", "delete", `${A}/32`, "dev", cloud]);
      await reopen();
      assert.deepEqual(await state(), whole);

      const strange = "203.0.113.71";
      await inCloud([
        ...["link add vlan91 type bridge", "tuntap add dev v92 mode tap", "link set v92 master vlan91"],
        ...[
          `address add ${OTHER_POOL.gateway}/26 dev guests`,
          `route add ${strange}/32 dev guests proto static`,
        ],
      ]);
      const way = ["via", inner(whole.machine), "dev", cloud, "onlink"];
      await run(["ip", "route", "add", `${strange}/32`, ...way]);
      await reopen();
      assert.deepEqual(await state(), whole);
      // Half made: a tap that is not in its bridge yet, nor up.
      const tap = whole.devices.find((name) => /^v\d/.test(name));
      await inCloud([`link set ${tap} nomaster down`]);
      await reopen();
      assert.deepEqual(await state(), whole);
      await network.unplug("one");
      assert.equal((await state()).machine, bare.machine);
    });

    test(
      "lets a server keep the address that an earlier version gave it out of the static part",
      long,
      async () => {
        const address = network.staticAddresses?.first ?? "";
        const [guest] = await start("one", nic(address));
        assert.ok(guest !== undefined);
        const file = join(clouds.directory(id), "holds", "one.json");
        const { nics, vnc } = JSON.parse(await readFile(file, "utf8")) as {
          nics: { tap: string }[];
          vnc: null;
        };
        const earlier = nics.map(({ tap }) => ({ index: 0, tap, lease: { mac: MAC, address } }));
        await writeFile(file, JSON.stringify({ nics: earlier, vnc }));
        await reopen();
        await network.reconcile(["one"]);
        assert.equal(await guest.lease(), address);
        await clouds.listen(world.netns, world.address, 8000);
        assert.equal(await call(guest.netns, world.address, 8000), MACHINE_ADDRESS);
        const vlan = vlanNic(RED);
        assert.match((await network.plug("two", vlan)).device ?? "", /^v\d+$/);
      },
    );

    const inCloud = (lines: readonly string[]) =>
      run(["ip", "-n", cloud, "-batch", "-"], `${lines.join("\n")}\n`);
  });
}

/** The namespace's end of the uplink, by the route of the guests' subnet. */
const inner = (routes: string) => / via (\S+)/.exec(routes)?.[1] ?? "";
