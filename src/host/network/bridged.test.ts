import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import {
  callFromHere,
  MAC,
  nic,
  OTHER_MAC,
  type TestClouds,
  type Traces,
  testClouds,
  useTap,
} from "../../../testing/network/cloud.ts";
import { arp, ethernet, send, udp } from "../../../testing/network/frames.ts";
import { call } from "../../../testing/network/guest.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import { withoutMainThread } from "../../../testing/processes.ts";
import { long } from "../../../testing/share.ts";
import { until } from "../../../testing/until.ts";
import type { GuestNetwork } from "../guest-network.ts";
import type { Nic } from "../host.ts";
import { confine, endProcess, run } from "../process/process.ts";
import { findDhcp } from "./dhcp.ts";

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };
  let clouds: TestClouds;
  before(async () => {
    clouds = await testClouds();
  });
  after(() => clouds.close());

  describe("a bridged network comes and goes", root, () => {
    test("nothing is left of one that is closed without servers", async () => {
      const before = await clouds.traces();
      const network = await clouds.open(clouds.newId());
      assert.notDeepEqual(await clouds.traces(), before);
      await network.plug("a", nic(null));
      await network.close("none");
      assert.deepEqual(await clouds.traces(), before);
    });

    test(
      "two clouds that start at once take different subnets, and the last turns forwarding off",
      long,
      async () => {
        const before = await clouds.traces();
        const both = await Promise.all([clouds.open(clouds.newId()), clouds.open(clouds.newId())]);
        assert.notEqual(both[0].addresses.first, both[1].addresses.first);
        await both[0].close("none");
        assert.equal((await clouds.traces()).forwarding.trim(), "1");
        await both[1].close("none");
        assert.deepEqual(await clouds.traces(), before);
      },
    );

    test("the subnet of last time is taken again, unless the machine has come to know it", long, async () => {
      const id = clouds.newId();
      const first = await clouds.open(id, "10.99.0.0/24");
      assert.deepEqual(first.addresses, { first: "10.99.0.2", last: "10.99.0.191" });
      await first.close("none");
      const second = await clouds.open(id);
      assert.equal(second.addresses.first, "10.99.0.2");
      await second.close("none");
      await run(["ip", "route", "add", "10.99.0.0/16", "via", world.address]);
      try {
        await assert.rejects(clouds.open(id, "10.99.0.0/24"), /meets a network that the machine knows/);
        const third = await clouds.open(id);
        assert.notEqual(third.addresses.first, "10.99.0.2");
        await third.close("none");
      } finally {
        await run(["ip", "route", "delete", "10.99.0.0/16"]);
      }
    });

    test("the subnet meets no network that it is to avoid, unless servers use it", long, async () => {
      const id = clouds.newId();
      const first = await clouds.open(id, "10.99.0.0/24");
      const server = await clouds.inhabit(id);
      try {
        await first.close("running");
        const kept = await clouds.open(id, null, ["10.99.0.128/28"]);
        assert.deepEqual(kept.addresses, first.addresses);
        await kept.close("none");
      } finally {
        server.kill("SIGKILL");
      }
      await assert.rejects(clouds.open(id, "10.99.0.0/24", ["10.99.0.128/28"]), /overlaps with the pool/);
      const other = await clouds.open(id, null, ["10.99.0.128/28"]);
      assert.notEqual(other.addresses.first, first.addresses.first);
      await other.close("none");
    });

    test("a name that is dead is made anew", async () => {
      const id = clouds.newId();
      await mkdir("/run/netns", { recursive: true });
      await writeFile(`/run/netns/lodge-${id}`, "");
      const network = await clouds.open(id);
      await run(confine({ uid: null, netns: `lodge-${id}` }, ["true"]));
      await network.close("none");
    });

    test("what a crash left of one without servers does not stand in the way", long, async () => {
      const before = await clouds.traces();
      const id = clouds.newId();
      const crashed = await clouds.open(id);
      await crashed.plug("a", nic(null));
      await crashed.close("running");
      const network = await clouds.open(id);
      await network.close("none");
      assert.deepEqual(await clouds.traces(), before);
    });

    test("one that servers live in is taken over, and what ended servers had is removed", async () => {
      const id = clouds.newId();
      const first = await clouds.open(id);
      const plugged = await first.plug("alive", nic(first.addresses.first));
      await first.plug("ended", nic(null));
      await first.admit("alive", [nic(first.addresses.first)]);
      const vnc = await first.vncListen("alive", first.addresses.first);
      await first.close("running");
      const server = await clouds.inhabit(id);
      try {
        const second = await clouds.open(id, "10.99.0.0/24");
        await second.reconcile(["alive"]);
        assert.deepEqual(second.addresses, first.addresses);
        assert.deepEqual(await second.plug("alive", nic(null)), plugged);
        assert.deepEqual(await second.vncListen("alive", first.addresses.first), vnc);
        assert.deepEqual(await readdir(join(clouds.directory(id), "holds")), ["alive.json"]);
        const set = ["nft", "list", "set", "bridge", "guests", "allowed"];
        const allowed = await run(confine({ uid: null, netns: `lodge-${id}` }, set));
        assert.ok(allowed.includes(`"${plugged.device}" . ${MAC} . ${first.addresses.first}`));
        await second.close("none");
      } finally {
        server.kill("SIGKILL");
      }
    });
  });

  test("a bridged network is taken over for a server whose main thread has ended", root, async () => {
    const id = clouds.newId();
    const first = await clouds.open(id);
    // A network that is made anew begins with the first tap again.
    await first.plug("other", nic(null));
    const { device } = await first.plug("alive", nic(null));
    await first.close("running");
    const { child } = await withoutMainThread(`lodge-${id}`);
    try {
      const second = await clouds.open(id);
      assert.equal((await second.plug("alive", nic(null))).device, device);
      await second.close("none");
    } finally {
      child.kill("SIGKILL");
    }
  });

  describe("a bridged network serves guests", root, () => {
    let id: string;
    let cloud: string;
    let network: GuestNetwork;
    let address: string;
    let other: string;
    let before_: Traces;

    before(async () => {
      id = clouds.newId();
      cloud = `lodge-${id}`;
      before_ = await clouds.traces();
    });
    beforeEach(async () => {
      network = await clouds.open(id);
      const base = network.addresses.first.split(".").slice(0, 3).join(".");
      [address, other] = [`${base}.50`, `${base}.51`];
    });
    afterEach(async () => {
      await clouds.clear();
      await network.close("none");
    });
    after(async () => {
      assert.deepEqual(await clouds.traces(), before_);
    });
    const guestOf = (server: string, its: Nic) => clouds.guest(network, server, its);

    test("a QEMU can use the tap that it inherits", async () => {
      const { netdev, device } = await network.plug("a", nic(null));
      await useTap(clouds, cloud, netdev, device);
    });

    test("taps are ready before they are asked for, and each is used once", async () => {
      const taken: (string | null)[] = [];
      for (let count = 0; count < 10; count++) {
        taken.push((await network.plug(`s${count}`, nic(null))).device);
      }
      assert.equal(new Set(taken).size, 10);
      await network.unplug("s3");
      const { device } = await network.plug("s3", nic(null));
      assert.ok(!taken.includes(device));
      assert.deepEqual(await network.plug("s3", nic(null)), await network.plug("s3", nic(null)));
    });

    test("a guest is offered its own address, reaches the gateway, the machine and the world", async () => {
      const guest = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      assert.equal(await guest.lease(), address);
      await clouds.listen(world.netns, world.address, 8000);
      assert.equal(await call(guest.netns, world.address, 8000), MACHINE_ADDRESS);
      await clouds.listen(guest.netns, address, 8001);
      assert.match(await callFromHere(address, 8001), /^\d+\./);
      assert.ok(await guest.reaches(MACHINE_ADDRESS));
    });

    test("two guests reach each other by way of the gateway", async () => {
      const [one, two] = [await guestOf("a", nic(address)), await guestOf("b", nic(other, OTHER_MAC))];
      await Promise.all([network.admit("a", [nic(address)]), network.admit("b", [nic(other, OTHER_MAC)])]);
      assert.deepEqual(await Promise.all([one.lease(), two.lease()]), [address, other]);
      await clouds.listen(two.netns, other, 8000);
      assert.equal(await call(one.netns, other, 8000), address);
    });

    test("what a guest sends to another's MAC, or to everybody, does not reach another guest", async () => {
      const [one, two] = [await guestOf("a", nic(address)), await guestOf("b", nic(other, OTHER_MAC))];
      await Promise.all([network.admit("a", [nic(address)]), network.admit("b", [nic(other, OTHER_MAC)])]);
      assert.deepEqual(await Promise.all([one.lease(), two.lease()]), [address, other]);
      const atTwo = await clouds.watch(two.netns, "eth0");
      const [from, to] = [
        { mac: MAC, address, port: 1000 },
        { address: other, port: 1001 },
      ];
      const direct = [udp(from, to, OTHER_MAC), arp(MAC, from, other)];
      // The gateway's own frame comes last.
      const last = ethernet("02:00:00:00:00:77", OTHER_MAC, 0x88b5, Buffer.alloc(46));
      await send(one.netns, "eth0", direct);
      await send(cloud, "guests", [last]);
      const seen = await atTwo.upTo(last);
      assert.deepEqual(
        direct.filter((frame) => seen.includes(frame)),
        [],
      );
    });

    test("a NIC that is to have no address is offered none", long, async () => {
      const guest = await guestOf("a", nic(null));
      await network.admit("a", [nic(null)]);
      assert.equal(await guest.lease(), null);
    });

    test("an address goes to another MAC as soon as it is given to another server", async () => {
      const first = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      assert.equal(await first.lease(), address);
      await network.unplug("a");
      const second = await guestOf("b", nic(address, OTHER_MAC));
      await network.admit("b", [nic(address, OTHER_MAC)]);
      assert.equal(await second.lease(), address);
    });

    test("a guest cannot take another address or another MAC", long, async () => {
      const guest = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      assert.equal(await guest.lease(), address);
      const gateway = network.addresses.first.replace(/\d+$/, "1");
      assert.ok(await guest.reaches(gateway));
      await run(["ip", "-n", guest.netns, "address", "add", `${other}/20`, "dev", "eth0"]);
      assert.ok(!(await guest.reaches(gateway, other)));
      await run(["ip", "-n", guest.netns, "link", "set", "eth0", "address", OTHER_MAC]);
      assert.ok(!(await guest.reaches(gateway)));
      assert.equal(await guest.lease(), null);
    });

    test("a guest does not reach link-local addresses beyond the machine", async () => {
      const guest = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      await guest.lease();
      await run(["ip", "-n", world.netns, "address", "add", "169.254.169.254/32", "dev", "lo"]);
      try {
        assert.ok(!(await guest.reaches("169.254.169.254")));
      } finally {
        await run(["ip", "-n", world.netns, "address", "delete", "169.254.169.254/32", "dev", "lo"]);
      }
    });

    test("port 5900 of the VNC address leads to QEMU's, for the machine and for guests", long, async () => {
      const guest = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      await guest.lease();
      const to = await network.vncListen("b", other);
      assert.deepEqual(await network.vncListen("b", other), to);
      await clouds.screen(network, to);
      await network.openVnc("b", other, to);
      assert.match(await callFromHere(other, 5900), /^\d+\./);
      assert.equal(await call(guest.netns, other, 5900), address);
      assert.equal(await call(guest.netns, to.address, to.port), "ECONNREFUSED");
      await assert.rejects(callFromHere(to.address, to.port));
    });

    test("closing VNC cuts the sessions that are open, and opening it again lets new ones in", async () => {
      const to = await network.vncListen("a", address);
      await clouds.screen(network, to);
      await network.openVnc("a", address, to);
      const session = connect(5900, address);
      await once(session, "data");
      session.write("still here");
      await once(session, "data");
      // It is cut by whatever comes first: what is written, or what acknowledges the last that was read.
      const cut = assert.rejects(once(session, "data"), { code: "ECONNRESET" });
      await network.closeVnc("a");
      session.write("still here");
      await cut;
      await network.openVnc("a", address, to);
      assert.match(await callFromHere(address, 5900), /^\d+\./);
    });

    test("many servers come and go at once", long, async () => {
      const base = network.addresses.first.split(".").slice(0, 3).join(".");
      const servers = Array.from({ length: 40 }, (_, index) => ({
        name: `s${index}`,
        its: nic(`${base}.${100 + index}`, `02:00:00:00:01:${index.toString(16).padStart(2, "0")}`),
      }));
      await Promise.all(
        servers.map(async ({ name, its }) => {
          await network.plug(name, its);
          await network.admit(name, [its]);
        }),
      );
      const allowed = async () => {
        const set = ["nft", "list", "set", "bridge", "guests", "allowed"];
        return [...(await run(confine({ uid: null, netns: cloud }, set))).matchAll(/ \. 0\.0\.0\.0/g)].length;
      };
      assert.equal(await allowed(), 40);
      await Promise.all(servers.map(({ name }) => network.unplug(name)));
      assert.equal(await allowed(), 0);
    });

    test("a DHCP server that dies is replaced", async () => {
      const guest = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      const directory = clouds.directory(id);
      const dead = await findDhcp(directory);
      assert.ok(dead !== null);
      await endProcess(dead);
      await until("another DHCP server runs", () => findDhcp(directory));
      assert.equal(await guest.lease(), address);
      const server = `/proc/${(await findDhcp(directory))?.pid}`;
      assert.notEqual((await stat(server)).uid, 0);
      // Of the daemon's own environment it has where programs are.
      const environment = (await readFile(`${server}/environ`, "utf8")).split("\0").filter(Boolean);
      assert.deepEqual(
        environment.filter((each) => !/^PATH=/.test(each)),
        [],
      );
    });
  });
}
