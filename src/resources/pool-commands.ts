/** The commands on pools, which are there for admins: the networks out of which accounts are given static addresses. */
import { z } from "zod";
import { number, state } from "../api/answered.ts";
import type { Declared } from "../api/command.ts";
import { readInput } from "../api/input.ts";
import { type Key, keyTable } from "../api/key.ts";
import type { Properties } from "../api/properties.ts";
import { ipv4, words } from "../api/value.ts";
import { noteMade } from "../audit/event.ts";
import { busy, failed } from "../base/errors.ts";
import { networkText, parseNetwork, takerOf } from "../base/ipv4.ts";
import { isUndecided } from "../host/errors.ts";
import type { Host } from "../host/host.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Store } from "../store/store.ts";
import { capacity, operatorPool, type Pool } from "./pool.ts";
import { addPool, listPools, removePool } from "./pools.ts";

export type PoolDependencies = { readonly store: Store; readonly hosts: Hosts };

const network = z.string().refine((text) => parseNetwork(text) !== null);

const NETWORK: Key = {
  pattern: "network",
  schema: network,
  takes: "an IPv4 network such as 203.0.113.0/28",
  settable: ["create"],
  required: true,
  group: "general",
  help: "the addresses that it has",
};

const nameservers = z.string().refine((text) => words(text).every((word) => ipv4.safeParse(word).success));

const POOL_KEYS = keyTable(
  [
    NETWORK,
    {
      pattern: "gateway",
      schema: ipv4,
      takes: "an address of the network",
      settable: ["create"],
      required: true,
      group: "general",
      help: "the guests' router in it, which hosts are",
    },
    {
      pattern: "nameserver",
      schema: nameservers,
      takes: "IPv4 addresses with spaces between",
      takesList: true,
      settable: ["create"],
      group: "general",
      help: "the name servers that guests are told",
    },
    {
      ...state,
      schema: z.enum(["operator", "host"]),
      pattern: "origin",
      help: "operator, or host: it is of the guests' private subnet",
    },
    { ...number, pattern: "size", help: "how many addresses it has to give" },
    { ...number, pattern: "used", help: "how many of them accounts hold" },
    { ...number, pattern: "free", help: "how many are left" },
  ],
  "pools",
);

const REMOVED = keyTable([NETWORK], "pools");

const POOL: Properties = [
  ["network", "203.0.113.0/28"],
  ["gateway", "203.0.113.1"],
  ["nameserver", "192.0.2.53"],
  ["origin", "operator"],
  ["size", 13],
  ["used", 2],
  ["free", 11],
];

const ADDED = { network: "192.0.2.0/28", gateway: "192.0.2.1", nameserver: "192.0.2.2" };

const MADE: Properties = [
  ...Object.entries(ADDED),
  ["origin", "operator"],
  ["size", 12],
  ["used", 0],
  ["free", 12],
];

export const POOL_COMMANDS: readonly Declared<PoolDependencies>[] = [
  {
    path: "pools/list",
    summary: "List all pools",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "list",
    answers: POOL_KEYS.named("network"),
    errors: [],
    example: { answer: [[["network", "203.0.113.0/28"]]] },
    async *run({ store }) {
      const pools = await listPools(store);
      if (pools.length > 0)
        yield pools.map(({ pool }): Properties => [["network", networkText(pool.network)]]);
    },
  },
  {
    path: "pools/info",
    summary: "Get all pools' info, with how many addresses of each are held",
    isAdmins: true,
    effect: "reads",
    takes: "nothing",
    returns: "properties list",
    answers: POOL_KEYS.keys,
    errors: [],
    example: { answer: [POOL] },
    async *run({ store }) {
      const pools = await listPools(store);
      if (pools.length > 0) yield pools.map(({ pool, taken }) => answer(pool, taken));
    },
  },
  {
    path: "pools/add",
    summary: "Add a network whose addresses accounts may be given",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: POOL_KEYS.toCreate,
    returns: "properties",
    answers: POOL_KEYS.keys,
    errors: ["pool_refused", "pool_meets_network", "host_unavailable"],
    example: { input: ADDED, answer: MADE },
    async run(dependencies, { input }) {
      const given = readInput(POOL_KEYS, input, "create");
      const text = (key: string) => String(given.get(key) ?? "");
      const pool = operatorPool({
        ...{ network: text("network"), gateway: text("gateway"), nameservers: words(text("nameserver")) },
      });
      await ensureFree(dependencies.hosts, pool);
      noteMade(networkText(pool.network));
      await addPool(dependencies.store, pool);
      return answer(pool, 0);
    },
  },
  {
    path: "pools/remove",
    summary: "Remove a pool of which nobody holds an address",
    isAdmins: true,
    effect: "changes",
    takes: "properties",
    keys: REMOVED.toCreate,
    returns: "nothing",
    errors: ["no_such_pool", "pool_in_use"],
    example: { input: { network: ADDED.network } },
    async run({ store }, { input }) {
      const named = String(readInput(REMOVED, input, "create").get("network"));
      noteMade(named);
      await removePool(store, named);
    },
  },
];

function answer(pool: Pool, taken: number): Properties {
  const size = capacity(pool);
  return [
    ["network", networkText(pool.network)],
    ["gateway", pool.gateway],
    ...(pool.nameservers.length === 0 ? [] : [["nameserver", pool.nameservers.join(" ")] as const]),
    ["origin", pool.origin],
    ["size", size],
    ["used", taken],
    ["free", Math.max(0, size - taken)],
  ];
}

/** Errors: `failed`, it is not known what the host reaches. */
async function networksOf(host: Host, name: string): Promise<readonly string[]> {
  try {
    return await host.networks();
  } catch (error) {
    if (!isUndecided(error)) throw error;
    throw failed("host_unavailable", `host ${name} does not answer: it is not known what it reaches`, {
      cause: error,
    });
  }
}

/** Errors: `busy` when a host has an address or a route in the pool, but for those of the cloud itself; a host's. */
async function ensureFree(hosts: Hosts, { network: wanted }: Pool): Promise<void> {
  for (const [name, host] of hosts) {
    const networks = (await networksOf(host, name)).flatMap((text) => parseNetwork(text) ?? []);
    const met = takerOf(wanted, networks);
    if (met === undefined) continue;
    throw busy(
      "pool_meets_network",
      `${networkText(wanted)} overlaps with ${networkText(met)}, which host ${name} has or reaches`,
    );
  }
}
