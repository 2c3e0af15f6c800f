/** VLANs: what flows in one, and that nothing flows out of it or in. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  MAC,
  nic,
  OTHER_MAC,
  openForEachTest,
  type TestClouds,
  useTap,
  vlanNic,
} from "../../../testing/network/cloud.ts";
import { arp, ethernet, send, udp } from "../../../testing/network/frames.ts";
import type { Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { confine, run } from "../process/process.ts";

const RED = "11111111-1111-4111-8111-111111111111";
const BLUE = "22222222-2222-4222-8222-222222222222";
const THIRD_MAC = "02:00:00:00:00:03";
const FOREIGN_MAC = "02:00:00:00:00:99";
const EVERYBODY = "ff:ff:ff:ff:ff:ff";

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("a VLAN", root, () => {
    let clouds: TestClouds;
    let cloud: string;
    let network: GuestNetwork;
    openForEachTest(
      (open) => ({ clouds, cloud, network } = open),
      () => network,
    );

    const member = async (server: string, vlan: string, mac: string, address: string): Promise<Guest> => {
      const guest = await clouds.guest(network, server, vlanNic(vlan, mac));
      await network.admit(server, [vlanNic(vlan, mac)]);
      await guest.configure(address);
      return guest;
    };
    const bridges = async () => {
      const shown = await run(["ip", "-n", cloud, "-json", "link", "show", "type", "bridge"]);
      return (JSON.parse(shown) as { ifname: string }[]).map(({ ifname }) => ifname);
    };

    test("carries what its members send to each other, IPv6 among it", async () => {
      const [one, two] = await Promise.all([
        member("a", RED, MAC, "192.168.7.1/24"),
        member("b", RED, OTHER_MAC, "192.168.7.2/24"),
        member("c", RED, THIRD_MAC, "192.168.7.3/24"),
      ]);
      assert.ok(await one.reaches("192.168.7.2"));
      assert.ok(await two.reaches("192.168.7.3"));
      for (const guest of [one, two]) {
        await run([
          "ip",
          "-n",
          guest.netns,
          "address",
          "add",
          `fd00::${guest === one ? 1 : 2}/64`,
          "dev",
          "eth0",
          "nodad",
        ]);
      }
      assert.ok(await one.reaches("fd00::2"));
    });

    test("carries frames of any kind, of guests that bridge, too", async () => {
      const [one, two] = await Promise.all([
        member("a", RED, MAC, "192.168.7.1/24"),
        member("b", RED, OTHER_MAC, "192.168.7.2/24"),
      ]);
      const atTwo = await clouds.watch(two.netns, "eth0");
      const payload = Buffer.alloc(46, 0x5a);
      const frames = {
        "of another's MAC": ethernet(FOREIGN_MAC, EVERYBODY, 0x88b5, payload),
        "for a MAC that nobody knows": ethernet(MAC, "02:00:00:00:00:98", 0x88b6, payload),
        LLDP: ethernet(MAC, "01:80:c2:00:00:0e", 0x88cc, payload),
        "spanning tree": ethernet(MAC, "01:80:c2:00:00:00", 0x0026, payload),
        "tagged, of full size": ethernet(MAC, EVERYBODY, 0x8100, Buffer.alloc(1504, 0x01)),
        "an answer of DHCP": udp(
          { mac: MAC, address: "192.168.7.1", port: 67 },
          { address: "255.255.255.255", port: 68 },
        ),
        "another's ARP": arp(MAC, { mac: FOREIGN_MAC, address: "192.168.7.9" }, "192.168.7.2", 2),
      };
      const last = ethernet(MAC, EVERYBODY, 0x88b7, payload);
      await run(["ip", "-n", one.netns, "link", "set", "eth0", "mtu", "1504"]);
      await send(one.netns, "eth0", [...Object.values(frames), last]);
      const seen = await atTwo.upTo(last);
      for (const [name, frame] of Object.entries(frames)) {
        // Of a tagged frame the kernel keeps the tag apart.
        const shown = frame.slice(24, 28) === "8100" ? frame.slice(0, 24) + frame.slice(32) : frame;
        assert.ok(seen.includes(shown) || seen.includes(frame), name);
      }
    });

    test("is not filled with MACs that a guest makes up, and goes on for the others", async () => {
      const [one, two, three] = await Promise.all([
        member("a", RED, MAC, "192.168.7.1/24"),
        member("b", RED, OTHER_MAC, "192.168.7.2/24"),
        member("c", RED, THIRD_MAC, "192.168.7.3/24"),
      ]);
      const madeUp = Array.from({ length: 2000 }, (_, index) => {
        const mac = `02:00:00:01${index.toString(16).padStart(4, "0").replace(/../g, ":$&")}`;
        return ethernet(mac, EVERYBODY, 0x88b5, Buffer.alloc(46));
      });
      await send(one.netns, "eth0", madeUp);
      const learned =
        (await run(["bridge", "-n", cloud, "fdb", "show"])).match(/^02:00:00:01:/gm)?.length ?? 0;
      assert.ok(learned >= 200 && learned < 400, `${learned} were learned`);
      assert.ok(await one.reaches("192.168.7.2"));
      assert.ok(await two.reaches("192.168.7.3"));
      assert.ok(await three.reaches("192.168.7.1"));
    });

    test("leads to no other VLAN, to no guest's NIC 0 and not to the host", async () => {
      const { first } = network.addresses;
      const gateway = network.staticAddresses?.gateway ?? "";
      const red = await member("a", RED, MAC, "192.168.7.1/24");
      const blue = await member("b", BLUE, OTHER_MAC, "192.168.7.2/24");
      const guest = await clouds.guest(network, "c", nic(first, THIRD_MAC));
      await network.admit("c", [nic(first, THIRD_MAC)]);
      await guest.configure(`${first}/20`, gateway);
      const [redBridge = ""] = (await bridges()).filter((name) => name !== "guests");
      const atBlue = await clouds.watch(blue.netns, "eth0");
      const atGateway = await clouds.watch(cloud, "guests");
      const atRed = await clouds.watch(red.netns, "eth0");
      const atRedBridge = await clouds.watch(cloud, redBridge, "both");

      const payload = Buffer.alloc(46, 0x5a);
      const [redMac = ""] = await macs(cloud, redBridge);
      const [guestsMac = ""] = await macs(cloud, "guests");
      await send(red.netns, "eth0", [
        ...[EVERYBODY, OTHER_MAC, THIRD_MAC, redMac, guestsMac].map((to) =>
          ethernet(MAC, to, 0x88b5, payload),
        ),
        arp(MAC, { mac: MAC, address: first }, gateway),
        ...[redMac, guestsMac, THIRD_MAC].map((to) =>
          udp({ mac: MAC, address: first, port: 9 }, { address: gateway, port: 9 }, to),
        ),
        udp({ mac: MAC, address: "0.0.0.0", port: 68 }, { address: "255.255.255.255", port: 67 }),
      ]);
      // The host answers no ARP there, not even for what is its own, and nobody offers an address.
      const arping = ["busybox", "arping", "-c", "1", "-w", "1", "-I", "eth0", gateway];
      await assert.rejects(run(confine({ uid: null, netns: red.netns }, arping)));
      assert.equal(await red.lease(2), null);

      // Each place sees frames of its own, and so far nothing of red's.
      const marks = [
        ethernet(FOREIGN_MAC, EVERYBODY, 0x88b7, payload),
        arp(THIRD_MAC, { mac: THIRD_MAC, address: first }, gateway),
      ] as const;
      const last = ethernet(FOREIGN_MAC, EVERYBODY, 0x88b8, payload);
      const third = await member("d", BLUE, FOREIGN_MAC, "192.168.7.3/24");
      await send(third.netns, "eth0", [marks[0]]);
      await send(guest.netns, "eth0", [marks[1]]);
      assert.deepEqual(ofRed(await atBlue.upTo(marks[0])), []);
      assert.deepEqual(ofRed(await atGateway.upTo(marks[1])), []);
      assert.ok(await guest.reaches(gateway));
      // What the host itself sends there, all the same, is seen leaving for the bridge, and by no guest.
      await send(cloud, redBridge, [marks[0]]);
      assert.deepEqual(ofRed(await atRedBridge.upTo(marks[0])), []);
      const other = await member("e", RED, FOREIGN_MAC, "192.168.7.5/24");
      await send(other.netns, "eth0", [last]);
      assert.ok(!(await atRed.upTo(last)).includes(marks[0]));

      const addresses = await run(["ip", "-n", cloud, "-o", "address", "show", "dev", redBridge]);
      assert.equal(addresses, "");
    });

    test("is made with its first NIC and gone with its last, and of each its bridge is one", async () => {
      await network.plug("a", vlanNic(RED, MAC));
      await Promise.all([network.plug("b", vlanNic(RED, OTHER_MAC)), network.plug("c", vlanNic(BLUE))]);
      assert.equal((await bridges()).length, 3);
      assert.deepEqual(await network.plug("a", vlanNic(RED)), await network.plug("a", vlanNic(RED)));
      await network.unplug("a");
      assert.equal((await bridges()).length, 3);
      await network.unplug("b");
      assert.equal((await bridges()).length, 2);
      await network.plug("a", vlanNic(RED));
      assert.equal((await bridges()).length, 3);
      await Promise.all([network.unplug("a"), network.unplug("c")]);
      assert.deepEqual(await bridges(), ["guests"]);
    });

    test("many NICs come and go at once", async () => {
      const servers = Array.from({ length: 30 }, (_, index) => `s${index}`);
      const vlan = (index: number) => (index % 3 === 0 ? RED : BLUE);
      await Promise.all(servers.map((server, index) => network.plug(server, vlanNic(vlan(index)))));
      assert.equal((await bridges()).length, 3);
      await Promise.all(
        servers.map(async (server, index) => {
          await network.unplug(server);
          if (index % 2 === 0) await network.plug(server, vlanNic(vlan(index)));
        }),
      );
      const [red] = await members(cloud);
      assert.equal((await bridges()).length, 3);
      assert.equal((red ?? 0) + ((await members(cloud))[1] ?? 0), 15);
      await Promise.all(servers.map((server) => network.unplug(server)));
      assert.deepEqual(await bridges(), ["guests"]);
    });

    test("lets a QEMU use its tap that it inherits", async () => {
      const { netdev, device } = await network.plug("a", vlanNic(RED));
      await useTap(clouds, cloud, netdev, device);
    });

    test("offers no address", async () => {
      await network.plug("a", vlanNic(RED));
      const its = { ...vlanNic(RED), lease: { address: network.addresses.first, network: null } };
      await assert.rejects(network.admit("a", [its]), /nothing offers addresses/);
    });
  });
}

/** Those of the frames that the guest of the red VLAN has sent. */
const ofRed = (frames: readonly string[]) =>
  frames.filter((frame) => frame.slice(12, 24) === MAC.replaceAll(":", ""));

/** How many taps each VLAN has. */
async function members(cloud: string): Promise<number[]> {
  const shown = await run(["ip", "-n", cloud, "-json", "link", "show"]);
  const masters = (JSON.parse(shown) as { ifname: string; master?: string }[]).flatMap(({ master }) =>
    master?.startsWith("vlan") ? [master] : [],
  );
  return [...new Set(masters)].map((name) => masters.filter((master) => master === name).length);
}

async function macs(netns: string, device: string): Promise<string[]> {
  const shown = await run(["ip", "-n", netns, "-json", "link", "show", device]);
  return (JSON.parse(shown) as { address: string }[]).map(({ address }) => address);
}
