/** What is counted of each guest at the uplink: what it sends to outside of the cloud and receives from there, to the byte. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { describe, test } from "node:test";
import {
  callFromHere,
  MAC,
  nic,
  OTHER_MAC,
  openForEachTest,
  type TestClouds,
  vlanNic,
} from "../../../testing/network/cloud.ts";
import { send, udp } from "../../../testing/network/frames.ts";
import { call, type Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import { long } from "../../../testing/share.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { StaticNetwork } from "../host.ts";
import { confine, run } from "../process/process.ts";
import { counterOf, freeNetworks } from "./counting.ts";
import { configuredSubnet, layOut } from "./subnet.ts";

const POOL: StaticNetwork = { prefix: 28, gateway: "203.0.113.1", nameservers: [] };
const RED = "11111111-1111-4111-8111-111111111111";
const LATER_ADDRESS = "192.0.2.77";
/** Headers of IPv4 and UDP (RFC 791, RFC 768). */
const HEADERS = 28;

if (await inOwnMachine(import.meta.filename)) {
  test("free are the guests' subnet and the machine's networks, each once and none within another", () => {
    const layout = layOut(configuredSubnet("10.64.0.0/20"));
    const machine = [
      { base: 0x0a400ffd, prefix: 32 },
      { base: 0x7f000000, prefix: 8 },
      { base: 0x7f000001, prefix: 32 },
      { base: 0xc0000201, prefix: 32 },
      { base: 0xc0000201, prefix: 32 },
    ];
    assert.deepEqual(freeNetworks(layout, machine), ["10.64.0.0/20", "127.0.0.0/8", "192.0.2.1"]);
  });

  test("a NIC without a lease, which may send nothing, has no counter", () => {
    const bare = { index: 0, tap: "t1", owner: null, vlan: null, counter: "c0123456789abcdef" };
    assert.equal(counterOf({ ...bare, lease: null }), null);
    const lease = { mac: MAC, address: "10.64.0.2", network: null };
    assert.equal(counterOf({ ...bare, lease }), bare.counter);
  });

  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("at the uplink", root, () => {
    let clouds: TestClouds;
    let id: string;
    let cloud: string;
    let network: GuestNetwork;
    openForEachTest(
      (open) => ({ clouds, id, cloud, network } = open),
      () => network,
    );

    /** A guest with an address of the network's own, by its place among them. */
    const plug = async (server: string, address: string, gateway: string, mac = MAC): Promise<Guest> => {
      const guest = await clouds.guest(network, server, nic(address, mac));
      await network.admit(server, [nic(address, mac)]);
      await guest.configure(`${address}/20`, gateway);
      return guest;
    };
    const plugBoth = async () => {
      const [address, other] = [network.addresses.first, network.addresses.last];
      const gateway = network.staticAddresses?.gateway ?? "";
      const guest = await plug("a", address, gateway);
      const neighbour = await plug("b", other, gateway, OTHER_MAC);
      return { address, other, gateway, guest, neighbour };
    };
    const counted = async (server = "a") => (await network.uplinkCounts()).get(server)?.bytes;

    test("what a guest sends and what is answered are counted to the byte of their IP packets, and nobody else's", async () => {
      const { guest, address } = await plugBoth();
      const echo = await echoing(world.netns, world.address);
      try {
        await sendAndHear(guest.netns, world.address, [100, 1, 1400]);
        assert.equal(await counted(), 2 * (3 * HEADERS + 1501));
        // What nobody answers, also to whom there is not.
        await sendAndHear(guest.netns, "192.0.2.1", [50], "nothing");
        assert.equal(await counted(), 2 * (3 * HEADERS + 1501) + HEADERS + 50);
        // What the firewall drops.
        await sendAndHear(guest.netns, "169.254.169.254", [50], "nothing");
        assert.equal(await counted(), 2 * (3 * HEADERS + 1501) + HEADERS + 50);
        assert.equal(await counted("b"), 0);
        // From another address than its own, or its neighbour's, it sends nothing that goes on, nor is counted.
        const before = await counted();
        const other = { address: network.addresses.last, port: 9, mac: MAC };
        const to = { address: world.address, port: 9 };
        await send(guest.netns, "eth0", [
          udp(other, to),
          udp({ ...other, mac: OTHER_MAC }, to),
          udp({ ...other, address: "192.0.2.9" }, to),
        ]);
        assert.ok(await guest.reaches(network.staticAddresses?.gateway ?? ""));
        assert.deepEqual([await counted(), await counted("b")], [before, 0]);
        assert.ok(address !== other.address);
      } finally {
        echo.kill("SIGKILL");
      }
    });

    test(
      "connections are counted both ways, whoever opened them, and to a port that the machine leads on to a guest",
      long,
      async () => {
        const { guest, address } = await plugBoth();
        await clouds.listen(world.netns, world.address, 8000);
        assert.equal(await call(guest.netns, world.address, 8000), MACHINE_ADDRESS);
        // SYN, SYN and ACK, ACK at the least, and the line that it was told.
        const opened = (await counted()) ?? 0;
        assert.ok(opened > 3 * 40 + MACHINE_ADDRESS.length, `${opened}`);

        await clouds.listen(guest.netns, address, 9000);
        const published = `table ip published {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname "eth0" tcp dport 8001 dnat to ${address}:9000
  }
}`;
        await run(["nft", "-f", "-"], published);
        try {
          assert.equal(await call(world.netns, MACHINE_ADDRESS, 8001), world.address);
          assert.ok(((await counted()) ?? 0) > opened + 3 * 40);
          assert.equal(await counted("b"), 0);
        } finally {
          await run(["nft", "delete", "table", "ip", "published"]);
        }
      },
    );

    test("an address of the operator's is counted as any other", long, async () => {
      await run(["ip", "-n", world.netns, "route", "add", "203.0.113.0/24", "via", MACHINE_ADDRESS]);
      const its = nic("203.0.113.2", MAC, POOL);
      const guest = await clouds.guest(network, "a", its);
      await network.admit("a", [its]);
      await guest.configure("203.0.113.2/28", POOL.gateway);
      const echo = await echoing(world.netns, world.address);
      try {
        await sendAndHear(guest.netns, world.address, [1000]);
        assert.equal(await counted(), 2 * (HEADERS + 1000));
      } finally {
        echo.kill("SIGKILL");
        await run(["ip", "-n", world.netns, "route", "delete", "203.0.113.0/24"]);
      }
    });

    test("guests among themselves, the machine itself at all of its addresses, VLANs and screens are free", async () => {
      const { guest, neighbour, address, other } = await plugBoth();
      await clouds.listen(neighbour.netns, other, 8000);
      assert.equal(await call(guest.netns, other, 8000), address);
      assert.ok(await guest.reaches(network.staticAddresses?.gateway ?? ""));
      assert.ok(await guest.reaches(MACHINE_ADDRESS));
      await clouds.listen(guest.netns, address, 9000);
      assert.match(await callFromHere(address, 9000), /^\d+\./);
      await Promise.all([network.plug("a", vlanNic(RED)), network.plug("b", vlanNic(RED, OTHER_MAC))]);
      const screen = await network.vncListen("a", address);
      await clouds.screen(network, screen);
      await network.openVnc("a", address, screen);
      await run(["ip", "-n", world.netns, "route", "add", `${address}/32`, "via", MACHINE_ADDRESS]);
      assert.equal(await call(world.netns, address, 5900), world.address);
      await run(["ip", "-n", world.netns, "route", "delete", `${address}/32`]);
      assert.deepEqual([await counted("a"), await counted("b")], [0, 0]);
    });

    test(
      "an address that the machine has since is free once that is seen, and nothing is out of order for it",
      long,
      async () => {
        const { guest } = await plugBoth();
        const { repairs } = network.figures;
        await run(["ip", "address", "add", `${LATER_ADDRESS}/32`, "dev", "lo"]);
        try {
          const set = () =>
            run(confine({ uid: null, netns: cloud }, ["nft", "list", "set", "ip", "counting", "free"]));
          await until("that is seen", async () => (await set()).includes(LATER_ADDRESS) || null);
          assert.ok(await guest.reaches(LATER_ADDRESS));
          assert.equal(await counted(), 0);
          assert.deepEqual(network.figures, { repairs, outOfOrder: [] });
        } finally {
          await run(["ip", "address", "delete", `${LATER_ADDRESS}/32`, "dev", "lo"]);
        }
      },
    );

    test(
      "a counter goes on over a restart of the daemon, and another takes its place where somebody removed it",
      long,
      async () => {
        const { guest } = await plugBoth();
        await guest.reaches("192.0.2.1");
        const before = (await network.uplinkCounts()).get("a");
        assert.ok(before !== undefined && before.bytes > 0);
        const inhabitant = await clouds.inhabit(id);
        try {
          await network.close("running");
          network = await clouds.open(id);
          assert.deepEqual((await network.uplinkCounts()).get("a"), before);
          await run(confine({ uid: null, netns: cloud }, ["nft", "flush", "ruleset"]));
          const after = await until("another is there", async () => {
            const count = (await network.uplinkCounts()).get("a");
            return count === undefined || count.counter === before.counter ? null : count;
          });
          assert.equal(after.bytes, 0);
          assert.match(clouds.takeWarnings().join(), /^somebody changed the guests' firewall/);
          await guest.reaches("192.0.2.1");
          assert.equal(await counted(), before.bytes);
        } finally {
          inhabitant.kill("SIGKILL");
        }
      },
    );

    test("of a server that has ended the last count is told until it is unplugged, and then it has none", async () => {
      const { guest } = await plugBoth();
      await guest.reaches("192.0.2.1");
      const last = await network.lastUplinkCount("a");
      assert.ok(last !== null && last.bytes > 0);
      await network.unplug("a");
      await network.reconcile(["b"]);
      assert.equal(await network.lastUplinkCount("a"), null);
      assert.deepEqual([...(await network.uplinkCounts()).keys()], ["b"]);
      const listed = await run(confine({ uid: null, netns: cloud }, ["nft", "list", "counters"]));
      assert.ok(!listed.includes(last.counter));
      await assert.doesNotReject(network.unplug("b"));
      assert.equal((await network.uplinkCounts()).size, 0);
    });

    test(
      "of one that ended while no daemon was there, though its network went with it, until all ends are cleared",
      long,
      async () => {
        const { guest } = await plugBoth();
        await guest.reaches("192.0.2.1");
        const last = (await network.uplinkCounts()).get("a");
        await network.close("running");
        await clouds.clear();
        // Nothing runs in it any more: the next daemon makes it anew.
        network = await clouds.open(id);
        assert.equal((await network.uplinkCounts()).size, 0);
        assert.deepEqual(await network.lastUplinkCount("a"), last);
        // It may die before it has recorded that.
        await network.close("none");
        network = await clouds.open(id);
        assert.deepEqual(await network.lastUplinkCount("a"), last);
        await network.reconcile([]);
        assert.equal(await network.lastUplinkCount("a"), null);
      },
    );

    test("an address that another server has next counts for that one alone", long, async () => {
      const { guest, gateway, address } = await plugBoth();
      await guest.reaches("192.0.2.1");
      await network.unplug("a");
      await plug("c", address, gateway);
      assert.deepEqual(Object.fromEntries(await network.uplinkCounts()), {
        b: { counter: (await network.uplinkCounts()).get("b")?.counter, bytes: 0 },
        c: { counter: (await network.uplinkCounts()).get("c")?.counter, bytes: 0 },
      });
    });
  });
}

/** Answers each datagram to port 7 with itself. Ended by its caller. */
async function echoing(netns: string, address: string): Promise<ChildProcess> {
  const program = `const socket = require("node:dgram").createSocket("udp4");
    socket.on("message", (bytes, from) => socket.send(bytes, from.port, from.address));
    socket.bind(7, "${address}", () => console.log("listening"));`;
  const [command = "", ...words] = confine({ uid: null, netns }, [process.execPath, "-e", program]);
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "inherit"] });
  await once(createInterface(child.stdout), "line");
  return child;
}

/** Sends datagrams of these sizes one after the other, each once the one before it was answered. */
async function sendAndHear(
  netns: string,
  address: string,
  sizes: readonly number[],
  answer?: "nothing",
): Promise<void> {
  const program = `const socket = require("node:dgram").createSocket("udp4");
    const sizes = ${JSON.stringify(sizes)};
    const next = () => {
      const size = sizes.shift();
      if (size === undefined) return socket.close();
      socket.send(Buffer.alloc(size), 7, "${address}", () => ${answer === undefined ? "{}" : "socket.close()"});
    };
    socket.on("message", next);
    next();`;
  await run(confine({ uid: null, netns }, [process.execPath, "-e", program]));
}
