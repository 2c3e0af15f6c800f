import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Nic } from "../host.ts";
import { confine, endProcess, identify, run } from "../process.ts";
import { findDhcp } from "./dhcp.ts";
import { type GuestNetwork, openGuestNetwork } from "./network.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "./own-machine.ts";
import { call, type Guest, listen, makeGuest } from "./test-guest.ts";

const MAC = "02:00:00:00:00:01";
const OTHER_MAC = "02:00:00:00:00:02";
const nic = (address: string | null, mac = MAC): Nic => ({
  index: 0,
  model: "virtio",
  mac,
  vlan: null,
  lease: address === null ? null : { address, network: null },
});

/** All that a network leaves its traces in. */
async function traces() {
  const [links, routes, rules, forwarding, names] = await Promise.all([
    run(["ip", "-o", "link"]),
    run(["ip", "route"]),
    run(["nft", "list", "ruleset"]),
    readFile("/proc/sys/net/ipv4/ip_forward", "latin1"),
    readdir("/run/netns"),
  ]);
  // Other tests run beside this one, with namespaces and homes of their own.
  return { links, routes, rules, forwarding, names: names.filter((name) => ids.has(name.slice(-8))) };
}

/** The ids of this file's clouds. */
const ids = new Set<string>();
function newId(): string {
  const id = randomBytes(4).toString("hex");
  ids.add(id);
  return id;
}

if (await inOwnMachine(import.meta.filename)) {
  const uid = 200_000 + Math.floor(Math.random() * 1_000_000);
  const warnings: unknown[] = [];
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };
  let home: string;
  before(async () => {
    home = await mkdtemp(join(tmpdir(), "lodge-network-"));
    await chmod(home, 0o711);
  });
  after(async () => {
    await rm(home, { recursive: true });
    assert.deepEqual(warnings, []);
  });
  const open = (id: string, subnet: string | null = null) =>
    openGuestNetwork({
      id,
      kind: "bridged",
      uid,
      runDirectory: join(home, id),
      stateFile: join(home, `${id}.json`),
      subnet,
      warn: (...words) => warnings.push(words),
    });

  describe("a bridged network comes and goes", root, () => {
    test("nothing is left of one that is closed without servers", async () => {
      const before = await traces();
      const network = await open(newId());
      assert.notDeepEqual(await traces(), before);
      await network.plug("a", nic(null));
      await network.close("none");
      assert.deepEqual(await traces(), before);
    });

    test("two clouds that start at once take different subnets, and the last turns forwarding off", async () => {
      const before = await traces();
      const both = await Promise.all([open(newId()), open(newId())]);
      assert.notEqual(both[0].addresses.first, both[1].addresses.first);
      await both[0].close("none");
      assert.equal((await traces()).forwarding.trim(), "1");
      await both[1].close("none");
      assert.deepEqual(await traces(), before);
    });

    test("the subnet of last time is taken again, unless the machine has come to know it", async () => {
      const id = newId();
      const first = await open(id, "10.99.0.0/24");
      assert.deepEqual(first.addresses, { first: "10.99.0.2", last: "10.99.0.191" });
      await first.close("none");
      const second = await open(id);
      assert.equal(second.addresses.first, "10.99.0.2");
      await second.close("none");
      await run(["ip", "route", "add", "10.99.0.0/16", "via", world.address]);
      try {
        await assert.rejects(open(id, "10.99.0.0/24"), /meets a network that the machine knows/);
        const third = await open(id);
        assert.notEqual(third.addresses.first, "10.99.0.2");
        await third.close("none");
      } finally {
        await run(["ip", "route", "delete", "10.99.0.0/16"]);
      }
    });

    test("a name that is dead is made anew", async () => {
      const id = newId();
      await mkdir("/run/netns", { recursive: true });
      await writeFile(`/run/netns/lodge-${id}`, "");
      const network = await open(id);
      await run(confine({ uid: null, netns: `lodge-${id}` }, ["true"]));
      await network.close("none");
    });

    test("what a crash left of one without servers does not stand in the way", async () => {
      const before = await traces();
      const id = newId();
      const crashed = await open(id);
      await crashed.plug("a", nic(null));
      await crashed.close("running");
      const network = await open(id);
      await network.close("none");
      assert.deepEqual(await traces(), before);
    });

    test("one that servers live in is taken over, and what ended servers had is removed", async () => {
      const id = newId();
      const first = await open(id);
      const plugged = await first.plug("alive", nic(first.addresses.first));
      await first.plug("ended", nic(null));
      await first.admit("alive", [nic(first.addresses.first)]);
      const vnc = await first.vncListen("alive", first.addresses.first);
      await first.close("running");
      const [command = "", ...words] = confine({ uid, netns: `lodge-${id}` }, ["sleep", "1000"]);
      const server = spawn(command, words, { stdio: "ignore" });
      await once(server, "spawn");
      try {
        await entered(server, `lodge-${id}`);
        const second = await open(id, "10.99.0.0/24");
        await second.reconcile(["alive"]);
        assert.deepEqual(second.addresses, first.addresses);
        assert.deepEqual(await second.plug("alive", nic(null)), plugged);
        assert.deepEqual(await second.vncListen("alive", first.addresses.first), vnc);
        assert.deepEqual(await readdir(join(home, id, "network", "holds")), ["alive.json"]);
        const set = ["nft", "list", "set", "bridge", "guests", "allowed"];
        const allowed = await run(confine({ uid: null, netns: `lodge-${id}` }, set));
        assert.ok(allowed.includes(`"${plugged.device}" . ${MAC} . ${first.addresses.first}`));
        await second.close("none");
      } finally {
        server.kill("SIGKILL");
      }
    });
  });

  describe("a bridged network serves guests", root, () => {
    const id = newId();
    const cloud = `lodge-${id}`;
    let network: GuestNetwork;
    let address: string;
    let other: string;
    const children: ChildProcess[] = [];
    const guests: Guest[] = [];
    let before_: Awaited<ReturnType<typeof traces>>;

    before(async () => {
      before_ = await traces();
    });
    beforeEach(async () => {
      network = await open(id);
      const base = network.addresses.first.split(".").slice(0, 3).join(".");
      [address, other] = [`${base}.50`, `${base}.51`];
    });
    afterEach(async () => {
      for (const child of children.splice(0)) child.kill("SIGKILL");
      for (const guest of guests.splice(0)) await guest.remove();
      await network.close("none");
    });
    after(async () => {
      assert.deepEqual(await traces(), before_);
    });
    const guestOf = async (server: string, its: Nic, mac = its.mac) => {
      const { device } = await network.plug(server, its);
      assert.ok(device !== null);
      const guest = await makeGuest(cloud, device, mac, home, `lodge-guest-${newId()}`);
      guests.push(guest);
      return guest;
    };
    const listenIn = async (netns: string, at: string, port: number) => {
      children.push(await listen(netns, at, port));
    };

    test("a QEMU of the cloud's uid can open the tap", async () => {
      const { netdev } = await network.plug("a", nic(null));
      const qemu = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-machine", "none"];
      const words = ["-monitor", "stdio", "-netdev", JSON.stringify({ ...netdev, id: "n" })];
      await run(confine({ uid, netns: network.netns }, [...qemu, ...words]), "quit\n");
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
      await listenIn(world.netns, world.address, 8000);
      assert.equal(await call(guest.netns, world.address, 8000), MACHINE_ADDRESS);
      await listenIn(guest.netns, address, 8001);
      assert.match(await callFromHere(address, 8001), /^\d+\./);
      assert.ok(await guest.reaches(MACHINE_ADDRESS));
    });

    test("two guests reach each other by way of the gateway", async () => {
      const [one, two] = [await guestOf("a", nic(address)), await guestOf("b", nic(other, OTHER_MAC))];
      await Promise.all([network.admit("a", [nic(address)]), network.admit("b", [nic(other, OTHER_MAC)])]);
      assert.deepEqual(await Promise.all([one.lease(), two.lease()]), [address, other]);
      await listenIn(two.netns, other, 8000);
      assert.equal(await call(one.netns, other, 8000), address);
    });

    test("a NIC that is to have no address is offered none", async () => {
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

    test("a guest cannot take another address or another MAC", async () => {
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

    test("port 5900 of the VNC address leads to QEMU's, for the machine and for guests", async () => {
      const guest = await guestOf("a", nic(address));
      await network.admit("a", [nic(address)]);
      await guest.lease();
      const to = await network.vncListen("b", other);
      assert.deepEqual(await network.vncListen("b", other), to);
      await listenIn(cloud, to.address, to.port);
      await network.openVnc("b", other, to);
      assert.match(await callFromHere(other, 5900), /^\d+\./);
      assert.equal(await call(guest.netns, other, 5900), address);
      assert.equal(await call(guest.netns, to.address, to.port), "ECONNREFUSED");
      await assert.rejects(callFromHere(to.address, to.port), { code: "ECONNREFUSED" });
    });

    test("closing VNC cuts the sessions that are open, and opening it again lets new ones in", async () => {
      const to = await network.vncListen("a", address);
      await listenIn(cloud, to.address, to.port);
      await network.openVnc("a", address, to);
      const session = connect(5900, address);
      await once(session, "data");
      session.write("still here");
      await once(session, "data");
      await network.closeVnc("a");
      session.write("still here");
      await assert.rejects(once(session, "data"), { code: "ECONNRESET" });
      await network.openVnc("a", address, to);
      assert.match(await callFromHere(address, 5900), /^\d+\./);
    });

    test("many servers come and go at once", async () => {
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
      const directory = join(home, id, "network");
      const dead = await findDhcp(directory);
      assert.ok(dead !== null);
      await endProcess(dead);
      const deadline = performance.now() + 20_000;
      while ((await findDhcp(directory)) === null) {
        assert.ok(performance.now() < deadline, "no DHCP server came back");
        await delay(50);
      }
      assert.equal(await guest.lease(), address);
      const { uid: owner } = await stat(`/proc/${(await findDhcp(directory))?.pid}`);
      assert.notEqual(owner, 0);
    });
  });
}

/** Connects from the machine and answers the first line that it is told. */
async function callFromHere(address: string, port: number): Promise<string> {
  const socket = connect(port, address);
  try {
    const [line] = (await once(socket, "data")) as [Buffer];
    return line.toString().trim();
  } finally {
    socket.destroy();
  }
}

/** Waits until the child has entered the namespace: it is started by a program that does so and then becomes it. */
async function entered(child: ChildProcess, netns: string): Promise<void> {
  const { ino } = await stat(`/run/netns/${netns}`);
  const deadline = performance.now() + 10_000;
  while ((await stat(`/proc/${child.pid}/ns/net`)).ino !== ino) {
    assert.ok(performance.now() < deadline && (await identify(child.pid ?? 0)) !== null);
    await delay(5);
  }
}
