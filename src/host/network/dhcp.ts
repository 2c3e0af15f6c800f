/**
 * DHCP: a dnsmasq in the namespace offers each admitted NIC its address, and nobody else any. It goes on without the
 * daemon; the next start of the daemon puts a new one in its place, and one that died is replaced while the daemon
 * runs. It keeps no leases on disk: an address is offered because it is in the file of hosts, and being authoritative
 * it confirms what an earlier one gave.
 */
import { chmod, chown, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { replaceFile } from "../../base/atomic-file.ts";
import { coalesce } from "../../base/coalesce.ts";
import { findProcess } from "../process/find.ts";
import { confine, endProcess, isRunning, type ProcessIdentity, run } from "../process/process.ts";
import { BRIDGE } from "./filter.ts";
import { resolvers } from "./machine.ts";
import type { NetworkState } from "./network-state.ts";
import { type Offers, offers } from "./offers.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

/** `nobody` wherever Linux runs (the kernel's overflow uid); a name would have to be in the passwd file. */
const NOBODY = 65534;
/** What a DHCP server needs: port 67, ARP entries for clients that have no address yet, raw sockets. */
const CAPABILITIES = "-all,+net_bind_service,+net_admin,+net_raw";
const UNPRIVILEGED = [
  "setpriv",
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  "--clear-groups",
  "--no-new-privs",
  `--inh-caps=${CAPABILITIES}`,
  `--ambient-caps=${CAPABILITIES}`,
  `--bounding-set=${CAPABILITIES}`,
  "--",
];
/** No DNS, no configuration of the machine's own, no lease file, and no waiting for pings before an offer. */
const DNSMASQ = [
  "dnsmasq",
  "--conf-file=/dev/null",
  "--port=0",
  `--interface=${BRIDGE}`,
  "--except-interface=lo",
  "--bind-interfaces",
  "--leasefile-ro",
  "--dhcp-authoritative",
  "--dhcp-lease-max=100000",
  "--no-ping",
  "--quiet-dhcp",
];

export type DhcpOptions = {
  readonly netns: string;
  readonly layout: Layout;
  /** Holds its files; below directories that everybody may pass through. */
  readonly directory: string;
  readonly state: NetworkState;
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
    const { directory } = options;
    const pidFolder = dirname(pidFileIn(directory));
    await mkdir(pidFolder, { recursive: true });
    await Promise.all([chmod(directory, 0o711), chown(pidFolder, NOBODY, NOBODY)]);
    await endDhcp(directory);
    const dhcp = new Dhcp(options);
    await dhcp.refresh();
    return dhcp;
  }

  private constructor(options: DhcpOptions) {
    this.#options = options;
    this.refresh = coalesce(() => this.#refresh());
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
    if (this.#server !== null && !moved && !widened && (await isRunning(this.#server))) {
      process.kill(this.#server.pid, "SIGHUP");
      this.#offered = new Map([...this.#offered, ...leases]);
    } else {
      await this.#restart(ranges);
      this.#offered = leases;
    }
    this.#isInOrder = true;
  }

  async #restart(ranges: Offers["ranges"]): Promise<void> {
    const { netns, directory } = this.#options;
    if (this.#server !== null) await endProcess(this.#server, "SIGTERM");
    this.#server = null;
    // It goes into the background by itself once it serves, or says why it cannot.
    const files = [
      `--pid-file=${pidFileIn(directory)}`,
      `--dhcp-hostsfile=${hostsFileIn(directory)}`,
      `--dhcp-optsfile=${optionsFileIn(directory)}`,
    ];
    const networks = [...ranges].map((range) => `--dhcp-range=${range}`);
    const command = confine({ uid: null, netns }, [...UNPRIVILEGED, ...DNSMASQ, ...files, ...networks]);
    // What the daemon was started with is none of its business: it outlives the daemon, and others' guests speak to it.
    await run(command, "", { env: { PATH: process.env.PATH } });
    this.#server = await findDhcp(directory);
    this.#served = ranges;
  }
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
  return replaceFile(path, text, { mode: 0o644, durable: false });
}
