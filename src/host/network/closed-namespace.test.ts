/** What a QEMU that a guest has taken over reaches by the namespace's own network, with the uid of QEMU: nothing. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { MAC, nic, OTHER_MAC, openForEachTest, type TestClouds } from "../../../testing/network/cloud.ts";
import { ethernet, send } from "../../../testing/network/frames.ts";
import { inOwnMachine, MACHINE_ADDRESS, world } from "../../../testing/network/machine.ts";
import type { GuestNetwork } from "../guest-network.ts";
import { confine, run } from "../process/process.ts";

const METADATA = "169.254.169.254";
/** A frame that no host sends by itself: behind it, everything that was sent before has been seen. */
const LAST = ethernet(MAC, OTHER_MAC, 0x88b5, Buffer.alloc(46));
const isIpv4 = (frame: string) => frame.slice(24, 28) === "0800";

/** Says `connected ADDRESS PORT` for each of the addresses that answers; to each it sends datagrams, too. */
const PROGRAM = `
import socket, sys
from concurrent.futures import ThreadPoolExecutor
def datagram(address, port):
  out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
  out.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
  out.sendto(b"hello", (address, port))
def stream(address, port, own=0):
  out = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
  out.settimeout(1)
  out.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
  out.bind(("", own))
  out.connect((address, port))
  print("connected", address, port)
# What comes from a port of QEMU's VNC may be taken for an answer.
def from_screen(address, port): stream(address, port, 9998)
def echo(address, port):
  out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
  out.sendto(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]), (address, 0))
def by_version_6(address, port): socket.create_connection(("::ffff:" + address, port), 1)
def attempt(work, target):
  address, port = target.split(":")
  try: work(address, int(port))
  except OSError: pass
with ThreadPoolExecutor(100) as pool:
  for target in sys.argv[1:]:
    for work in (datagram, stream, from_screen, echo, by_version_6): pool.submit(attempt, work, target)
`;

if (await inOwnMachine(import.meta.filename)) {
  const root = { skip: process.getuid?.() === 0 ? false : "needs root" };

  describe("with the uid of QEMU, in the guests' namespace", root, () => {
    let clouds: TestClouds;
    let cloud: string;
    let network: GuestNetwork;
    openForEachTest(
      (open) => ({ clouds, cloud, network } = open),
      () => network,
    );

    const attempt = (...targets: string[]) =>
      run(confine({ uid: clouds.uid, netns: cloud }, ["/usr/bin/python3", "-c", PROGRAM, ...targets]));

    test("nobody is reached: not the world, the machine, its metadata, a guest or another's screen", async () => {
      const [address, other] = [network.addresses.first, network.addresses.last];
      const gateway = network.staticAddresses?.gateway ?? "";
      const victim = await clouds.guest(network, "victim", nic(address, OTHER_MAC));
      await network.admit("victim", [nic(address, OTHER_MAC)]);
      await victim.configure(`${address}/20`, gateway);
      // The bridge sends to a MAC that it has seen alone.
      assert.ok(await victim.reaches(gateway));
      const screen = await network.vncListen("victim", other);
      await network.openVnc("victim", other, screen);
      await run(["ip", "-n", world.netns, "address", "add", `${METADATA}/32`, "dev", "lo"]);
      const places: [netns: string, address: string, port: number][] = [
        [world.netns, world.address, 53],
        [world.netns, METADATA, 80],
        [victim.netns, address, 22],
      ];
      await clouds.screen(network, screen);
      for (const place of places) await clouds.listen(...place);
      const watches = await Promise.all([
        clouds.watch(cloud, "uplink", "both"),
        clouds.watch(victim.netns, "eth0"),
        clouds.watch(cloud, "lo"),
      ]);

      const said = await attempt(
        ...places.map(([, ip, port]) => `${ip}:${port}`),
        `${screen.address}:${screen.port}`,
        ...[`${MACHINE_ADDRESS}:22`, `${other}:5900`, `${gateway}:67`, `${gateway}:22`],
        ...["255.255.255.255:67", "224.0.0.251:5353", "127.0.0.1:22"],
      );
      assert.equal(said, "");
      for (const device of ["uplink", "guests", "lo"]) await send(cloud, device, [LAST]);
      const seen = await Promise.all(watches.map((watch) => watch.upTo(LAST)));
      assert.deepEqual(
        seen.map((frames) => frames.filter(isIpv4)),
        [[], [], []],
      );
    });

    test("not even root sends a ping of the namespace's own", async () => {
      await clouds.listen(world.netns, world.address, 8000);
      const ping = ["busybox", "ping", "-c1", "-W1", world.address];
      await assert.rejects(run(confine({ uid: null, netns: cloud }, ping)));
      await run(ping);
    });

    test("no device of the namespace has an IPv6 address", async () => {
      assert.equal(await run(["ip", "-n", cloud, "-6", "-o", "address", "show"]), "");
    });
  });
}
