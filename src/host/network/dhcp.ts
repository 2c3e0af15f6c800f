/**
 * DHCP: a dnsmasq in the namespace offers each admitted NIC its address, and nobody else any. It goes on without the
 * daemon; the next start of the daemon puts a new one in its place, and one that died is replaced while the daemon
 * runs. It keeps no leases on disk: an address is offered because it is in the file of hosts, and being authoritative
 * it confirms what an earlier one gave.
 */
import { chmod, chown, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { coalesce } from "../../base/coalesce.ts";
import { confine, endProcess, identify, isRunning, type ProcessIdentity, run } from "../process/process.ts";
import { BRIDGE } from "./filter.ts";
import type { Hold } from "./holds.ts";
import { resolvers } from "./machine.ts";
import { type Offers, offers } from "./offers.ts";
import type { Layout } from "./subnet.ts";

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
const WATCH_MS = 1000;

export type Dhcp = {
  /** Offers what the holds say from now on. */
  refresh(): Promise<void>;
  /** No longer looks after the server, which goes on by itself. */
  close(): Promise<void>;
};

export type DhcpOptions = {
  readonly netns: string;
  readonly layout: Layout;
  /** Holds its files; below directories that everybody may pass through. */
  readonly directory: string;
  readonly holds: () => Iterable<Hold>;
  readonly warn: (message: string, error: unknown) => void;
};

/** Starts the DHCP server; the one that an earlier daemon left is ended. Errors: dnsmasq's own, in its words. */
export async function openDhcp({ netns, layout, directory, holds, warn }: DhcpOptions): Promise<Dhcp> {
  const hostsFile = join(directory, "hosts");
  const optionsFile = join(directory, "options");
  const pidFile = pidFileIn(directory);
  await mkdir(dirname(pidFile), { recursive: true });
  await Promise.all([chmod(directory, 0o711), chown(dirname(pidFile), NOBODY, NOBODY)]);

  await endDhcp(directory);
  let server: ProcessIdentity | null = null;
  /** Who was offered each address since the server started: it holds an address for its MAC as long as it lives. */
  let offered: Offers["leases"] = new Map();
  /** The networks that it was started with. */
  let served: Offers["ranges"] = new Set();

  const start = async (ranges: Offers["ranges"]) => {
    if (server !== null) await endProcess(server, "SIGTERM");
    // It goes into the background by itself once it serves, or says why it cannot.
    const files = [
      `--pid-file=${pidFile}`,
      `--dhcp-hostsfile=${hostsFile}`,
      `--dhcp-optsfile=${optionsFile}`,
    ];
    const networks = [...ranges].map((range) => `--dhcp-range=${range}`);
    await run(confine({ uid: null, netns }, [...UNPRIVILEGED, ...DNSMASQ, ...files, ...networks]));
    server = await findDhcp(directory);
  };
  const refresh = coalesce(async () => {
    const { leases, ranges, hosts, options } = offers(layout, holds(), await resolvers());
    await Promise.all([write(hostsFile, hosts), write(optionsFile, options)]);
    const moved = [...leases].some(([address, mac]) => (offered.get(address) ?? mac) !== mac);
    const widened = !ranges.isSubsetOf(served);
    if (server !== null && !moved && !widened && (await isRunning(server))) {
      process.kill(server.pid, "SIGHUP");
      offered = new Map([...offered, ...leases]);
    } else {
      await start(ranges);
      [offered, served] = [leases, ranges];
    }
  });

  await refresh();
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    if (server !== null && (await isRunning(server))) return;
    await refresh().catch((error) => warn("the DHCP server died and could not be started again", error));
  };
  const timer = setInterval(() => {
    looking = look();
  }, WATCH_MS).unref();
  return {
    refresh,
    async close() {
      clearInterval(timer);
      await looking;
    },
  };
}

/** The DHCP server of that directory, while it runs. Its own words tell it from a later process of that number. */
export async function findDhcp(directory: string): Promise<ProcessIdentity | null> {
  const pidFile = pidFileIn(directory);
  const pid = Number(await readFile(pidFile, "latin1").catch(() => ""));
  if (!Number.isInteger(pid) || pid <= 0) return null;
  const identity = await identify(pid);
  const words = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return words.split("\0").includes(`--pid-file=${pidFile}`) ? identity : null;
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

async function write(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o644 });
  await rename(`${path}.new`, path);
}
