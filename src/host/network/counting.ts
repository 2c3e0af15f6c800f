/**
 * Counting what guests send to outside of the cloud and receive from there: a counter of nftables for each NIC on the guests'
 * network, in a table of its own in their namespace. A packet is counted where the namespace hands it on, between the guests'
 * bridge and the uplink, behind the rules that may drop it, with the bytes of its IP packet: so what guests send one another,
 * what stays in a VLAN and what a screen shows is not.
 *
 * Whose packet it is its address says, which on the guests' side nobody else can send from (`filter.ts`): one look into a map,
 * however many NICs there are. Free is what comes from the machine itself and goes to it, whichever of its addresses it is.
 *
 * The rules and the map are written whole as all others, and counters stay while they are: each has a name of its own, which
 * no other counter ever has. So one that was lost and made anew is never taken for the one before it.
 */
import { randomBytes } from "node:crypto";
import { type Ipv4Network, networkText, overlap, parseNetwork } from "../../base/ipv4.ts";
import { BRIDGE, type SetContents, UPLINK } from "./filter.ts";
import type { NetworkState, NicState, ServerNetwork } from "./network-state.ts";
import type { Layout } from "./subnet.ts";

export const COUNTING = "counting";

/** The rules, with neither counters nor elements; those that are there stay. */
export const COUNTING_RULES = `
table ip ${COUNTING} {
  map nics {
    type ipv4_addr : counter
  }
  set free {
    type ipv4_addr
    flags interval
  }
  chain count {
    type filter hook forward priority filter + 10; policy accept;
  }
}
flush chain ip ${COUNTING} count
table ip ${COUNTING} {
  chain count {
    iifname "${BRIDGE}" oifname "${UPLINK}" ip daddr != @free counter name ip saddr map @nics
    iifname "${UPLINK}" oifname "${BRIDGE}" ip saddr != @free counter name ip daddr map @nics
  }
}
`;

export const newCounter = (): string => `c${randomBytes(8).toString("hex")}`;

/** The name of the NIC's counter, null of one that is not counted: it is in a VLAN, or may not send. */
export const counterOf = ({ counter, lease }: NicState): string | null => (lease === null ? null : counter);

/** The names of all counters that are to be. */
export function wantedCounters(servers: Iterable<ServerNetwork>): ReadonlySet<string> {
  const names = [...servers].flatMap(({ nics }) => nics.map(counterOf));
  return new Set(names.filter((name) => name !== null));
}

/** What the map and the set are to hold. `free`: as `freeNetworks` answers it. */
export function countingContents(
  servers: Iterable<ServerNetwork>,
  free: readonly string[],
): readonly SetContents[] {
  // One entry an address: of two servers with one address the later counts, as everywhere.
  const nics = new Map<string, string>();
  for (const nic of [...servers].flatMap((server) => server.nics)) {
    const counter = counterOf(nic);
    if (counter !== null && nic.lease !== null) nics.set(nic.lease.address, counter);
  }
  const table = { family: "ip", table: COUNTING } as const;
  return [
    { ...table, kind: "set", name: "free", members: free },
    {
      ...{ ...table, kind: "map", name: "nics" },
      members: [...nics].map(([address, counter]) => `${address} : "${counter}"`),
    },
  ];
}

/**
 * What costs nothing to send to, in words of nftables: the guests' own subnet, which comes by the uplink only where the
 * machine leads it back, and the networks that are the machine's. Those within another are left out.
 *
 * @param machine as `localNetworks` answers it
 */
export function freeNetworks({ subnet }: Layout, machine: readonly Ipv4Network[]): string[] {
  const own = parseNetwork(subnet);
  const widest = [...machine, ...(own === null ? [] : [own])].sort((a, b) => a.prefix - b.prefix);
  const free: Ipv4Network[] = [];
  for (const network of widest) if (!free.some((other) => overlap(other, network))) free.push(network);
  return free.map((network) => networkText(network).replace(/\/32$/, "")).sort();
}

/** Lines that make counters, to be written before the elements that name them. */
export function additions(there: ReadonlySet<string>, wanted: ReadonlySet<string>): string {
  return lines("add", [...wanted.difference(there)]);
}

/** Lines that remove counters, to be written behind the elements that named them. */
export function removals(there: ReadonlySet<string>, wanted: ReadonlySet<string>): string {
  return lines("delete", [...there.difference(wanted)]);
}

const lines = (verb: string, names: readonly string[]) =>
  names.map((name) => `${verb} counter ip ${COUNTING} ${name}\n`).join("");

/** Gives a new counter to each NIC that is counted and whose own is not `there`. */
export function renewCounters(state: NetworkState, there: ReadonlySet<string>): void {
  for (const server of state.servers()) {
    const { nics } = state.of(server);
    const isLost = ({ lease, counter }: NicState) =>
      lease !== null && (counter === null || !there.has(counter));
    if (!nics.some(isLost)) continue;
    state.change(server, {
      nics: nics.map((nic) => (isLost(nic) ? { ...nic, counter: newCounter() } : nic)),
    });
  }
}
