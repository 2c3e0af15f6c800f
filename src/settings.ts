/**
 * The settings of the daemon: flags first, then the environment, then defaults. All of them are checked here, before
 * anything is made: a value that one of them does not take is refused in a sentence that names it.
 */
import { BlockList } from "node:net";
import { parseArgs } from "node:util";
import type { Terms } from "./accounts/funds/rule.ts";
import { AUDIT_DAYS } from "./audit/records.ts";
import { DAY_S, HOUR_S } from "./base/durations.ts";
import { usage } from "./base/errors.ts";
import { addNetwork, hostAndPort, isLoopback } from "./base/networks.ts";
import { type GuestPort, parseGuestPorts } from "./host/network/guest-ports.ts";
import { configuredSubnet } from "./host/network/subnet.ts";
import { DEFAULT_LIMITS, type Limits } from "./limits/resources.ts";
import { ensureDatabase } from "./store/open.ts";

/** Where the daemon listens. */
export type Listen = { readonly host: string; readonly port: number };

const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export type Settings = {
  /** The folder of the cloud, undefined where the flag does not say it. */
  readonly home: string | undefined;
  readonly listen: Listen;
  /** Where metrics and health are told, undefined for nowhere. */
  readonly admin: Listen | undefined;
  /** The files of the API's certificate and of its key; undefined: it speaks in clear. */
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Addresses and networks of proxies that say whom they speak for. */
  readonly trustProxies: readonly string[];
  /** The guests' subnet, undefined to choose one. */
  readonly subnet: string | undefined;
  /** The ports of this machine that guests reach, undefined for what the home remembers. */
  readonly guestPorts: readonly GuestPort[] | undefined;
  /** Where the state is: `sqlite` or a URL; undefined for what the home remembers. */
  readonly database: string | undefined;
  /** How many imagings go on at once. */
  readonly imagings: number;
  /** Whether drives are filled from URLs, and the addresses and networks that are fetched from though they are not public; null: not. */
  readonly fetch: { readonly allow: readonly string[] } | null;
  /** How many objects one account may have. */
  readonly limits: Limits;
  /** For how many days the audit trail is kept. */
  readonly auditDays: number;
  /** What follows when funds of accounts end. */
  readonly terms: Terms;
  /** How much one account may ask of the API in a minute. */
  readonly rates: {
    readonly requests: number;
    readonly bytes: number;
    readonly objects: number;
    /** For each account and each address. */
    readonly failedLogins: number;
    /** For each address, and as many questions of health. */
    readonly anonymous: number;
  };
  /** What each server may read of the host's disk in a second, and as much that it may write; undefined: no bound. */
  readonly guestDiskBytes: number | undefined;
  /** The uids that servers are given, one each; undefined: those behind the cloud's own. */
  readonly serverUids: { readonly first: number; readonly last: number } | undefined;
  /** The least of what is logged. */
  readonly logLevel: (typeof LOG_LEVELS)[number];
};

const DEFAULT_LISTEN = "127.0.0.1:8480";
const DEFAULT_LOG_LEVEL = "info";
/** The one above it stands for none (chown(2)). */
const LAST_UID = 2 ** 32 - 2;

type NumberSetting = {
  readonly default: number;
  /** 1 where it is not said. */
  readonly least?: number;
  readonly most: number;
  readonly what: string;
};

/** Settings that are numbers, by their names. */
const NUMBERS = {
  // Two keep the disk and the cores of a small machine busy; more would only share them.
  LODGE_IMAGINGS: { default: 3, most: 999, what: "how many imagings go on at once" },
  LODGE_LIMIT_SERVERS: { default: DEFAULT_LIMITS.servers, most: 1e6, what: "servers of one account" },
  LODGE_LIMIT_DRIVES: { default: DEFAULT_LIMITS.drives, most: 1e6, what: "drives of one account" },
  LODGE_LIMIT_IP: { default: DEFAULT_LIMITS.ip, most: 1e6, what: "static addresses of one account" },
  LODGE_LIMIT_VLAN: { default: DEFAULT_LIMITS.vlan, most: 1e6, what: "VLANs of one account" },
  LODGE_AUDIT_DAYS: { default: AUDIT_DAYS, most: 36_500, what: "days for which the audit trail is kept" },
  LODGE_GRACE_HOURS: {
    ...{ default: 24, most: 8_760, what: "hours from the end of an account's funds to its suspension" },
  },
  LODGE_KEEP_DAYS: {
    ...{ default: 45, least: 15, most: 3_650, what: "days for which drives of such an account are kept" },
  },
  LODGE_RATE_REQUESTS: { default: 60_000, most: 1e9, what: "requests of one account in a minute" },
  LODGE_RATE_MIB: { default: 65_536, most: 1e9, what: "MiB in and out of one account in a minute" },
  LODGE_RATE_OBJECTS: { default: 600, most: 1e6, what: "objects that one account makes in a minute" },
  LODGE_RATE_FAILED_LOGINS: {
    ...{ default: 60, most: 1e6, what: "failed logins in a minute, for each account and each address" },
  },
  // A load balancer asks for health every second or two, from each of its own machines.
  LODGE_RATE_ANONYMOUS: {
    ...{ default: 6_000, most: 1e9, what: "requests without credentials in a minute, for each address" },
  },
} as const;

/** The flags as `parseArgs` takes them. */
export const SETTING_FLAGS = {
  home: { type: "string" },
  listen: { type: "string" },
  admin: { type: "string" },
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  insecure: { type: "boolean" },
  "trust-proxy": { type: "string" },
  subnet: { type: "string" },
  "guest-ports": { type: "string" },
  database: { type: "string" },
} as const;

const FLAGS = [
  "[--home DIR] [--listen HOST:PORT] [--tls-cert FILE --tls-key FILE] [--insecure] [--trust-proxy ADDRESSES]",
  "[--admin [HOST:]PORT] [--subnet NET] [--guest-ports PORTS] [--database URL]",
].join(" ");

/** What `--help` prints, a line each. */
export const SETTINGS_HELP: readonly string[] = [
  `npm start -- ${FLAGS}: the daemon of a cloud`,
  "",
  "  --home DIR          LODGE_HOME       the folder of the cloud",
  `  --listen HOST:PORT  LODGE_LISTEN     where it listens (default: ${DEFAULT_LISTEN})`,
  "  --admin [HOST:]PORT LODGE_ADMIN      where it tells metrics and health (default: nowhere; HOST: 127.0.0.1)",
  "  --tls-cert FILE     LODGE_TLS_CERT   its certificate, with those that vouch for it (default: it speaks in clear)",
  "  --tls-key FILE      LODGE_TLS_KEY    the certificate's key",
  "  --insecure          LODGE_INSECURE=1 it may listen in clear on any address, not on loopback alone",
  "  --trust-proxy ADDRESSES LODGE_TRUST_PROXY  proxies whose X-Forwarded-For is believed, with commas between (default: none)",
  "  --subnet NET        LODGE_SUBNET     the guests' private network (default: a free one)",
  "  --guest-ports PORTS LODGE_GUEST_PORTS  this machine's ports that guests reach (default: what the home remembers, or none)",
  "  --database URL      LODGE_DATABASE   sqlite or postgres://… (default: what the home remembers, or sqlite)",
  "                      LODGE_MASTER_KEY_COMMAND  a command that prints the master key (default: the home's file)",
  "                      LODGE_GUEST_DISK_MIB  MiB a second that each server reads, and writes, of the disk (default: no bound)",
  "                      LODGE_FETCH=1    users fill drives from URLs of public addresses (default: they do not)",
  "                      LODGE_FETCH_ALLOW  addresses and networks that are fetched from though they are not public, with commas between (default: none)",
  "                      LODGE_UIDS       FIRST-LAST: uids for servers (default: 4096 behind the cloud's own)",
  "                      LODGE_UNPAID_DRIVES  keep or destroy: drives of an account suspended for its funds, once they were kept for LODGE_KEEP_DAYS (default: keep)",
  `                      LODGE_LOG_LEVEL  ${LOG_LEVELS.join(", ")} (default: ${DEFAULT_LOG_LEVEL})`,
  "",
  "and in the environment alone, numbers of at least 1:",
  "",
  ...Object.entries(NUMBERS).map(
    ([name, { default: number, what }]) => `  ${name.padEnd(26)}${what} (default: ${number})`,
  ),
];

/** Reads the settings out of the daemon's words and the environment. Errors: `usage`, which names the setting. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Settings {
  const flags = readFlags(args);
  if (flags.home === "") throw usage("--home takes a folder");
  const subnet = flags.subnet ?? (env.LODGE_SUBNET || undefined);
  const database = flags.database ?? (env.LODGE_DATABASE || undefined);
  const admin = flags.admin ?? (env.LODGE_ADMIN || undefined);
  const ports = flags["guest-ports"] ?? (env.LODGE_GUEST_PORTS || undefined);
  if (subnet !== undefined) naming("--subnet / LODGE_SUBNET", () => configuredSubnet(subnet));
  if (database !== undefined) naming("--database / LODGE_DATABASE", () => ensureDatabase(database));
  const listen = parseListen(flags.listen ?? (env.LODGE_LISTEN || DEFAULT_LISTEN));
  const tls = tlsOf(
    flags["tls-cert"] ?? (env.LODGE_TLS_CERT || undefined),
    flags["tls-key"] ?? (env.LODGE_TLS_KEY || undefined),
  );
  const isInsecure = flags.insecure ?? isOn(env, "LODGE_INSECURE");
  if (tls === undefined && !isInsecure) ensureLoopback(listen);
  const proxies = flags["trust-proxy"] ?? env.LODGE_TRUST_PROXY ?? "";
  return {
    home: flags.home,
    listen,
    admin: admin === undefined ? undefined : parseAdmin(admin),
    tls,
    trustProxies: parseAddresses(proxies, "--trust-proxy / LODGE_TRUST_PROXY"),
    subnet,
    guestPorts:
      ports === undefined
        ? undefined
        : naming("--guest-ports / LODGE_GUEST_PORTS", () => parseGuestPorts(ports)),
    database,
    imagings: numberOf(env, "LODGE_IMAGINGS"),
    fetch: parseFetch(env),
    limits: {
      servers: numberOf(env, "LODGE_LIMIT_SERVERS"),
      drives: numberOf(env, "LODGE_LIMIT_DRIVES"),
      ip: numberOf(env, "LODGE_LIMIT_IP"),
      vlan: numberOf(env, "LODGE_LIMIT_VLAN"),
    },
    auditDays: numberOf(env, "LODGE_AUDIT_DAYS"),
    rates: {
      requests: numberOf(env, "LODGE_RATE_REQUESTS"),
      bytes: numberOf(env, "LODGE_RATE_MIB") * 2 ** 20,
      objects: numberOf(env, "LODGE_RATE_OBJECTS"),
      failedLogins: numberOf(env, "LODGE_RATE_FAILED_LOGINS"),
      anonymous: numberOf(env, "LODGE_RATE_ANONYMOUS"),
    },
    terms: {
      graceS: numberOf(env, "LODGE_GRACE_HOURS") * HOUR_S,
      keepS: numberOf(env, "LODGE_KEEP_DAYS") * DAY_S,
      destroysDrives: parseUnpaidDrives(env.LODGE_UNPAID_DRIVES || "keep"),
    },
    guestDiskBytes: env.LODGE_GUEST_DISK_MIB ? parseDiskMib(env.LODGE_GUEST_DISK_MIB) : undefined,
    serverUids: env.LODGE_UIDS ? parseUids(env.LODGE_UIDS) : undefined,
    logLevel: parseLogLevel(env.LODGE_LOG_LEVEL || DEFAULT_LOG_LEVEL),
  };
}

const LISTEN_TAKES = `--listen / LODGE_LISTEN takes HOST:PORT, such as ${DEFAULT_LISTEN}`;

/** `HOST:PORT`, an IPv6 address in brackets. Errors: `usage`, in the words of `takes`. */
export function parseListen(text: string, takes = LISTEN_TAKES): Listen {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:\s]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw usage(`${takes}, not "${text}"`);
  return { host: match[1] ?? match[2] ?? "", port };
}

/** The same, or a port alone, which is one of loopback: it takes no credentials. Errors: `usage`. */
function parseAdmin(text: string): Listen {
  const takes = "--admin / LODGE_ADMIN takes PORT or HOST:PORT, such as 9480";
  return parseListen(/^\d+$/.test(text) ? `127.0.0.1:${text}` : text, takes);
}

/** Errors: `usage`, one of the two is named without the other. */
function tlsOf(cert: string | undefined, key: string | undefined): Settings["tls"] {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || cert === "")
    throw usage(
      "--tls-key / LODGE_TLS_KEY takes --tls-cert / LODGE_TLS_CERT beside it: the key's certificate",
    );
  if (key === undefined || key === "")
    throw usage(
      "--tls-cert / LODGE_TLS_CERT takes --tls-key / LODGE_TLS_KEY beside it: the certificate's key",
    );
  return { cert, key };
}

/** Addresses and networks with commas between. Errors: `usage`, which names the setting. */
function parseAddresses(text: string, setting: string): string[] {
  const words = text === "" ? [] : text.split(",").map((word) => word.trim());
  const bad = words.find((word) => !addNetwork(new BlockList(), word));
  if (bad === undefined) return words;
  throw usage(
    `${setting} takes addresses and networks with commas between, such as 127.0.0.1,192.0.2.0/24: "${bad}" is none`,
  );
}

/** Errors: `usage`. */
function parseFetch(env: NodeJS.ProcessEnv): Settings["fetch"] {
  const allow = parseAddresses(env.LODGE_FETCH_ALLOW ?? "", "LODGE_FETCH_ALLOW");
  if (isOn(env, "LODGE_FETCH")) return { allow };
  if (allow.length === 0) return null;
  throw usage("LODGE_FETCH_ALLOW takes LODGE_FETCH=1 beside it: without that nothing is fetched");
}

/** Keys and all else would go over the network in clear. Errors: `usage`. */
function ensureLoopback({ host, port }: Listen): void {
  if (host.toLowerCase() === "localhost" || isLoopback(host)) return;
  throw usage(
    `at ${hostAndPort(host, port)} (--listen / LODGE_LISTEN) keys would go over the network in clear: name a certificate (--tls-cert FILE --tls-key FILE), or say that nobody can listen in there (--insecure / LODGE_INSECURE=1)`,
  );
}

/** Errors: `usage`. */
function isOn(env: NodeJS.ProcessEnv, name: string): boolean {
  const text = env[name] || "0";
  if (text !== "0" && text !== "1") throw usage(`${name} takes 1 or 0, not "${text}"`);
  return text === "1";
}

/** Errors: `usage`. */
function numberOf(env: NodeJS.ProcessEnv, name: keyof typeof NUMBERS): number {
  const { default: number, least = 1, most }: NumberSetting = NUMBERS[name];
  const text = env[name] || String(number);
  const read = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (read < least || read > most)
    throw usage(`${name} takes a number from ${least} to ${most}, not "${text}"`);
  return read;
}

/** Whether they are destroyed once they were kept for as long as they are. Errors: `usage`. */
function parseUnpaidDrives(text: string): boolean {
  if (text !== "keep" && text !== "destroy")
    throw usage(`LODGE_UNPAID_DRIVES takes keep or destroy, not "${text}"`);
  return text === "destroy";
}

/** MiB a second. Errors: `usage`. */
function parseDiskMib(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw usage(`LODGE_GUEST_DISK_MIB takes a number from 1 to 999999, not "${text}"`);
  return Number(text) * 2 ** 20;
}

/** Two uids, which are nobody's, with a dash between. Errors: `usage`. */
function parseUids(text: string): { first: number; last: number } {
  const [, first, last] = (/^([1-9]\d{3,9})-([1-9]\d{3,9})$/.exec(text) ?? []).map(Number);
  if (first === undefined || last === undefined || first > last || last > LAST_UID)
    throw usage(`LODGE_UIDS takes FIRST-LAST, two uids of which the lower is at least 1000, not "${text}"`);
  return { first, last };
}

/** Errors: `usage`. */
function parseLogLevel(text: string): Settings["logLevel"] {
  const level = LOG_LEVELS.find((each) => each === text);
  if (level === undefined) throw usage(`LODGE_LOG_LEVEL takes ${LOG_LEVELS.join(", ")}, not "${text}"`);
  return level;
}

/** Lets `read` refuse the value of a setting. Errors: `usage`, which names the setting. */
function naming<T>(setting: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw usage(`${setting}: ${(cause as Error).message}`, { cause });
  }
}

function readFlags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: SETTING_FLAGS,
    }).values;
  } catch (error) {
    throw usage(`${(error as Error).message} (npm start -- ${FLAGS})`);
  }
}
