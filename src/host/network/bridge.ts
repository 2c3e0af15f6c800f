/** The bridge that guests are plugged into; as their gateway it routes between them and to the uplink. */
import { BRIDGE } from "./filter.ts";
import { isSetting, type Link, type Namespace } from "./namespace.ts";
import type { Layout } from "./subnet.ts";
import { FORWARDED_GROUPS } from "./vlans.ts";

/** In hundredths of a second: longer than any server runs. */
const NEVER_AGES = 864_000_000;

/** Guests are isolated from one another, so the gateway answers for every address (proxy ARP) and routes. */
const ON = [
  "ipv4/ip_forward",
  `ipv4/conf/${BRIDGE}/proxy_arp`,
  `ipv4/conf/${BRIDGE}/proxy_arp_pvlan`,
  "ipv6/conf/all/disable_ipv6",
  "ipv6/conf/default/disable_ipv6",
];
/** A guest is not told to try another guest directly. Bridged frames pass the bridge's own filter alone. */
const OFF = [
  "ipv4/conf/all/send_redirects",
  `ipv4/conf/${BRIDGE}/send_redirects`,
  "bridge/bridge-nf-call-iptables",
  "bridge/bridge-nf-call-ip6tables",
  "bridge/bridge-nf-call-arptables",
  // Otherwise answers for others' addresses wait, all guests' in one short queue, which one of them can fill.
  `ipv4/neigh/${BRIDGE}/proxy_delay`,
];

/** Makes the bridge with the gateway's address, unless it is among what is there. `id`: eight hex digits. */
export async function raiseBridge(
  namespace: Namespace,
  id: string,
  layout: Layout,
  there: readonly Link[],
): Promise<void> {
  // A MAC of its own (locally administered): otherwise it changes with the taps, and guests lose their gateway.
  const mac = `02:4c:${id.match(/../g)?.join(":")}`;
  const creation = `link add ${BRIDGE} address ${mac} type bridge stp_state 0 forward_delay 0 mcast_snooping 0 ageing_time ${NEVER_AGES}`;
  await namespace.ip([
    ...(there.some(({ ifname }) => ifname === BRIDGE) ? [] : [creation]),
    // A bridge learns from frames to a link's own groups, and takes them in, past all rules, unless it forwards them.
    `link set ${BRIDGE} type bridge group_fwd_mask ${FORWARDED_GROUPS}`,
    `address replace ${layout.gateway}/${layout.prefix} dev ${BRIDGE}`,
    `link set ${BRIDGE} up`,
    // What an earlier daemon did not come to forget: guests that are there answer when they are asked again.
    `neigh flush dev ${BRIDGE}`,
  ]);
  await Promise.all([namespace.set("1", ON.filter(isKnown)), namespace.set("0", OFF.filter(isKnown))]);
}

/** Settings of the bridge itself are seen in its namespace alone; others stand here too, unless the kernel lacks them. */
function isKnown(setting: string): boolean {
  return setting.includes(`/${BRIDGE}/`) || isSetting(setting);
}
