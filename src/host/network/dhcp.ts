/**
 * DHCP: a dnsmasq in the namespace offers each admitted NIC its address, and nobody else any. It goes on without the
 * daemon; the next start of the daemon puts a new one in its place, and one that died is replaced while the daemon
 * runs. It keeps no leases on disk: an address is offered because it is in the file of hosts, and being authoritative
 * it confirms what an earlier one gave.
 */
import { chown } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "../../base/atomic-file.ts";
import { coalesce } from "../../base/coalesce.ts";
import { ensureFolder, PASSABLE } from "../../base/folder.ts";
import { findProcess } from "../process/find.ts";
import { confine, endProcess, isRunning, type ProcessIdentity, run } from "../process/process.ts";
import { programPath } from "../process/programs.ts";
import { BRIDGE } from "./filter.ts";
import { resolvers } from "./machine.ts";
import type { NetworkState } from "./network-state.ts";
import { type Offers, offers } from "./offers.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

/** Uids that DHCP servers have, one a cloud: those below the range of which clouds and their servers have theirs. */
const UIDS = { first: 1_900_000_000, count: 100_000_000 } as const;
/** What a DHCP server needs that pings nobody: port 67, and ARP entries for clients that have no address yet. */
const CAPABILITIES = "-all,+net_bind_service,+net_admin";
/** Address space, descriptors and files are bounded by what ten thousands of leases take, and more. */
const LIMITS = ["--as=268435456", "--nofile=256", "--nproc=16", "--fsize=65536", "--core=0"];
/**
 * No DNS, no configuration of the machine's own, no lease file, and no waiting for pings before an offer. There is a lease
 * for an address that is offered, and no other, so guests cannot make them many.
 */
const DNSMASQ = [
  "--conf-file=/dev/null",
  "--no-hosts",
  "--no-resolv",
  "--no-poll",
  "--port=0",
  `--interface=${BRIDGE}`,
  "--except-interface=lo",
  "--bind-interfaces",
  "--leasefile-ro",
  "--dhcp-authoritative",
  "--dhcp-lease-max=100000",
  "--dhcp-ignore-names",
  "--no-ping",
  "--quiet-dhcp",
];

export type DhcpOptions = {
  readonly netns: string;
  /** Whom it runs as. */
  readonly uid: number;
  readonly layout: Layout;
  /** Holds its files; below directories that everybody may pass through. */
  readonly directory: string;
  readonly state: NetworkState;
  /** Whether the namespace was made just now: then an earlier daemon has left none. */
  readonly isNew: boolean;
};

export class Dhcp implements Part {
  readonly what = "the DHCP server";
  /** Offers what the network state says from now on. Errors: dnsmasq's own, in its words. */
  readonly refresh: () => Promise<void>;
  readonly #options: DhcpOptions;
  #server: ProcessIdentity | null = null;
  /** Who was offered each address since the server started: it holds an address for its MAC as long as it lives. */
  #offered: Offers["leases"] = new Map();
  /** The networks that it was started with. */
  #served: Offers["ranges"] = new Set();
  #isInOrder = false;

  /** Starts the DHCP server; the one that an earlier daemon left is ended. Errors: dnsmasq's own, in its words. */
  static async open(options: DhcpOptions): Promise<Dhcp> {
    const { directory, uid } = options;
    const pidFolder = dirname(pidFileIn(directory));
    ensureFolder(directory, PASSABLE);
    ensureFolder(pidFolder, 0o755);
    await chown(pidFolder, uid, uid);
    if (!options.isNew) await endDhcp(directory);
    const dhcp = new Dhcp(options);
    await dhcp.refresh();
    return dhcp;
  }

  private constructor(options: DhcpOptions) {
    this.#options = options;
    this.refresh = coalesce(() => this.#refresh());
  }

  /** The process, which is in the namespace. Errors: it has just ended. */
  get pid(): number {
    if (this.#server === null) throw new Error("the DHCP server ended as soon as it was started");
    return this.#server.pid;
  }

  async isInOrder(): Promise<boolean> {
    return this.#isInOrder && this.#server !== null && (await isRunning(this.#server));
  }

  async #refresh(): Promise<void> {
    const { layout, state, directory } = this.#options;
    this.#isInOrder = false;
    const { leases, ranges, hosts, options } = offers(layout, state.all(), await resolvers());
    await Promise.all([write(hostsFileIn(directory), hosts), write(optionsFileIn(directory), options)]);
    const moved = [...leases].some(([address, mac]) => (this.#offered.get(address) ?? mac) !== mac);
    const widened = !ranges.isSubsetOf(this.#served);
    if (!moved && !widened && (await this.#readsAnew())) {
      this.#offered = new Map([...this.#offered, ...leases]);
    } else {
      await this.#restart(ranges);
      this.#offered = leases;
    }
    this.#isInOrder = true;
  }

  /** Has the server read its files again; false where there is none, or it has just died. */
  async #readsAnew(): Promise<boolean> {
    if (this.#server === null || !(await isRunning(this.#server))) return false;
    try {
      process.kill(this.#server.pid, "SIGHUP");
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      return false;
    }
  }

  async #restart(ranges: Offers["ranges"]): Promise<void> {
    const { netns, uid, directory } = this.#options;
    if (this.#server !== null) await endProcess(this.#server, "SIGTERM");
    this.#server = null;
    // It goes into the background by itself once it serves, or says why it cannot.
    const files = [
      `--pid-file=${pidFileIn(directory)}`,
      `--dhcp-hostsfile=${hostsFileIn(directory)}`,
      `--dhcp-optsfile=${optionsFileIn(directory)}`,
    ];
    const networks = [...ranges].map((range) => `--dhcp-range=${range}`);
    // An empty environment, in which nothing of the daemon's is.
    const dnsmasq = [programPath("env"), "-i", programPath("dnsmasq"), ...DNSMASQ, ...files, ...networks];
    await run(confine({ uid: null, netns }, ["prlimit", ...LIMITS, "--", ...unprivileged(uid), ...dnsmasq]));
    this.#server = await findDhcp(directory);
    this.#served = ranges;
  }
}

/** Whom the DHCP server of the cloud of that id (eight hex digits) runs as. */
export function dhcpUid(id: string): number {
  return UIDS.first + (Number.parseInt(id, 16) % UIDS.count);
}

/** Words that run those behind them as that uid, which has no privileges but the few. */
function unprivileged(uid: number): string[] {
  return [
    ...[programPath("setpriv"), `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "--no-new-privs"],
    ...[`--inh-caps=${CAPABILITIES}`, `--ambient-caps=${CAPABILITIES}`, `--bounding-set=${CAPABILITIES}`],
    "--",
  ];
}

/** The DHCP server of that directory, while it runs: its command line names the directory. */
export function findDhcp(directory: string): Promise<ProcessIdentity | null> {
  return findProcess(`--pid-file=${pidFileIn(directory)}`);
}

/** Ends the DHCP server of that directory; does nothing when there is none. */
export async function endDhcp(directory: string): Promise<void> {
  const server = await findDhcp(directory);
  if (server !== null) await endProcess(server, "SIGTERM");
}

/** In a directory of its own, which the server can write to without privileges. */
function pidFileIn(directory: string): string {
  return join(directory, "dnsmasq", "pid");
}

const hostsFileIn = (directory: string) => join(directory, "hosts");
const optionsFileIn = (directory: string) => join(directory, "options");

/** The server reads it without privileges. */
function write(path: string, text: string): Promise<void> {
  return replaceFile(path, text, { mode: 0o644 });
}
