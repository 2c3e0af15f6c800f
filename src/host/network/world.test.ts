/** What guests reach of the machine itself, whichever of its addresses they try: nothing but what the operator named. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import {
  callFromHere,
  MAC,
  nic,
  OTHER_MAC,
  type TestClouds,
  testClouds,
} from "../../../testing/network/cloud.ts";
import { send, udp } from "../../../testing/network/frames.ts";
import { call, type Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import { long } from "../../../testing/share.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { confine, run } from "../process/process.ts";
import { parseGuestPorts } from "./guest-ports.ts";
import { resolvers } from "./machine.ts";

const LATER_ADDRESS = "198.51.100.77";
const BROADCAST = "198.51.100.255";
const ANYCAST = "203.0.113.77";
/** A group, and what it is on the link (RFC 1112, section 6.4). */
const GROUP = "239.255.7.7";
const GROUP_MAC = "01:00:5e:7f:07:07";

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("of the machine itself", root, () => {
    let clouds: TestClouds;
    let cloud: string;
    let network: GuestNetwork;
    let guest: Guest;
    let service: Server;
    let datagrams: Socket;
    /** Who came to the services that listen on all addresses. */
    const came: string[] = [];

    before(async () => {
      clouds = await testClouds();
      service = createServer((socket) => {
        came.push(`to port ${socket.localPort}`);
        socket.on("error", () => {}).end("hello\n");
      });
      service.listen(8000, "::");
      datagrams = createSocket({ type: "udp6" });
      datagrams.on("message", () => came.push("a datagram"));
      datagrams.bind(8000, "::");
      await Promise.all([once(service, "listening"), once(datagrams, "listening")]);
    });
    afterEach(async () => {
      came.length = 0;
      await clouds.clear();
      await network.close("none");
    });
    after(async () => {
      service.close();
      datagrams.close();
      await clouds.close();
    });

    const open = async (guestPorts = "none") => {
      const id = clouds.newId();
      cloud = `lodge-${id}`;
      network = await clouds.open(id, "10.99.0.0/24", [], parseGuestPorts(guestPorts));
      guest = await clouds.guest(network, "a", nic(network.addresses.first));
      await network.admit("a", [nic(network.addresses.first)]);
      assert.equal(await guest.lease(), network.addresses.first);
    };
    /** Sends a datagram from the guest; whether it came is seen once a ping behind it was answered. */
    const tell = async (address: string, pinged = address) => {
      const program = `const socket = require("node:dgram").createSocket("udp4");
        socket.send("hello", 8000, "${address}", () => socket.close());`;
      await run(confine({ uid: null, netns: guest.netns }, [process.execPath, "-e", program]));
      assert.ok(await guest.reaches(pinged));
    };
    const outer = async () => {
      const shown = await run(["ip", "-4", "-json", "address", "show", "dev", cloud]);
      return (JSON.parse(shown) as { addr_info: { local: string }[] }[])[0]?.addr_info[0]?.local ?? "";
    };

    test("a guest reaches no service, neither at the uplink's address, nor its own, nor one that came later", async () => {
      await open();
      await run(["ip", "address", "add", `${LATER_ADDRESS}/24`, "dev", "eth0"]);
      try {
        for (const address of [await outer(), MACHINE_ADDRESS, LATER_ADDRESS]) {
          assert.equal(await call(guest.netns, address, 8000), "ETIMEDOUT", address);
          await tell(address);
        }
        assert.deepEqual(came, []);
      } finally {
        await run(["ip", "address", "delete", `${LATER_ADDRESS}/24`, "dev", "eth0"]);
      }
    });

    test(
      "a guest reaches no service by what all of a network of the machine's are called by",
      long,
      async () => {
        await open();
        await run(["ip", "address", "add", `${LATER_ADDRESS}/24`, "brd", "+", "dev", "eth0"]);
        try {
          await tell(BROADCAST, MACHINE_ADDRESS);
          assert.deepEqual(came, []);
        } finally {
          await run(["ip", "address", "delete", `${LATER_ADDRESS}/24`, "dev", "eth0"]);
        }
      },
    );

    test("neither a guest, nor who has the guests' namespace, reaches a group that the machine is in", async () => {
      await open();
      const member = createSocket("udp4");
      member.on("message", () => came.push("a datagram to the group"));
      member.bind(8001);
      await once(member, "listening");
      member.addMembership(GROUP, await outer());
      try {
        const to = { address: GROUP, port: 8001 };
        const from = { address: network.addresses.first, port: 8001, mac: MAC };
        await send(guest.netns, "eth0", [udp(from, to, GROUP_MAC)]);
        await send(cloud, "uplink", [udp({ ...from, mac: OTHER_MAC }, to, GROUP_MAC)]);
        assert.ok(await guest.reaches(MACHINE_ADDRESS));
        assert.deepEqual(came, []);
      } finally {
        member.close();
      }
    });

    /** Has the machine lead a port of what `which` says on to the world, as is done for a container's, until it is closed. */
    const publish = async (which: string) => {
      await clouds.listen(world.netns, world.address, 5432);
      assert.equal(await call(guest.netns, world.address, 5432), MACHINE_ADDRESS);
      const published = `table ip published {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    ${which} tcp dport 8001 dnat to ${world.address}:5432
  }
}`;
      await run(["nft", "-f", "-"], published);
      return { close: () => run(["nft", "delete", "table", "ip", "published"]) };
    };

    test("a guest reaches no port that the machine leads on elsewhere, as a container's", long, async () => {
      await open();
      const published = await publish("fib daddr type local");
      try {
        assert.equal(await call(guest.netns, MACHINE_ADDRESS, 8001), "ETIMEDOUT");
      } finally {
        await published.close();
      }
    });

    test(
      "a guest reaches no port of an anycast address of the machine's that it leads on elsewhere",
      long,
      async () => {
        await open();
        await run(["ip", "route", "add", "anycast", ANYCAST, "dev", "lo", "table", "local"]);
        const published = await publish(`ip daddr ${ANYCAST}`);
        try {
          assert.equal(await call(guest.netns, ANYCAST, 8001), "ETIMEDOUT");
        } finally {
          await published.close();
          await run(["ip", "route", "delete", "anycast", ANYCAST, "dev", "lo", "table", "local"]);
        }
      },
    );

    test("a guest reaches the ports that the operator named, by the protocol that they named", async () => {
      await open("7999-8000/tcp");
      assert.equal(await call(guest.netns, MACHINE_ADDRESS, 8000), "hello");
      assert.equal(await call(guest.netns, await outer(), 8000), "hello");
      assert.equal(await call(guest.netns, MACHINE_ADDRESS, 7999), "ECONNREFUSED");
      assert.equal(await call(guest.netns, MACHINE_ADDRESS, 7998), "ETIMEDOUT");
      await tell(MACHINE_ADDRESS);
      assert.deepEqual(came, ["to port 8000", "to port 8000"]);
    });

    test("a guest reaches the resolvers that it is told of, and the machine reaches the guest", async () => {
      await open();
      const rules = await run(["nft", "list", "chain", "ip", cloud, "to_machine"]);
      for (const address of await resolvers()) {
        assert.ok(rules.includes(`ip daddr ${address} meta l4proto { tcp, udp } th dport 53 accept`), rules);
      }
      await clouds.listen(guest.netns, network.addresses.first, 9000);
      assert.match(await callFromHere(network.addresses.first, 9000), /^\d+\./);
    });

    test("there is no IPv6 between it and the guests", async () => {
      await open();
      assert.equal((await readFile(`/proc/sys/net/ipv6/conf/${cloud}/disable_ipv6`, "latin1")).trim(), "1");
      assert.equal(await run(["ip", "-6", "address", "show", "dev", cloud]), "");
    });

    test(
      "rules that somebody removes, as a firewall does that is restarted, are there again, and told of",
      long,
      async () => {
        await open();
        for (const change of ["flush ruleset", `flush chain ip ${cloud} to_machine`]) {
          await run(["nft", change]);
          const warnings = await until("it is told of", async () => {
            const told = clouds.takeWarnings();
            return told.length === 0 ? null : told;
          });
          assert.match(warnings.join(), /^somebody changed the machine's rules for guests/);
          await until("they are there", async () => {
            const rules = await run(["nft", "list", "table", "ip", cloud]).catch(() => "");
            return (rules.includes("masquerade") && rules.includes("drop")) || null;
          });
          assert.equal(await call(guest.netns, MACHINE_ADDRESS, 8000), "ETIMEDOUT");
          assert.equal(await call(guest.netns, world.address, 7000), "ECONNREFUSED");
        }
      },
    );
  });
}
