/**
 * Routes to addresses that are not of the guests' own subnet: those of the operator's pools. The machine sends each one
 * that a server has over the uplink, the namespace to its guests, and the guests' bridge answers as the gateway of their
 * network. One address a route: nothing is taken from a network that the machine is in itself, and what no server has is
 * not ours to answer for.
 *
 * As everything here, routes are what the holds say, made and removed by one function. An address that the machine routes
 * elsewhere already stays there, and the server that is to have it is told so.
 */

import { coalesce } from "../../base/coalesce.ts";
import { failed } from "../../base/errors.ts";
import { contains, ipv4Text } from "../../base/ipv4.ts";
import { run } from "../process/process.ts";
import { BRIDGE } from "./filter.ts";
import type { Hold } from "./holds.ts";
import { routesOver } from "./machine.ts";
import type { Namespace } from "./namespace.ts";
import type { Layout } from "./subnet.ts";

/** What there is, or is to be, of routes. */
export type Reach = {
  /** The bridge's addresses besides that of the guests' own subnet, with their prefixes. */
  readonly gateways: ReadonlySet<string>;
  /** The namespace's routes, each with the gateway that speaks to the guest, null for one that has a screen alone. */
  readonly inner: ReadonlyMap<string, string | null>;
  /** The machine's routes. */
  readonly outer: ReadonlySet<string>;
};

export type Routes = {
  /** Makes and removes routes until they are those of the holds. */
  refresh(): Promise<void>;
  /** Errors: `failed`, the machine leads the address elsewhere. */
  demand(address: string): void;
};

export type RoutesOptions = {
  /** The machine's end of the uplink. */
  readonly device: string;
  readonly namespace: Namespace;
  readonly layout: Layout;
  readonly holds: () => Iterable<Hold>;
  readonly warn: (message: string, error: unknown) => void;
};

/** Opens the routes, and makes them what the holds say. */
export async function openRoutes(options: RoutesOptions): Promise<Routes> {
  const { device, namespace, layout, holds, warn } = options;
  /** What is in place; null before it was looked at, and where that was cut off. */
  let present: Reach | null = null;
  let refused = new Map<string, unknown>();

  const refresh = coalesce(async () => {
    const wanted = wantedReach(layout, holds());
    const before: Reach = present ?? (await look(device, namespace, layout));
    present = null;
    await namespace.ip(innerChanges(before, wanted));
    refused = await changeOuter(device, layout, before.outer, wanted.outer);
    present = { ...wanted, outer: new Set([...wanted.outer].filter((address) => !refused.has(address))) };
  });
  await refresh();
  for (const [address, error] of refused) warn(`a running server has lost its address ${address}`, error);
  return {
    refresh,
    demand(address) {
      if (!refused.has(address)) return;
      const cause = refused.get(address);
      throw failed(`this machine leads the address ${address} elsewhere already, see "ip route"`, { cause });
    },
  };
}

/** What the holds ask for. */
export function wantedReach(layout: Layout, holds: Iterable<Hold>): Reach {
  const gateways = new Set<string>();
  const inner = new Map<string, string | null>();
  for (const { nics, vnc } of holds) {
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

/** Answers the addresses that could not be routed, with the reasons. */
async function changeOuter(
  device: string,
  { inner }: Layout,
  before: ReadonlySet<string>,
  wanted: ReadonlySet<string>,
): Promise<Map<string, unknown>> {
  const refused = new Map<string, unknown>();
  const gone = [...before].filter((address) => !wanted.has(address));
  const fresh = [...wanted].filter((address) => !before.has(address));
  await Promise.all([
    ...gone.map((address) =>
      run(["ip", "route", "delete", `${address}/32`, "dev", device]).catch((error: unknown) => {
        // Somebody else removed it (ESRCH): that is what was wanted.
        if (!(error instanceof Error && error.message.includes("No such process"))) throw error;
      }),
    ),
    // `add`, not `replace`: a route of somebody else's stands.
    ...fresh.map((address) => {
      const way = ["via", inner, "dev", device, "onlink", "proto", "static"];
      return run(["ip", "route", "add", `${address}/32`, ...way]).catch((error: unknown) =>
        refused.set(address, error),
      );
    }),
  ]);
  return refused;
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
