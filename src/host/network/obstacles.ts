/**
 * What stands between a machine and guests' networks: found by trying, for `lodge doctor` and for the choice of the
 * kind of network at start.
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { identify, run } from "../process/process.ts";
import { hasProgram } from "../process/programs.ts";
import { BRIDGE } from "./filter.ts";
import { inNamespace, makeNamespace, NAMESPACES, removeNamespace } from "./namespace.ts";

/** A lack, in one sentence, and what can be done about it. */
export type Obstacle = { readonly lack: string; readonly remedy: string };

/** Why the bridged network cannot be had here; empty when it can. */
export async function bridgingObstacles(): Promise<Obstacle[]> {
  if (process.getuid?.() !== 0) {
    return [{ lack: "Lodge does not run as root", remedy: "start it as root" }];
  }
  const lacks = (await Promise.all(PROGRAMS.map(lackOf))).flat();
  if (lacks.length > 0) return lacks;

  await removeDeadProbes();
  const name = await probeName();
  const namespace = inNamespace(name);
  try {
    for (const { lack, remedy, attempt } of PARTS) {
      await attempt(name, namespace).catch((error: Error) =>
        lacks.push({ lack: `${lack} (${error.message})`, remedy }),
      );
      // Nothing can be tried in a namespace that there is not.
      if (lacks.length > 0 && attempt === makeNamespace) break;
    }
  } finally {
    await removeNamespace(name);
  }
  return lacks;
}

/** Whether each program that bridges take is there; it may do nothing, all the same. */
export const hasBridgePrograms = (): boolean => PROGRAMS.every(([program]) => hasProgram(program));

async function lackOf([program, words, debian]: (typeof PROGRAMS)[number]): Promise<Obstacle[]> {
  return run([program, words]).then(
    () => [],
    () => [{ lack: `${program} does not run here`, remedy: `apt-get install ${debian}` }],
  );
}

/** What is tried is tried in a namespace whose name says whose it is: the process, and when that was started. */
const PROBE = /^lodge-probe-(\d+)(?:-(\d+))?$/;

async function probeName(): Promise<string> {
  const self = await identify(process.pid);
  return `lodge-probe-${process.pid}-${self?.startTicks ?? 0}`;
}

/** The namespaces of starts, and of `lodge doctor`, that were killed while they tried; an earlier version named no time. */
export async function deadProbes(): Promise<string[]> {
  const names = await readdir(NAMESPACES).catch(() => []);
  const dead = await Promise.all(
    names.map(async (name) => {
      const [, pid, startTicks] = PROBE.exec(name) ?? [];
      if (pid === undefined) return [];
      const owner = await identify(Number(pid));
      const lives = owner !== null && (startTicks === undefined || owner.startTicks === Number(startTicks));
      return lives ? [] : [name];
    }),
  );
  return dead.flat();
}

/** Errors: those of `ip`. Two that do it at once both succeed. */
export async function removeDeadProbes(): Promise<void> {
  for (const name of await deadProbes()) {
    await removeNamespace(name).catch((error: unknown) => {
      if (existsSync(join(NAMESPACES, name))) throw error;
    });
  }
}

const PROGRAMS = [
  ["ip", "-V", "iproute2"],
  ["nft", "-v", "nftables"],
  ["dnsmasq", "-v", "dnsmasq-base"],
  ["nsenter", "-V", "util-linux"],
  ["perl", "-v", "perl-base"],
  ["setpriv", "-V", "util-linux"],
  ["prlimit", "-V", "util-linux"],
  ["env", "--version", "coreutils"],
] as const;

type Part = Obstacle & {
  readonly attempt: (name: string, namespace: ReturnType<typeof inNamespace>) => Promise<void>;
};

const CONTAINER = "in a container, run it with --privileged";
const PARTS: readonly Part[] = [
  { lack: "network namespaces cannot be made", remedy: CONTAINER, attempt: makeNamespace },
  {
    lack: "bridges cannot be made",
    remedy: "load the kernel's module bridge",
    attempt: (_name, { ip }) => ip([`link add ${BRIDGE} type bridge`]),
  },
  {
    lack: "veth pairs cannot be made",
    remedy: "load the kernel's module veth",
    attempt: (_name, { ip }) => ip(["link add v0 type veth peer name v1"]),
  },
  {
    lack: "taps cannot be made",
    remedy: `load the kernel's module tun; ${CONTAINER}`,
    attempt: (_name, { ip }) => ip(["tuntap add dev t0 mode tap"]),
  },
  {
    lack: "nftables lacks the bridge family, NAT, limits or lookups of addresses (fib)",
    remedy:
      "load the kernel's modules nf_tables, nft_chain_nat, nft_limit, nft_fib_ipv4 and nf_conntrack_bridge",
    attempt: (_name, { nft }) =>
      nft(
        "table ip a {\n chain a {\n type nat hook prerouting priority dstnat\n }\n chain b {\n ct status dnat reject with tcp reset\n }\n" +
          " chain c {\n type filter hook prerouting priority mangle\n fib daddr type local accept\n }\n}\n" +
          "table bridge a {\n set a {\n type ifname\n flags dynamic\n }\n" +
          " chain a {\n type filter hook prerouting priority dstnat\n arp saddr ip 10.0.0.1 accept\n" +
          " update @a { iifname limit rate over 1/second } drop\n }\n}\n",
      ),
  },
  {
    lack: "kernel settings cannot be written",
    remedy: CONTAINER,
    attempt: (_name, { set }) => set("1", ["ipv4/ip_forward"]),
  },
];

type Rule = {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr: readonly object[];
};
type Chain = {
  readonly family: string;
  readonly table: string;
  readonly name: string;
  readonly hook?: string;
  readonly policy?: string;
};

/**
 * Why guests of a bridged network may not reach the world although it is up: rules of others on this machine that drop
 * what is forwarded (Docker's and firewalld's do). `device` is the cloud's end of the uplink.
 */
export async function forwardingObstacles(device: string): Promise<Obstacle[]> {
  const listed = JSON.parse(await run(["nft", "-j", "list", "ruleset"])) as {
    nftables: { chain?: Chain; rule?: Rule }[];
  };
  return closedChains(listed.nftables).map(({ family, table, name }) => ({
    lack: `the machine's own firewall (nft chain ${family} ${table} ${name}) drops what it forwards, guests' traffic too`,
    remedy:
      table === "filter" && name === "FORWARD"
        ? `iptables -I FORWARD -i ${device} -j ACCEPT; iptables -I FORWARD -o ${device} -j ACCEPT`
        : `let it accept what comes in or goes out by ${device}`,
  }));
}

/** The forward chains that end in a drop: by their policy, or by a last rule without a condition. */
function closedChains(listed: readonly { chain?: Chain; rule?: Rule }[]): Chain[] {
  const chains = listed.flatMap(({ chain }) => (chain?.hook === "forward" ? [chain] : []));
  return chains.filter(({ family, table, name, policy }) => {
    if (family !== "ip" && family !== "inet") return false;
    const last = listed
      .flatMap(({ rule }) => (rule === undefined ? [] : [rule]))
      .findLast((rule) => rule.family === family && rule.table === table && rule.chain === name);
    const verdicts = last?.expr.flatMap(Object.keys) ?? [];
    const closes = verdicts.some((verdict) => verdict === "drop" || verdict === "reject");
    const always = verdicts.every((part) => ["counter", "log", "drop", "reject"].includes(part));
    return policy === "drop" || (closes && always);
  });
}
