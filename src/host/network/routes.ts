/**
 * Routes to addresses that are not of the guests' own subnet: those of the operator's pools. The machine sends each one
 * that a server has over the uplink, the namespace to its guests, and the guests' bridge answers as the gateway of their
 * network. One address a route: nothing is taken from a network that the machine is in itself, and what no server has is
 * not ours to answer for.
 *
 * As everything here, routes are what the network state says, made and removed by one function. An address that the
 * machine routes elsewhere already stays there, and the server that is to have it is told so.
 */
import { coalesce } from "../../base/coalesce.ts";
import { failed } from "../../base/errors.ts";
import { contains, ipv4Text } from "../../base/ipv4.ts";
import { run } from "../process/process.ts";
import { BRIDGE } from "./filter.ts";
import { routesOver } from "./machine.ts";
import type { Namespace } from "./namespace.ts";
import type { NetworkState, ServerNetwork } from "./network-state.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

/** What there is, or is to be, of routes. */
export type Reach = {
  /** The bridge's addresses besides that of the guests' own subnet, with their prefixes. */
  readonly gateways: ReadonlySet<string>;
  /** The namespace's routes, each with the gateway that speaks to the guest, null for one that has a screen alone. */
  readonly inner: ReadonlyMap<string, string | null>;
  /** The machine's routes. */
  readonly outer: ReadonlySet<string>;
};

export type RoutesOptions = {
  /** The machine's end of the uplink. */
  readonly device: string;
  readonly namespace: Namespace;
  readonly layout: Layout;
  readonly state: NetworkState;
  /** Whether the namespace was made just now: then there is none yet. */
  readonly isNew: boolean;
};

const NONE: Reach = { gateways: new Set(), inner: new Map(), outer: new Set() };

export class Routes implements Part {
  readonly what = "routes to servers' addresses";
  /** Makes and removes routes until they are those of the network state. Those that cannot be made hinder no others. */
  readonly refresh: () => Promise<void>;
  readonly #options: RoutesOptions;
  /** What is in place; null before it was looked at, and where that was cut off. */
  #present: Reach | null = null;
  /** The addresses that are not led as they are to be, with the reasons. */
  #refused: ReadonlyMap<string, unknown> = new Map();
  #isInOrder = false;

  constructor(options: RoutesOptions) {
    this.#options = options;
    if (options.isNew) this.#present = NONE;
    this.refresh = coalesce(() => this.#refresh());
  }

  get refused(): ReadonlyMap<string, unknown> {
    return this.#refused;
  }

  isInOrder(): boolean {
    return this.#isInOrder;
  }

  /** Errors: `failed`, the machine leads the address elsewhere, or the namespace does not lead it to its guest. */
  demand(address: string): void {
    if (!this.#refused.has(address)) return;
    const cause = this.#refused.get(address);
    const isTaken = cause instanceof Error && cause.message.includes("File exists");
    if (isTaken) {
      const sentence = `the machine leads the address ${address} elsewhere, which is its operator's to mend`;
      throw failed("address_routed_elsewhere", sentence, { cause });
    }
    throw failed("host_failed", `the address ${address} could not be led to its server`, { cause });
  }

  async #refresh(): Promise<void> {
    const { device, namespace, layout, state } = this.#options;
    this.#isInOrder = false;
    const wanted = wantedReach(layout, state.all());
    const before = this.#present ?? (await look(device, namespace, layout));
    this.#present = null;
    const fault = await namespace.ipEach(innerChanges(before, wanted));
    const faults = await changeOuter(device, layout, before.outer, wanted.outer);
    const isWhole = fault === null && faults.size === 0;
    // What was done behind a fault, and what was not, is seen by looking.
    const present = isWhole ? wanted : await look(device, namespace, layout);
    this.#refused = new Map(
      missingFrom(present, wanted).map((address) => [address, faults.get(address) ?? fault]),
    );
    this.#present = present;
    this.#isInOrder = isWhole;
  }
}

/** The addresses of which something that is wanted is not there. */
export function missingFrom(present: Reach, wanted: Reach): string[] {
  return [...wanted.inner]
    .filter(([address, gateway]) => present.inner.get(address) !== gateway || !present.outer.has(address))
    .map(([address]) => address);
}

/** What the network state asks for. */
export function wantedReach(layout: Layout, servers: Iterable<ServerNetwork>): Reach {
  const gateways = new Set<string>();
  const inner = new Map<string, string | null>();
  for (const { nics, vnc } of servers) {
    for (const { lease } of nics) {
      if (!lease?.network) continue;
      gateways.add(`${lease.network.gateway}/${lease.network.prefix}`);
      inner.set(lease.address, lease.network.gateway);
    }
    if (vnc === null || contains(layout.subnet, vnc.address)) continue;
    // It may be the address of a NIC at the same time.
    if (!inner.has(vnc.address)) inner.set(vnc.address, null);
  }
  return { gateways, inner, outer: new Set(inner.keys()) };
}

/** Lines for `ip` in the namespace. A route that names a gateway as its source comes after that and goes before it. */
export function innerChanges(before: Reach, wanted: Reach): string[] {
  const gone = <K>(earlier: Iterable<K>, later: { has(key: K): boolean }) =>
    [...earlier].filter((key) => !later.has(key));
  return [
    // Without a route of its own: the network's other addresses are not here.
    ...gone(wanted.gateways, before.gateways).map(
      (gateway) => `address replace ${gateway} dev ${BRIDGE} noprefixroute`,
    ),
    ...[...wanted.inner]
      .filter(([address, gateway]) => before.inner.get(address) !== gateway)
      .map(([address, gateway]) => {
        const source = gateway === null ? "" : ` src ${gateway}`;
        return `route replace ${address}/32 dev ${BRIDGE} proto static${source}`;
      }),
    ...gone(before.inner.keys(), wanted.inner).map((address) => `route delete ${address}/32 dev ${BRIDGE}`),
    ...gone(before.gateways, wanted.gateways).map((gateway) => `address delete ${gateway} dev ${BRIDGE}`),
  ];
}

/** Answers the addresses whose routes could not be made or removed, with the reasons. */
async function changeOuter(
  device: string,
  { inner }: Layout,
  before: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, unknown>> {
  const faults = new Map<string, unknown>();
  const gone = [...before].filter((address) => !wanted.has(address));
  const fresh = [...wanted].filter((address) => !before.has(address));
  await Promise.all([
    ...gone.map((address) =>
      run(["ip", "route", "delete", `${address}/32`, "dev", device]).catch((error: unknown) => {
        // Somebody else removed it (ESRCH): that is what was wanted.
        if (!(error instanceof Error && error.message.includes("No such process")))
          faults.set(address, error);
      }),
    ),
    // `add`, not `replace`: a route of somebody else's stands.
    ...fresh.map((address) => {
      const way = ["via", inner, "dev", device, "onlink", "proto", "static"];
      return run(["ip", "route", "add", `${address}/32`, ...way]).catch((error: unknown) =>
        faults.set(address, error),
      );
    }),
  ]);
  return faults;
}

type Route = { readonly dst: string; readonly protocol?: string; readonly prefsrc?: string };
type Link = {
  readonly addr_info: readonly { readonly local?: string; readonly prefixlen?: number }[];
};

/** What an earlier daemon left. */
async function look(device: string, namespace: Namespace, layout: Layout): Promise<Reach> {
  const [links, inner, outer] = await Promise.all([
    namespace.ask<Link[]>(`-4 address show dev ${BRIDGE}`),
    namespace.ask<Route[]>(`-4 route show dev ${BRIDGE} proto static`),
    routesOver(device),
  ]);
  const addresses = links.flatMap((link) =>
    link.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
  );
  return {
    gateways: new Set(addresses.filter((address) => address !== `${layout.gateway}/${layout.prefix}`)),
    inner: new Map(inner.map(({ dst, prefsrc }) => [dst, prefsrc ?? null])),
    outer: new Set(
      outer.flatMap(({ base, prefix }) => {
        const address = ipv4Text(base);
        // The namespace's own end is what the routes lead through.
        return prefix === 32 && address !== layout.inner ? [address] : [];
      }),
    ),
  };
}
