/** What a guest may do to the bridge that all share, and to those on it: a guest that floods, poses as a switch or a router. */
import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";
import { MAC, nic, OTHER_MAC, openForEachTest, type TestClouds } from "../../../testing/network/cloud.ts";
import { arp, ethernet, send, udp } from "../../../testing/network/frames.ts";
import { call, type Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine } from "../../../testing/network/machine.ts";
import { long } from "../../../testing/share.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { confine, run } from "../process/process.ts";

/** Groups of a link alone (IEEE 802.1D): bridges, pause frames, LACP, 802.1X, LLDP. */
const GROUPS = ["00", "01", "02", "03", "0e"].map((last) => `01:80:c2:00:00:${last}`);
const EVERYBODY = "ff:ff:ff:ff:ff:ff";
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const FOREIGN = 0x88b5;
const PAYLOAD = Buffer.alloc(46);

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("a guest on the bridge", root, () => {
    let clouds: TestClouds;
    let cloud: string;
    let network: GuestNetwork;
    let [address, other, gateway, gatewayMac] = ["", "", "", ""];
    let guest: Guest;
    let victim: Guest;
    openForEachTest(
      (open) => ({ clouds, cloud, network } = open),
      () => network,
    );
    beforeEach(async () => {
      [address, other] = [network.addresses.first, network.addresses.last];
      gateway = network.staticAddresses?.gateway ?? "";
      const shown = await run(["ip", "-n", cloud, "-json", "link", "show", "guests"]);
      gatewayMac = (JSON.parse(shown) as { address: string }[])[0]?.address ?? "";
      guest = await clouds.guest(network, "a", nic(address));
      victim = await clouds.guest(network, "b", nic(other, OTHER_MAC));
      await Promise.all([
        network.admit("a", [nic(address)]),
        network.admit("b", [nic(other, OTHER_MAC)]),
        guest.configure(`${address}/20`, gateway),
        victim.configure(`${other}/20`, gateway),
      ]);
      assert.ok(await guest.reaches(gateway));
      assert.ok(await victim.reaches(gateway));
    });

    const inside = (...command: string[]) => run(confine({ uid: null, netns: cloud }, command));
    /** The MACs that the bridge has learned, each with its port. */
    const learned = async () => {
      const shown = await run(["bridge", "-n", cloud, "-json", "fdb", "show", "br", "guests", "dynamic"]);
      const entries = JSON.parse(shown) as { mac: string; ifname: string; state: string }[];
      return entries
        .filter(({ state }) => state !== "permanent")
        .map(({ mac, ifname }) => `${mac} ${ifname}`);
    };
    const neighbours = async () =>
      (await inside("ip", "neigh", "show", "nud", "all")).split("\n").filter((line) => line !== "").length;

    test("teaches it no MAC but its own, be it by frames to all or to the groups of a link", async () => {
      const before = (await learned()).sort();
      assert.equal(before.length, 2);
      const frames = Array.from({ length: 300 }, (_, index) => {
        const mac = `02:00:00:01:${index >> 8}${index >> 8}:${(index & 255).toString(16).padStart(2, "0")}`;
        return [EVERYBODY, ...GROUPS].map((to) => ethernet(mac, to, FOREIGN, PAYLOAD));
      });
      const theirs = [EVERYBODY, ...GROUPS].map((to) => ethernet(OTHER_MAC, to, FOREIGN, PAYLOAD));
      await send(guest.netns, "eth0", [...frames.flat(), ...theirs]);
      assert.ok(await guest.reaches(gateway));
      assert.deepEqual((await learned()).sort(), before);
      assert.ok(await victim.reaches(gateway));
    });

    test("gets nothing past the rules in a frame to the groups of a link", async () => {
      const before = await neighbours();
      const ip = (frame: string, to: string) => ethernet(MAC, to, IPV4, Buffer.from(frame.slice(28), "hex"));
      const spoofed = udp({ mac: MAC, address: "192.0.2.9", port: 9 }, { address: gateway, port: 67 });
      const asks = Array.from({ length: 50 }, (_, index) => {
        const packet = arp(MAC, { mac: MAC, address: `10.64.9.${index}` }, gateway);
        return GROUPS.map((to) => `${to.replaceAll(":", "")}${packet.slice(12)}`);
      });
      const tap = (await network.plug("a", nic(address))).device ?? "";
      const atTap = await clouds.watch(guest.netns, "eth0");
      await send(guest.netns, "eth0", [...GROUPS.map((to) => ip(spoofed, to)), ...asks.flat()]);
      const last = ethernet(gatewayMac, MAC, FOREIGN, PAYLOAD);
      assert.ok(await guest.reaches(gateway));
      await send(cloud, "guests", [last]);
      // The gateway answers no question that came so, and knows nobody by one.
      const answers = (await atTap.upTo(last)).filter(
        (frame) => frame.slice(24, 44) === "08060001080006040002",
      );
      assert.deepEqual(
        answers.filter((frame) => !frame.includes(hexOf(address))),
        [],
      );
      assert.ok((await neighbours()) <= before, tap);
    });

    test(
      "poses to others neither as a switch (STP) nor as a router (IPv6 RA) nor as a querier (IGMP)",
      long,
      async () => {
        const seen = await clouds.watch(victim.netns, "eth0");
        const atGateway = await clouds.watch(cloud, "guests");
        const bpdu = Buffer.from(`424203${"00".repeat(43)}`, "hex");
        const advertisement = Buffer.from(
          `6000000000103afffe80${"00".repeat(13)}01ff02${"00".repeat(13)}01${"86"}`,
          "hex",
        );
        const query = Buffer.from(
          `46000020000000000102${"0000"}${hexOf(address)}e00000019404000011${"00".repeat(7)}`,
          "hex",
        );
        const posed = [
          ethernet(MAC, "01:80:c2:00:00:00", bpdu.length, bpdu),
          ethernet(MAC, "33:33:00:00:00:01", IPV6, advertisement),
          ethernet(MAC, "01:00:5e:00:00:01", IPV4, query),
        ];
        await send(guest.netns, "eth0", posed);
        assert.ok(await guest.reaches(gateway));
        const last = ethernet(gatewayMac, OTHER_MAC, FOREIGN, PAYLOAD);
        await send(cloud, "guests", [last]);
        const own = (frame: string) => frame.slice(12, 24) === MAC.replaceAll(":", "");
        assert.deepEqual((await seen.upTo(last)).filter(own), []);
        const mark = arp(MAC, { mac: MAC, address }, gateway);
        await send(guest.netns, "eth0", [mark]);
        const arrived = await atGateway.upTo(mark);
        // Who asks for members of groups from an address of their own is heard by the gateway, which has none to tell of.
        assert.deepEqual(
          posed.map((frame) => arrived.includes(frame)),
          [false, false, true],
        );
        assert.equal((await inside("bridge", "mdb", "show")).trim(), "");
        assert.equal(await inside("ip", "-6", "route", "show", "table", "all"), "");
      },
    );

    test("that looks for whom there is not fills the kernel's table of neighbours with nobody", async () => {
      const before = await neighbours();
      const [first = "", last = ""] = [network.addresses.first, network.addresses.last].map((each) =>
        each.replace(/\.\d+$/, ""),
      );
      const nowhere = [first, last].flatMap((net) =>
        Array.from({ length: 250 }, (_, index) => `${net}.${index + 3}`),
      );
      const frames = nowhere
        .filter((to) => to !== address && to !== other)
        .map((to) => udp({ mac: MAC, address, port: 9 }, { address: to, port: 9 }, gatewayMac));
      await send(guest.netns, "eth0", frames);
      assert.ok(await guest.reaches(gateway));
      assert.ok((await neighbours()) <= before + 2, `${await neighbours()} neighbours, and ${before} before`);
      await clouds.listen(victim.netns, other, 8000);
      assert.equal(await call(guest.netns, other, 8000), address);
    });

    test(
      "that storms with ARP, or with DHCP, is heard so often and no more, and others are answered",
      long,
      async () => {
        const atGateway = await clouds.watch(cloud, "guests");
        const ask = arp(MAC, { mac: MAC, address }, other);
        const discover = udp(
          { mac: MAC, address: "0.0.0.0", port: 68 },
          { address: "255.255.255.255", port: 67 },
        );
        const renew = udp({ mac: MAC, address, port: 68 }, { address: gateway, port: 67 }, gatewayMac);
        const started = performance.now();
        await send(guest.netns, "eth0", Array(3000).fill(ask));
        await send(guest.netns, "eth0", [...Array(1500).fill(discover), ...Array(1500).fill(renew)]);
        // However slow the machine is, it is no more than this in the time that it took.
        const seconds = (performance.now() - started) / 1000;
        const last = udp({ mac: MAC, address, port: 9 }, { address: gateway, port: 9 }, gatewayMac);
        await send(guest.netns, "eth0", [last]);
        const seen = await atGateway.upTo(last);
        const count = (...frames: string[]) => seen.filter((frame) => frames.includes(frame)).length;
        assert.ok(count(ask) >= 100 && count(ask) <= 250 + 100 * seconds, `${count(ask)} in ${seconds} s`);
        assert.ok(count(discover, renew) <= 30 + 10 * seconds, `${count(discover, renew)} in ${seconds} s`);
        // The gateway answers at once for others' addresses, so there is no queue of answers to fill.
        const delay = inside("cat", "/proc/sys/net/ipv4/neigh/guests/proxy_delay");
        assert.equal((await delay).trim(), "0");
        assert.ok(await victim.reaches(address));
        assert.equal(await victim.lease(), other);
      },
    );
  });
}

const hexOf = (address: string) =>
  address
    .split(".")
    .map((part) => Number(part).toString(16).padStart(2, "0"))
    .join("");
