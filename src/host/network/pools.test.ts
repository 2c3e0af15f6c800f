/** Addresses of the operator's own networks: offered, routed, sent from as they are, and given up. */
import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { before, describe, test } from "node:test";
import {
  callFromHere,
  MAC,
  nic,
  OTHER_MAC,
  openForEachTest,
  type TestClouds,
} from "../../../testing/network/cloud.ts";
import { send, udp } from "../../../testing/network/frames.ts";
import { call, type Guest } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import { long } from "../../../testing/share.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { Nic, StaticNetwork } from "../host.ts";
import { run } from "../process/process.ts";

const POOL: StaticNetwork = {
  ...{ prefix: 28, gateway: "203.0.113.1" },
  nameservers: ["192.0.2.53", "192.0.2.54"],
};
const OTHER_POOL: StaticNetwork = { prefix: 26, gateway: "203.0.113.126", nameservers: [] };
const [A, B, C] = ["203.0.113.2", "203.0.113.3", "203.0.113.70"] as const;

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("an address of the operator's network", root, () => {
    let clouds: TestClouds;
    let id: string;
    let network: GuestNetwork;
    openForEachTest(
      (open) => ({ clouds, id, network } = open),
      () => network,
    );
    before(async () => {
      await run(["ip", "-n", world.netns, "route", "add", "203.0.113.0/24", "via", MACHINE_ADDRESS]);
    });

    const admitted = async (server: string, its: Nic): Promise<Guest> => {
      const guest = await clouds.guest(network, server, its);
      await network.admit(server, [its]);
      return guest;
    };
    const inCloud = (words: string) => run(["ip", "-n", `lodge-${id}`, "-4", ...words.split(" ")]);

    test("is offered with its network's mask, gateway and name servers, each to its own", async () => {
      const own = network.staticAddresses;
      assert.ok(own !== null);
      const guests = await Promise.all([
        admitted("a", nic(A, MAC, POOL)),
        admitted("c", nic(C, OTHER_MAC, OTHER_POOL)),
        admitted("own", nic(own.first, "02:00:00:00:00:03")),
      ]);
      const [a, c, private_] = await Promise.all(guests.map((guest) => guest.offer()));
      assert.deepEqual(a, {
        ...{ address: A, prefix: "28", gateway: POOL.gateway },
        nameservers: POOL.nameservers.join(" "),
      });
      assert.deepEqual(c, { address: C, prefix: "26", gateway: OTHER_POOL.gateway, nameservers: "" });
      assert.deepEqual(private_, {
        ...{ address: own.first, prefix: String(own.prefix), gateway: own.gateway },
        nameservers: own.nameservers.join(" "),
      });
    });

    test("is what the world sees of the guest, while an address of the guests' own subnet is hidden", async () => {
      const own = network.staticAddresses;
      assert.ok(own !== null);
      const a = await admitted("a", nic(A, MAC, POOL));
      const hidden = await admitted("own", nic(own.last, OTHER_MAC));
      assert.deepEqual([await a.lease(), await hidden.lease()], [A, own.last]);
      await clouds.listen(world.netns, world.address, 8000);
      assert.equal(await call(a.netns, world.address, 8000), A);
      assert.equal(await call(hidden.netns, world.address, 8000), MACHINE_ADDRESS);
      await clouds.listen(a.netns, A, 8001);
      assert.equal(await call(world.netns, A, 8001), world.address);
      assert.match(await callFromHere(A, 8001), /^\d+\./);
    });

    test("may be configured by hand", async () => {
      const a = await admitted("a", nic(A, MAC, POOL));
      await a.configure(`${A}/${POOL.prefix}`, POOL.gateway);
      await clouds.listen(world.netns, world.address, 8000);
      assert.equal(await call(a.netns, world.address, 8000), A);
      const own = network.staticAddresses;
      assert.ok(own !== null);
      const b = await admitted("b", nic(own.first, OTHER_MAC));
      await b.configure(`${own.first}/${own.prefix}`, own.gateway);
      assert.equal(await call(b.netns, world.address, 8000), MACHINE_ADDRESS);
    });

    test(
      "is reached by guests of the same network, of another and of the guests' own subnet",
      long,
      async () => {
        const { first, last } = network.addresses;
        assert.ok(network.staticAddresses !== null);
        const { prefix, gateway } = network.staticAddresses;
        const guests = await Promise.all([
          admitted("a", nic(A, MAC, POOL)),
          admitted("b", nic(B, OTHER_MAC, POOL)),
          admitted("c", nic(C, "02:00:00:00:00:03", OTHER_POOL)),
          admitted("own", nic(first, "02:00:00:00:00:04")),
        ]);
        const [a, b, c, own] = guests as [Guest, Guest, Guest, Guest];
        await Promise.all([
          ...[a.configure(`${A}/28`, POOL.gateway), b.configure(`${B}/28`, POOL.gateway)],
          ...[c.configure(`${C}/26`, OTHER_POOL.gateway), own.configure(`${first}/${prefix}`, gateway)],
        ]);
        await clouds.listen(a.netns, A, 8001);
        assert.equal(await call(b.netns, A, 8001), B);
        assert.equal(await call(c.netns, A, 8001), C);
        assert.equal(await call(own.netns, A, 8001), first);
        // What no server has is not answered for.
        assert.ok(!(await own.reaches("203.0.113.9")));
        assert.ok(!(await own.reaches(last)));
      },
    );

    test("goes to another MAC as soon as it is given to another server, which need not speak first", async () => {
      // A bridge whose last guest goes forgets who had which address.
      await admitted("bystander", nic(B, "02:00:00:00:00:03", POOL));
      const first = await admitted("a", nic(A, MAC, POOL));
      await first.configure(`${A}/28`, POOL.gateway);
      await clouds.listen(first.netns, A, 8001);
      assert.match(await callFromHere(A, 8001), /^\d+\./);
      await network.unplug("a");
      const second = await admitted("b", nic(A, OTHER_MAC, POOL));
      await second.configure(`${A}/28`, POOL.gateway);
      await clouds.listen(second.netns, A, 8001);
      assert.match(await callFromHere(A, 8001), /^\d+\./);
      assert.equal((await second.offer())?.gateway, POOL.gateway);
    });

    test("leaves no route and no gateway behind, and the last of a network takes that along", async () => {
      const machine = await run(["ip", "route"]);
      const routesInCloud = async () => (await inCloud("route")).replaceAll(" linkdown", "");
      const routes = await routesInCloud();
      const addresses = await inCloud("address show dev guests");
      await Promise.all([admitted("a", nic(A, MAC, POOL)), admitted("b", nic(B, OTHER_MAC, POOL))]);
      await network.unplug("a");
      assert.ok((await inCloud("address show dev guests")).includes(POOL.gateway));
      assert.ok(!(await run(["ip", "route"])).includes(A));
      assert.ok((await run(["ip", "route"])).includes(B));
      await network.unplug("b");
      assert.equal(await run(["ip", "route"]), machine);
      assert.equal(await routesInCloud(), routes);
      assert.equal(await inCloud("address show dev guests"), addresses);
    });

    test("is a screen's alone where no NIC has it", long, async () => {
      const guest = await admitted("a", nic(A, MAC, POOL));
      await guest.configure(`${A}/28`, POOL.gateway);
      const to = await network.vncListen("b", B);
      await clouds.screen(network, to);
      await network.openVnc("b", B, to);
      assert.match(await callFromHere(B, 5900), /^\d+\./);
      assert.equal(await call(world.netns, B, 5900), world.address);
      assert.equal(await call(guest.netns, B, 5900), A);
      assert.match(await call(world.netns, to.address, to.port), /^E/);
      await network.closeVnc("b");
      // Nobody has the address on the link; how soon that is known is the kernel's.
      assert.match(await call(world.netns, B, 5900), /^(EHOSTUNREACH|ETIMEDOUT)$/);
      await network.unplug("b");
      assert.ok(!(await run(["ip", "route"])).includes(B));
    });

    test("may be a NIC's and a screen's at once", long, async () => {
      const guest = await admitted("a", nic(A, MAC, POOL));
      await guest.configure(`${A}/28`, POOL.gateway);
      const to = await network.vncListen("a", A);
      await clouds.screen(network, to);
      await network.openVnc("a", A, to);
      await clouds.listen(guest.netns, A, 8001);
      assert.equal(await call(world.netns, A, 5900), world.address);
      assert.equal(await call(world.netns, A, 8001), world.address);
    });

    test("may be one of the network that the machine is in, which answers for it", long, async () => {
      const part: StaticNetwork = { prefix: 28, gateway: "198.51.100.65", nameservers: [] };
      const address = "198.51.100.66";
      const answers = "/proc/sys/net/ipv4/conf/eth0/proxy_arp";
      await writeFile(answers, "1");
      try {
        const guest = await admitted("a", nic(address, MAC, part));
        assert.equal((await guest.offer())?.gateway, part.gateway);
        await clouds.listen(guest.netns, address, 8001);
        assert.equal(await call(world.netns, address, 8001), world.address);
        await clouds.listen(world.netns, world.address, 8000);
        assert.equal(await call(guest.netns, world.address, 8000), address);
      } finally {
        await writeFile(answers, "0");
      }
    });

    test("does not go round in circles where no server has it", long, async () => {
      const nobodys = "203.0.113.9";
      const shown = JSON.parse(await run(["ip", "-json", "link", "show", "eth0"])) as { address: string }[];
      const device = `lodge-${id}`;
      const way = / via (\S+)/.exec(await run(["ip", "route", "show", "dev", device]))?.[1] ?? "";
      await run(["ip", "route", "add", `${nobodys}/32`, "via", way, "dev", device, "onlink"]);
      const arrived = await clouds.watch(device, "uplink");
      const from = { mac: MAC, address: world.address, port: 9 };
      const astray = udp(from, { address: nobodys, port: 9 }, shown[0]?.address);
      const mark = udp(from, { address: nobodys, port: 10 });
      await send(world.netns, "eth0", [astray]);
      await send(null, device, [mark]);
      const astrayAgain = (await arrived.upTo(mark)).filter((frame) => isOf(frame, astray));
      assert.equal(astrayAgain.length, 1);
      await run(["ip", "route", "delete", `${nobodys}/32`]);
    });

    test("is refused where the machine leads it elsewhere, and hinders nobody else", async () => {
      await run(["ip", "route", "add", `${A}/32`, "via", world.address]);
      const plug = async (server: string, its: Nic) => {
        await network.plug(server, its);
        await network.admit(server, [its]);
      };
      const both = [plug("a", nic(A, MAC, POOL)), plug("b", nic(B, OTHER_MAC, POOL))];
      const [a, b] = await Promise.allSettled(both);
      assert.equal(b?.status, "fulfilled");
      assert.ok(a?.status === "rejected");
      assert.equal(a.reason.type, "failed");
      assert.match(a.reason.message, /leads the address 203\.0\.113\.2 elsewhere/);
      await network.unplug("a");
      assert.match(await run(["ip", "route", "show", `${A}/32`]), /via 198\.51\.100\.1/);
      await run(["ip", "route", "delete", `${A}/32`]);
      await plug("a", nic(A, MAC, POOL));
    });

    test("cannot be one of the guests' own subnet, nor that one's be of another", async () => {
      const { first } = network.addresses;
      await network.plug("a", nic(first));
      await assert.rejects(network.admit("a", [nic(first, MAC, POOL)]), /cannot be in another/);
      await assert.rejects(network.admit("a", [nic(POOL.gateway, MAC, POOL)]), /is the gateway/);
      await assert.rejects(network.admit("a", [nic("203.0.113.300", MAC, POOL)]), /no IPv4 address/);
      await assert.rejects(network.admit("a", [nic(A)]), /is not in the network/);
      await assert.rejects(network.admit("a", [nic("203.0.113.20", MAC, POOL)]), /is not in the network/);
    });
  });
}

/** Whether a frame of `udp` is that one, wherever it was passed on. */
const isOf = (frame: string, original: string) => frame.slice(52) === original.slice(52);
