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
import type { Link, Namespace } from "./namespace.ts";
import type { Part } from "./upkeep.ts";

const READY = 4;
/** When the server that a tap was taken for is launched: making others would take its time, and the processors'. */
const REFILL_AFTER_MS = 250;
const DEVICE = "/dev/net/tun";

export type TapsOptions = {
  readonly namespace: Namespace;
  /** The uid that may open a tap for which none is named, null for root. */
  readonly owner: number | null;
  /** The uids for which taps are to be ready; absent: for that one. */
  readonly nextOwners?: ((count: number) => readonly number[]) | undefined;
  /** Told what went wrong in the background, where the next `take` tries again. */
  readonly warn: (message: string, error: unknown) => void;
};

export class Taps implements Part {
  readonly what = "taps of servers that have ended";
  readonly #options: TapsOptions;
  #last: number;
  readonly #ready: { readonly name: string; readonly owner: number | null }[] = [];
  readonly #refill = coalesce(() => this.#makeMissing());
  readonly #doomed = new Set<string>();
  readonly #bury = coalesce(() => this.#deleteDoomed());
  #background: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;

  /** Opens the pool. Taps that are there and not `inUse` are deleted. */
  static async open(options: TapsOptions, there: readonly Link[], inUse: ReadonlySet<string>): Promise<Taps> {
    if (options.owner !== null) await letOwnersOpen();
    const present = tapsAmong(there);
    const taps = new Taps(options, [...present, ...inUse]);
    await taps.drop(present.filter((name) => !inUse.has(name)));
    await taps.#refill();
    return taps;
  }

  private constructor(options: TapsOptions, names: readonly string[]) {
    this.#options = options;
    this.#last = Math.max(0, ...names.map((name) => Number(name.slice(1))));
  }

  /** A fresh tap that `owner` alone may open; null: the cloud's own. */
  async take(owner: number | null = null): Promise<string> {
    const wanted = owner ?? this.#options.owner;
    this.#refillLater();
    const index = this.#ready.findIndex((tap) => tap.owner === wanted);
    const [ready] = index < 0 ? [] : this.#ready.splice(index, 1);
    if (ready !== undefined) return ready.name;
    const name = this.#newName();
    await this.#options.namespace.ip(creation(name, wanted));
    return name;
  }

  /** Deletes the taps; those that are gone already do not matter. */
  async drop(names: readonly string[]): Promise<void> {
    for (const name of names) this.#doomed.add(name);
    if (names.length > 0) await this.#bury();
  }

  /** Deletes those that could not be deleted before. */
  refresh(): Promise<void> {
    return this.#bury();
  }

  isInOrder(): boolean {
    return this.#doomed.size === 0;
  }

  /** Waits for what is done in the background. */
  settle(): Promise<void> {
    clearTimeout(this.#timer);
    return this.#background;
  }

  /** Makes those that are missing, and has those deleted that were made for whom is not next any more. */
  async #makeMissing(): Promise<void> {
    const { namespace, owner, nextOwners } = this.#options;
    const owners = nextOwners?.(READY) ?? Array.from({ length: READY }, () => owner);
    const wanted = [...owners];
    const stale = this.#ready.filter((tap) => {
      const index = wanted.indexOf(tap.owner);
      if (index >= 0) wanted.splice(index, 1);
      return index < 0;
    });
    for (const tap of stale) this.#ready.splice(this.#ready.indexOf(tap), 1);
    const made = wanted.map((each) => ({ name: this.#newName(), owner: each }));
    if (made.length > 0) await namespace.ip(made.flatMap((tap) => creation(tap.name, tap.owner)));
    this.#ready.push(...made);
    await this.drop(stale.map(({ name }) => name));
  }

  #newName(): string {
    return `t${++this.#last}`;
  }

  #refillLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const { warn } = this.#options;
      this.#background = this.#refill().catch((error) =>
        warn("taps for coming servers could not be made", error),
      );
    }, REFILL_AFTER_MS).unref();
  }

  async #deleteDoomed(): Promise<void> {
    const { namespace } = this.#options;
    const due = new Set(this.#doomed);
    const there = (await list(namespace)).filter((name) => due.has(name));
    const fault = await namespace.ipEach(there.map((name) => `link delete ${name}`));
    // One that cannot be deleted now is tried again with the next.
    const left = new Set(fault === null ? [] : await list(namespace));
    for (const name of due) if (!left.has(name)) this.#doomed.delete(name);
  }
}

/**
 * Everybody may open the device of all taps: it gives nobody more than the taps that are theirs. That is its mode wherever
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
  return tapsAmong(await namespace.ask<Link[]>(`link show master ${BRIDGE}`));
}

function tapsAmong(links: readonly Link[]): string[] {
  return links.flatMap(({ ifname, master }) => (master === BRIDGE && /^t\d+$/.test(ifname) ? [ifname] : []));
}
