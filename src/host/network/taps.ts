/**
 * Taps: the hosts' ends of guests' NICs. A few are always ready, so that a server's start waits for no process; a tap
 * serves one NIC once and is then deleted, so that its counters are that NIC's alone.
 *
 * They are isolated ports: what a guest sends goes to the gateway and nowhere else, other guests included, which it
 * reaches by way of the gateway (proxy ARP). Each tap has one MAC that may send, so what the bridge learned needs not
 * grow old, and frames to a MAC that it does not know are flooded to nobody.
 */
import { chmod, stat } from "node:fs/promises";
import { coalesce } from "../../base/coalesce.ts";
import { BRIDGE } from "./filter.ts";
import type { Namespace } from "./namespace.ts";

const READY = 4;
/** When the server that a tap was taken for is launched: making others would take its time, and the processors'. */
const REFILL_AFTER_MS = 250;
const DEVICE = "/dev/net/tun";

export type Taps = {
  /** A fresh tap. */
  take(): Promise<string>;
  /** Deletes the taps; those that are gone already do not matter. */
  drop(names: readonly string[]): Promise<void>;
  /** Waits for what is done in the background. */
  settle(): Promise<void>;
};

type Link = { readonly ifname: string };

/**
 * Opens the pool. Taps that are there and not among those `kept` are deleted. `owner` is the uid that may open them,
 * null for root; `warn` is told what went wrong in the background, where the next `take` tries again.
 */
export async function openTaps(
  namespace: Namespace,
  owner: number | null,
  kept: ReadonlySet<string>,
  warn: (message: string, error: unknown) => void,
): Promise<Taps> {
  if (owner !== null) await letOwnersOpen();
  const present = await list(namespace);
  let last = Math.max(0, ...[...present, ...kept].map((name) => Number(name.slice(1))));
  const ready: string[] = [];

  const make = async (count: number) => {
    const names = Array.from({ length: count }, () => `t${++last}`);
    await namespace.ip(names.flatMap((name) => creation(name, owner)));
    ready.push(...names);
  };
  const refill = coalesce(async () => {
    if (ready.length < READY) await make(READY - ready.length);
  });
  const doomed = new Set<string>();
  const bury = coalesce(async () => {
    const due = new Set(doomed);
    const there = (await list(namespace)).filter((name) => due.has(name));
    await namespace.ip(there.map((name) => `link delete ${name}`));
    for (const name of due) doomed.delete(name);
  });
  let background: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  const refillLater = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      background = refill().catch((error) => warn("taps for coming servers could not be made", error));
    }, REFILL_AFTER_MS).unref();
  };

  await namespace.ip(present.filter((name) => !kept.has(name)).map((name) => `link delete ${name}`));
  await refill();
  return {
    async take() {
      for (;;) {
        const name = ready.shift();
        if (name !== undefined) {
          refillLater();
          return name;
        }
        await refill();
      }
    },
    async drop(names) {
      for (const name of names) doomed.add(name);
      if (names.length > 0) await bury();
    },
    settle() {
      clearTimeout(timer);
      return background;
    },
  };
}

/**
 * Everybody may open the device of all taps: it gives nobody more than the taps that are his. That is its mode wherever
 * udev runs, but not where the kernel alone made it.
 */
async function letOwnersOpen(): Promise<void> {
  const { mode } = await stat(DEVICE);
  if ((mode & 0o006) !== 0o006) await chmod(DEVICE, 0o666);
}

function creation(name: string, owner: number | null): string[] {
  return [
    `tuntap add dev ${name} mode tap${owner === null ? "" : ` user ${owner}`}`,
    `link set dev ${name} master ${BRIDGE}`,
    `link set dev ${name} type bridge_slave isolated on flood off mcast_flood off`,
    `link set dev ${name} up`,
  ];
}

async function list(namespace: Namespace): Promise<string[]> {
  const links = await namespace.ask<Link[]>(`link show master ${BRIDGE}`);
  return links.map(({ ifname }) => ifname).filter((name) => /^t\d+$/.test(name));
}
