/**
 * For tests: bridged networks of clouds in a machine of the tests' own (`inOwnMachine`), with guests and listeners in
 * them, and an eye on what they leave behind.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, afterEach, before, beforeEach } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { GuestNetwork, Plug, VncListen } from "../../src/host/guest-network.ts";
import type { Nic, StaticNetwork } from "../../src/host/host.ts";
import type { GuestPort } from "../../src/host/network/guest-ports.ts";
import { openGuestNetwork } from "../../src/host/network/open.ts";
import { LAUNCHED, Launcher } from "../../src/host/process/launcher.ts";
import { confine, identify, run } from "../../src/host/process/process.ts";
import { type Watch, watch } from "./frames.ts";
import { type Guest, listen, makeGuest } from "./guest.ts";

export const MAC = "02:00:00:00:00:01";
export const OTHER_MAC = "02:00:00:00:00:02";

/** NIC 0, which is offered that address; of a network of the operator's where one is named. */
export const nic = (address: string | null, mac = MAC, network: StaticNetwork | null = null): Nic => ({
  ...{ index: 0, model: "virtio", mac, vlan: null },
  lease: address === null ? null : { address, network },
});

/** NIC 1, in that VLAN. */
export const vlanNic = (vlan: string, mac = MAC): Nic => ({
  ...{ index: 1, model: "virtio", mac, vlan, lease: null },
});

export type Traces = Readonly<Record<"links" | "routes" | "rules" | "forwarding", string>> & {
  readonly names: readonly string[];
};

export type TestClouds = {
  /** A directory that everybody may pass through. */
  readonly home: string;
  /** The uid of QEMU. */
  readonly uid: number;
  newId(): string;
  /** Where that cloud's network keeps its files. */
  directory(id: string): string;
  open(
    id: string,
    subnet?: string | null,
    avoid?: readonly string[],
    guestPorts?: readonly GuestPort[],
  ): Promise<GuestNetwork>;
  /** What went wrong in the background since the last call: whoever expects it takes it. */
  takeWarnings(): string[];
  /** Plugs the NIC in, with a guest that has that MAC at its end. */
  guest(network: GuestNetwork, server: string, its: Nic, mac?: string): Promise<Guest>;
  /** Listens where a QEMU would, which is in a namespace of its own. */
  screen(network: GuestNetwork, to: VncListen): Promise<void>;
  /** Listens in the namespace. */
  listen(netns: string, address: string, port: number): Promise<void>;
  /** Sees the frames of a device. */
  watch(...of: Parameters<typeof watch>): Promise<Watch>;
  /** A process in the cloud's namespace, as a QEMU would be one. Ended by its caller. */
  inhabit(id: string): Promise<ChildProcess>;
  /** All that networks leave their traces in. */
  traces(): Promise<Traces>;
  /** Ends guests, listeners and watches. */
  clear(): Promise<void>;
  /** Removes the files. Errors: what else went wrong in the background of any network. */
  close(): Promise<void>;
};

export async function testClouds(): Promise<TestClouds> {
  const home = await mkdtemp(join(tmpdir(), "lodge-network-"));
  await chmod(home, 0o711);
  const uid = 200_000 + Math.floor(Math.random() * 1_000_000);
  const ids = new Set<string>();
  const warnings: string[] = [];
  const guests: Guest[] = [];
  const listeners: ChildProcess[] = [];
  const screens: string[] = [];
  const watches: Watch[] = [];
  const newId = () => {
    const id = randomBytes(4).toString("hex");
    ids.add(id);
    return id;
  };
  return {
    home,
    uid,
    newId,
    directory: (id) => join(home, id, "network"),
    open: (id, subnet = null, avoid = [], guestPorts = []) =>
      openGuestNetwork({
        ...{ id, kind: "bridged", uid, subnet, avoid, guestPorts },
        ...{ runDirectory: join(home, id), stateFile: join(home, `${id}.json`) },
        servers: async () => [],
        warn: (message, error) => warnings.push(`${message}: ${error}`),
      }),
    takeWarnings: () => warnings.splice(0),
    async guest(network, server, its, mac = its.mac) {
      const { device } = await network.plug(server, its);
      assert.ok(device !== null && network.netns !== null);
      const guest = await makeGuest(network.netns, device, mac, home, `lodge-guest-${newId()}`);
      guests.push(guest);
      return guest;
    },
    async screen(network, to) {
      const netns = `lodge-screen-${newId()}`;
      await run(["ip", "netns", "add", netns]);
      screens.push(netns);
      const qemu = await sleeping(netns, null);
      listeners.push(qemu);
      await network.joinScreen(to, qemu.pid ?? 0);
      listeners.push(await listen(netns, to.address, to.port));
    },
    async listen(netns, address, port) {
      listeners.push(await listen(netns, address, port));
    },
    async watch(...of) {
      const watching = await watch(...of);
      watches.push(watching);
      return watching;
    },
    inhabit: (id) => sleeping(`lodge-${id}`, uid),
    async traces() {
      const [links, routes, rules, forwarding, names] = await Promise.all([
        run(["ip", "-o", "link"]),
        run(["ip", "route"]),
        run(["nft", "list", "ruleset"]),
        readFile("/proc/sys/net/ipv4/ip_forward", "latin1"),
        readdir("/run/netns"),
      ]);
      // Other tests run beside this one, with namespaces and homes of their own.
      return { links, routes, rules, forwarding, names: names.filter((name) => ids.has(name.slice(-8))) };
    },
    async clear() {
      for (const child of listeners.splice(0)) child.kill("SIGKILL");
      for (const watching of watches.splice(0)) watching.close();
      for (const netns of screens.splice(0)) await run(["ip", "netns", "delete", netns]);
      for (const guest of guests.splice(0)) await guest.remove();
    },
    async close() {
      await rm(home, { recursive: true });
      assert.deepEqual(warnings, []);
    },
  };
}

/** What each test of a suite begins with: the network of one cloud, whose namespace is `cloud`. */
export type OpenNetwork = {
  readonly clouds: TestClouds;
  readonly id: string;
  readonly cloud: string;
  readonly network: GuestNetwork;
};

/**
 * Within a suite: opens a network for each test, gives it to `begin`, and closes what `current` answers behind the test,
 * which may have opened it anew. The suite fails where it leaves any trace.
 */
export function openForEachTest(begin: (open: OpenNetwork) => void, current: () => GuestNetwork): void {
  let clouds: TestClouds;
  let id: string;
  let untouched: Traces;
  before(async () => {
    clouds = await testClouds();
    id = clouds.newId();
    untouched = await clouds.traces();
  });
  beforeEach(async () => {
    begin({ clouds, id, cloud: `lodge-${id}`, network: await clouds.open(id) });
  });
  afterEach(async () => {
    await clouds.clear();
    await current().close("none");
  });
  after(async () => {
    assert.deepEqual(await clouds.traces(), untouched);
    await clouds.close();
  });
}

/** Connects from the machine and answers the first line that it is told. */
export async function callFromHere(address: string, port: number): Promise<string> {
  const socket = connect({ port, host: address, timeout: 5000 });
  socket.once("timeout", () => socket.destroy(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })));
  try {
    const [line] = (await once(socket, "data")) as [Buffer];
    return line.toString().trim();
  } finally {
    socket.destroy();
  }
}

/** Starts a QEMU of the cloud's uid that has the tap, which it inherits, and ends it. */
export async function useTap(
  { uid }: TestClouds,
  netns: string,
  netdev: Plug["netdev"],
  name: string | null,
): Promise<void> {
  const qemu = ["qemu-system-x86_64", "-nodefaults", "-display", "none", "-machine", "none"];
  const words = [
    "-monitor",
    "stdio",
    "-netdev",
    JSON.stringify({ ...netdev, id: "n", fd: String(LAUNCHED.taps) }),
  ];
  const told = ["sh", "-c", 'echo quit | "$@"', "sh", ...qemu, ...words];
  const launcher = await Launcher.start({ netns, isSandboxed: false, sockets: "ip" });
  launcher.child.ref();
  const said = launcher.child.stderr === null ? "" : text(launcher.child.stderr);
  const command = confine({ uid, netns: null }, told);
  launcher.order({ command, taps: [name ?? ""], files: [], fileBytes: null });
  const [code] = await once(launcher.child, "exit");
  if (code !== 0) throw new Error(await said);
}

/** A process in the namespace. Ended by its caller. */
async function sleeping(netns: string, uid: number | null): Promise<ChildProcess> {
  const [command = "", ...words] = confine({ uid, netns }, ["sleep", "1000"]);
  const child = spawn(command, words, { stdio: "ignore" });
  await once(child, "spawn");
  await entered(child, netns);
  return child;
}

/** Waits until the child has entered the namespace: it is started by a program that does so and then becomes it. */
async function entered(child: ChildProcess, netns: string): Promise<void> {
  const { ino } = await stat(`/run/netns/${netns}`);
  const deadline = performance.now() + 60_000;
  while ((await stat(`/proc/${child.pid}/ns/net`)).ino !== ino) {
    assert.ok(performance.now() < deadline && (await identify(child.pid ?? 0)) !== null);
    await delay(5);
  }
}
