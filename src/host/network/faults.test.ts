/** What fails for one server fails for that one alone, and what fails once is brought in order. */
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, test } from "node:test";
import {
  MAC,
  nic,
  OTHER_MAC,
  openForEachTest,
  type TestClouds,
  vlanNic,
} from "../../../testing/network/cloud.ts";
import { inOwnMachine, world } from "../../../testing/network/machine.ts";
import { long } from "../../../testing/share.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { StaticNetwork } from "../host.ts";
import { confine, endProcess, run } from "../process/process.ts";
import { findDhcp } from "./dhcp.ts";

const RED = "11111111-1111-4111-8111-111111111111";
const BLUE = "22222222-2222-4222-8222-222222222222";
const POOL: StaticNetwork = { prefix: 28, gateway: "203.0.113.1", nameservers: [] };
/** No route may name a multicast address as its source: what is to be done for this one fails in the kernel. */
const MULTICAST: StaticNetwork = { prefix: 28, gateway: "224.0.0.1", nameservers: [] };

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("in a bridged network", root, () => {
    let clouds: TestClouds;
    let id: string;
    let cloud: string;
    let network: GuestNetwork;
    let address: string;
    openForEachTest(
      (open) => ({ clouds, id, cloud, network } = open),
      () => network,
    );
    beforeEach(() => {
      address = network.addresses.first;
    });

    const inside = (...command: string[]) => run(confine({ uid: null, netns: cloud }, command));
    const allowed = () => inside("nft", "list", "set", "bridge", "guests", "allowed").catch(() => "");
    const routes = () => inside("ip", "route", "show", "dev", "guests");
    const plugged = async (server: string, ...nics: Parameters<typeof network.plug>[1][]) => {
      await Promise.all(nics.map((its) => network.plug(server, its)));
      return () => network.admit(server, nics);
    };

    test("an address that cannot be led to its server is that server's failure, and no other's", async () => {
      const unsound = await plugged("unsound", nic("224.0.0.2", MAC, MULTICAST));
      const sound = await plugged("sound", nic("203.0.113.2", OTHER_MAC, POOL));
      const [one, other] = await Promise.allSettled([unsound(), sound()]);
      assert.equal(one.status, "rejected");
      assert.match(String(one.reason), /224\.0\.0\.2 could not be led to its server/);
      assert.equal(other.status, "fulfilled");
      const later = await plugged("later", nic("203.0.113.3", "02:00:00:00:00:03", POOL));
      await later();
      assert.match(await routes(), /203\.0\.113\.2 .*\n203\.0\.113\.3 /);
      await network.unplug("unsound");
      assert.ok(!(await inside("ip", "address")).includes("224.0.0.1"));
    });

    test("taps are counted also when the DHCP server, by which that began, has ended", long, async () => {
      const { device } = await network.plug("a", nic(null));
      const devices = async () => readFile(network.devices ?? "", "latin1");
      assert.match(await devices(), new RegExp(`^ *${device}:`, "m"));
      const server = await findDhcp(clouds.directory(id));
      assert.ok(server !== null);
      await endProcess(server);
      assert.match(await devices(), new RegExp(`^ *${device}:`, "m"));
      await run(["ip", "-n", cloud, "link", "delete", device ?? ""]);
      assert.doesNotMatch(await devices(), new RegExp(`^ *${device}:`, "m"));
    });

    test("a VLAN whose bridge cannot be made is its own failure, and is made once that is possible", async () => {
      await inside("ip", "tuntap", "add", "dev", "vlan1", "mode", "tap");
      const [one, other] = await Promise.allSettled([
        network.plug("a", vlanNic(RED)),
        network.plug("b", vlanNic(BLUE)),
      ]);
      assert.equal(one.status, "rejected");
      assert.match(String(one.reason), /could not be made/);
      assert.equal(other.status, "fulfilled");
      await inside("ip", "link", "delete", "vlan1");
      await until("the VLAN has a bridge with its tap", async () => {
        const taps = await inside("ip", "link", "show", "master", "vlan1").catch(() => "");
        return taps === "" ? null : taps;
      });
      await network.plug("a", vlanNic(RED));
    });

    test("rules that somebody removed are there again when a server comes, and where none comes", async () => {
      const [one, other] = [await plugged("a", nic(address)), await plugged("b", nic(null, OTHER_MAC))];
      await inside("nft", "flush", "ruleset");
      await Promise.all([one(), other()]);
      assert.ok((await allowed()).includes(address));
      await inside("nft", "flush", "ruleset");
      await until("the guest may send", async () => (await allowed()).includes(address) || null);
      for (const warning of clouds.takeWarnings()) {
        assert.match(warning, /the guests' firewall.* written anew/);
      }
    });

    test(
      "an address that the machine leads elsewhere comes to its server once it does so no more",
      long,
      async () => {
        const admit = await plugged("a", nic("203.0.113.2", MAC, POOL));
        await run(["ip", "route", "add", "203.0.113.2/32", "via", world.address]);
        await assert.rejects(admit(), /leads the address 203\.0\.113\.2 elsewhere/);
        await run(["ip", "route", "delete", "203.0.113.2/32", "via", world.address]);
        const machineRoutes = () => run(["ip", "route", "show", "dev", cloud]);
        await until(
          "the route is there",
          async () => (await machineRoutes()).includes("203.0.113.2 ") || null,
        );
      },
    );

    test("a damaged file costs its own server the network, and no other", long, async () => {
      const admit = await plugged("sound", nic(address));
      await admit();
      const server = await clouds.inhabit(id);
      try {
        await network.close("running");
        await writeFile(join(clouds.directory(id), "holds", "damaged.json"), '{"nics":');
        network = await clouds.open(id);
        assert.match(clouds.takeWarnings().join(), /^what server damaged had on the guests' network is lost/);
        await network.reconcile(["sound"]);
        assert.ok((await allowed()).includes(address));
      } finally {
        server.kill("SIGKILL");
      }
    });
  });
}
