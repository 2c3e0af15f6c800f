/** A resource as it is answered (spec: resource info). */

import type { Properties, Value } from "../api/properties.ts";
import { maskText } from "../base/ipv4.ts";
import { RESOURCE_KEYS } from "./keys.ts";
import { type Pool, poolOf } from "./pool.ts";
import type { UnreadableResource } from "./records.ts";
import type { Resource } from "./resource.ts";

/** @param pools all of them; of an address whose pool has gone no network is known */
export function resourceAnswer(
  { type, resource, user, attributes }: Resource,
  pools: readonly Pool[],
): Properties {
  const pool = type === "ip" ? poolOf(resource, pools) : null;
  return RESOURCE_KEYS.inOrder([
    ["resource", resource],
    ["type", type],
    ...Object.entries(attributes),
    ["user", user],
    ...(pool === null ? [] : network(pool)),
  ]);
}

/** One whose row is damaged is told by its name, among others that are whole. */
export const unreadableAnswer = ({ type, resource, user }: UnreadableResource): Properties => [
  ["resource", resource],
  ["type", type],
  ["user", user],
];

function network({ prefix, gateway, nameservers }: Pool): [string, Value][] {
  return [
    ["netmask", maskText(prefix)],
    ["gateway", gateway],
    ...(nameservers.length === 0 ? [] : [["nameserver", nameservers.join(" ")] as [string, Value]]),
  ];
}
