/** What guests reach of the machine itself, whichever of its addresses they try: nothing but what the operator named. */
import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { after, afterEach, before, describe, test } from "node:test";
import { callFromHere, nic, type TestClouds, testClouds } from "../../../testing/network/cloud.ts";
import { call, type Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { confine, run } from "../process/process.ts";
import { parseGuestPorts } from "./guest-ports.ts";
import { resolvers } from "./machine.ts";

const LATER_ADDRESS = "198.51.100.77";
const BROADCAST = "198.51.100.255";

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

    test("a guest reaches no service by what all of a network of the machine's are called by", async () => {
      await open();
      await run(["ip", "address", "add", `${LATER_ADDRESS}/24`, "brd", "+", "dev", "eth0"]);
      try {
        await tell(BROADCAST, MACHINE_ADDRESS);
        assert.deepEqual(came, []);
      } finally {
        await run(["ip", "address", "delete", `${LATER_ADDRESS}/24`, "dev", "eth0"]);
      }
    });

    test("a guest reaches no port that the machine leads on elsewhere, as a container's", async () => {
      await open();
      await clouds.listen(world.netns, world.address, 5432);
      assert.equal(await call(guest.netns, world.address, 5432), MACHINE_ADDRESS);
      const published = `table ip published {
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    fib daddr type local tcp dport 8001 dnat to ${world.address}:5432
  }
}`;
      await run(["nft", "-f", "-"], published);
      try {
        assert.equal(await call(guest.netns, MACHINE_ADDRESS, 8001), "ETIMEDOUT");
      } finally {
        await run(["nft", "delete", "table", "ip", "published"]);
      }
    });

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

    test("rules that somebody removes, as a firewall does that is restarted, are there again, and told of", async () => {
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
    });
  });
}
