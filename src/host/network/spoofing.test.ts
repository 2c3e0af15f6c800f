/** What a guest may send on the guests' network: what is its own, and nothing that others could take for theirs. */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { MAC, nic, OTHER_MAC, type TestClouds, testClouds } from "../../../testing/network/cloud.ts";
import { arp, type Ends, ethernet, send, udp } from "../../../testing/network/frames.ts";
import type { Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { Nic, StaticNetwork } from "../host.ts";
import { run } from "../process/process.ts";

const POOL: StaticNetwork = { prefix: 28, gateway: "203.0.113.1", nameservers: [] };
const EVERYBODY: Ends = { address: "255.255.255.255", port: 68 };
const IPV6 = 0x86dd;
const LLDP = 0x88cc;

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("of a guest's frames, with an address", root, () => {
    let clouds: TestClouds;
    let network: GuestNetwork;
    let cloud: string;
    let gatewayMac: string;
    before(async () => {
      clouds = await testClouds();
      const id = clouds.newId();
      cloud = `lodge-${id}`;
      network = await clouds.open(id);
      const shown = await run(["ip", "-n", cloud, "-json", "link", "show", "guests"]);
      gatewayMac = (JSON.parse(shown) as { address: string }[])[0]?.address ?? "";
      await run(["ip", "-n", world.netns, "route", "add", "203.0.113.0/24", "via", MACHINE_ADDRESS]);
    });
    afterEach(async () => {
      await Promise.all([network.unplug("a"), network.unplug("b")]);
      await clouds.clear();
    });
    after(async () => {
      await network.close("none");
      await clouds.close();
    });

    const KINDS = ["that auto gave", "that is static", "of the operator's"] as const;
    const nicsOf = (kind: (typeof KINDS)[number]): [mine: Nic, another: Nic, gateway: string] => {
      const { addresses, staticAddresses } = network;
      assert.ok(staticAddresses !== null);
      const { first, last, gateway } = staticAddresses;
      switch (kind) {
        case "that auto gave":
          return [nic(addresses.first), nic(addresses.last, OTHER_MAC), gateway];
        case "that is static":
          return [nic(first), nic(last, OTHER_MAC), gateway];
        case "of the operator's":
          return [nic("203.0.113.2", MAC, POOL), nic("203.0.113.3", OTHER_MAC, POOL), POOL.gateway];
      }
    };

    for (const kind of KINDS) {
      test(`${kind}, its own alone pass`, async () => {
        const [mine, another, gateway] = nicsOf(kind);
        const plug = async (server: string, its: Nic): Promise<Guest> => {
          const guest = await clouds.guest(network, server, its);
          await network.admit(server, [its]);
          return guest;
        };
        const [guest, victim] = await Promise.all([plug("a", mine), plug("b", another)]);
        const [address = "", theirs = ""] = [mine.lease?.address, another.lease?.address];
        await victim.configure(`${theirs}/${mine.lease?.network?.prefix ?? 20}`, gateway);
        const atGateway = await clouds.watch(cloud, "guests");
        const atVictim = await clouds.watch(victim.netns, "eth0");

        const me = { mac: MAC, address, port: 1000 };
        const own = { mac: MAC, address };
        const forged: Record<string, string> = {
          "another MAC, by Ethernet": udp(
            { ...me, mac: OTHER_MAC },
            { address: gateway, port: 9 },
            gatewayMac,
          ),
          "another MAC, in ARP alone": arp(MAC, { mac: OTHER_MAC, address }, gateway),
          "another MAC, around right ARP": arp(OTHER_MAC, own, gateway),
          "another's address, in an ARP request": arp(MAC, { mac: MAC, address: theirs }, gateway),
          "another's address, in an ARP answer": arp(MAC, { mac: MAC, address: theirs }, theirs, 2),
          "the gateway's address, in an ARP answer": arp(MAC, { mac: MAC, address: gateway }, theirs, 2),
          "another's address, by IP": udp(
            { ...me, address: theirs },
            { address: gateway, port: 9 },
            gatewayMac,
          ),
          "the gateway's address, by IP": udp(
            { ...me, address: gateway },
            { address: theirs, port: 9 },
            gatewayMac,
          ),
          "an address of nowhere": udp(
            { ...me, address: "192.0.2.9" },
            { address: theirs, port: 9 },
            gatewayMac,
          ),
          "no address, and no DHCP": udp(
            { ...me, address: "0.0.0.0" },
            { address: gateway, port: 9 },
            gatewayMac,
          ),
          "an answer of DHCP, to all": udp({ ...me, port: 67 }, EVERYBODY),
          "an answer of DHCP, as the gateway": udp({ ...me, address: gateway, port: 67 }, EVERYBODY),
          "an answer of DHCP, by way of the gateway": udp(
            { ...me, port: 67 },
            { address: theirs, port: 68 },
            gatewayMac,
          ),
          "an answer of DHCP, straight to another": udp(
            { ...me, port: 67 },
            { address: theirs, port: 68 },
            OTHER_MAC,
          ),
          "a question of DHCP, with another's MAC": udp(
            { mac: OTHER_MAC, address: "0.0.0.0", port: 68 },
            { ...EVERYBODY, port: 67 },
          ),
          IPv6: ethernet(MAC, "33:33:00:00:00:01", IPV6, Buffer.from(`60000000${"00".repeat(42)}`, "hex")),
          "what is no IP": ethernet(MAC, "01:80:c2:00:00:0e", LLDP, Buffer.alloc(46)),
        };
        const right = udp(me, { address: gateway, port: 9 }, gatewayMac);
        const onward = udp(me, { address: theirs, port: 9 }, gatewayMac);
        const rightArp = arp(MAC, own, gateway);
        await send(guest.netns, "eth0", [...Object.values(forged), rightArp, onward, right]);

        const names = new Map(Object.entries(forged).map(([name, frame]) => [frame, name]));
        const seen = (await atGateway.upTo(right)).filter(
          (frame) => frame.includes(hex(MAC)) || names.has(frame),
        );
        assert.deepEqual(
          seen.map((frame) => names.get(frame) ?? frame),
          [rightArp, onward],
        );
        // The router put its own MAC on it, and took one off its time to live.
        const arrived = await atVictim.upTo(routed(onward, gatewayMac, OTHER_MAC));
        assert.deepEqual(
          arrived.filter((frame) => !frame.slice(12).startsWith(hex(gatewayMac))),
          [],
        );
      });
    }
  });
}

const hex = (mac: string) => mac.replaceAll(":", "");

/** An IPv4 frame of `udp` as a router passes it on. */
function routed(frame: string, from: string, to: string): string {
  const bytes = Buffer.from(frame, "hex");
  bytes.write(hex(to) + hex(from), 0, "hex");
  bytes.writeUInt8(bytes.readUInt8(22) - 1, 22);
  // One less in the upper byte of a word is 0x100 more in the checksum (RFC 1624).
  const sum = bytes.readUInt16BE(24) + 0x100;
  bytes.writeUInt16BE((sum & 0xffff) + (sum >>> 16), 24);
  return bytes.toString("hex");
}
