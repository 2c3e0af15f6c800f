/**
 * User-mode networking: each QEMU has a small network of its own, in which its guest gets 10.0.2.15 and reaches the
 * world by QEMU's own sockets. The server's address is a loopback address of the machine: a few ports of it lead to the
 * guest, and its port 5900 is QEMU's VNC itself. It needs no root and no state; guests do not reach each other. So
 * there are no VLANs: what QEMU has without privileges to join several guests is a multicast group of the machine's, which
 * every user of the machine may join.
 */
import { readFile } from "node:fs/promises";
import { failed } from "../../base/errors.ts";
import { ipv4Text } from "../../base/ipv4.ts";
import type { GuestNetwork } from "../guest-network.ts";

/** The guest's ports that its address leads to. */
const FORWARDED = [22, 80, 443];
/** Added to a port that only root may open. */
const UNPRIVILEGED_OFFSET = 8000;

/** Loopback networks of this size, from 127.16.0.0 on: which one is a cloud's comes from its id. */
const RANGE_SIZE = 2 ** 10;
const FIRST_RANGE = 127 * 2 ** 24 + 16 * 2 ** 16;
/** Where in a range the part for static addresses begins: its upper quarter, which is one network of `GUESTS_VIEW`'s size. */
const STATIC = (RANGE_SIZE / 4) * 3;
const RANGES = (128 * 2 ** 24 - FIRST_RANGE) / RANGE_SIZE;

/** What QEMU's DHCP tells the guest, in whose own network the loopback address is nowhere. */
const GUESTS_VIEW = { prefix: 24, gateway: "10.0.2.2", nameservers: ["10.0.2.3"] } as const;

const NO_VLANS =
  'VLANs need bridges, and guests of this host have user-mode networking: "lodge doctor" says what is lacking';

export type UserNetworkOptions = {
  /** Eight hex digits. */
  readonly id: string;
  /** The lowest port that QEMU may open. */
  readonly firstPort: number;
};

export function openUserNetwork({ id, firstPort }: UserNetworkOptions): GuestNetwork {
  const base = FIRST_RANGE + (Number.parseInt(id, 16) % RANGES) * RANGE_SIZE;
  const done = async () => {
    // A QEMU holds all of it by itself, and takes it along when it ends.
  };
  return {
    kind: "user",
    ...{ netns: null, devices: null },
    addresses: { first: ipv4Text(base + 1), last: ipv4Text(base + STATIC - 1) },
    staticAddresses: {
      first: ipv4Text(base + STATIC),
      last: ipv4Text(base + RANGE_SIZE - 2),
      ...GUESTS_VIEW,
    },
    async plug(_server, { index, vlan, lease }) {
      if (vlan !== null) throw failed("no_vlans_here", NO_VLANS);
      return { netdev: netdev(index, lease?.address ?? null, firstPort), device: null };
    },
    vncListen: async (_server, address) => ({ address, port: 5900 }),
    reserveScreen() {
      throw new Error("a screen is at its own server's address");
    },
    admit: done,
    unplug: done,
    joinScreen: done,
    releaseScreen: done,
    openVnc: done,
    closeVnc: done,
    // The guest's packets end in QEMU, which sends what it likes in their place.
    uplinkCounts: async () => new Map(),
    lastUplinkCount: async () => null,
    reconcile: done,
    figures: { repairs: 0, outOfOrder: [] },
    close: done,
  };
}

/** The lowest port that a process without privileges may open; 0 for one that has them. */
export async function firstOpenPort(privileged: boolean): Promise<number> {
  if (privileged) return 0;
  const text = await readFile("/proc/sys/net/ipv4/ip_unprivileged_port_start", "latin1").catch(() => "1024");
  return Number(text);
}

/** A NIC that is offered no address is connected to nothing: QEMU's network would offer it one. */
function netdev(index: number, address: string | null, firstPort: number): Record<string, unknown> {
  if (address === null) return { type: "hubport", hubid: index };
  return {
    type: "user",
    ipv6: false,
    hostfwd: FORWARDED.map((port) => ({
      str: `tcp:${address}:${port < firstPort ? port + UNPRIVILEGED_OFFSET : port}-:${port}`,
    })),
  };
}
