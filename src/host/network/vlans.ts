/**
 * VLANs: private layer-2 networks between NICs. Each is a bridge of its own in the namespace, made with the first NIC
 * that is in it and removed with the last. It is a wire and nothing else: it has no address and no DHCP, leads nowhere
 * but to its own taps, and lets every frame through between them, whatever is in it and whoever it says it is from
 * (guests may bridge there). The firewall tells its devices by their names (`VLAN_DEVICES`).
 *
 * Which bridges and taps there are is what the holds say: one function makes what is missing and removes what is not
 * held, whether a NIC was plugged, a server has gone, or a daemon died in between.
 */
import { coalesce } from "../../base/coalesce.ts";
import type { NicHold } from "./holds.ts";
import type { Namespace } from "./namespace.ts";

const BRIDGE = "vlan";
const TAP = "v";
/** All devices of VLANs, in words of nftables; no other device of the namespace begins so. */
export const VLAN_DEVICES = `"${TAP}*"`;

/**
 * Frames to the link-local group addresses pass, too (LLDP, 802.1X); what a bridge can be kept from forwarding at all
 * is pause frames and LACP, of the link alone (linux/if_bridge.h, `BR_GROUPFWD_RESTRICTED`).
 */
const FORWARDED_GROUPS = 0xfff8;

export type Vlans = {
  /** Names for one more NIC of the VLAN: a new tap, and the bridge of those that are held already, or a new one. */
  place(vlan: string): Pick<NicHold, "tap" | "vlan">;
  /** Makes and removes bridges and taps until they are those that the holds name. */
  refresh(): Promise<void>;
};

type Link = {
  readonly ifname: string;
  readonly master?: string;
  readonly flags: readonly string[];
};

/** `owner` is the uid that may open the taps, null for root; `nics` answers those that are held now. */
export async function openVlans(
  namespace: Namespace,
  owner: number | null,
  nics: () => NicHold[],
): Promise<Vlans> {
  const held = () => nics().flatMap(({ tap, vlan }) => (vlan === null ? [] : [{ tap, ...vlan }]));
  const ours = async () =>
    (await namespace.ask<Link[]>("link show")).filter(({ ifname }) => /^v(lan)?\d+$/.test(ifname));

  // No name is given twice while the daemon lives, so that what is being removed is never taken for what is wanted.
  const names = [
    ...(await ours()).map(({ ifname }) => ifname),
    ...held().flatMap(({ tap, bridge }) => [tap, bridge]),
  ];
  let last = Math.max(0, ...names.map((name) => Number(name.replace(/\D/g, ""))));

  const refresh = coalesce(async () => {
    const wanted = new Map<string, string | null>();
    for (const { tap, bridge } of held()) wanted.set(bridge, null).set(tap, bridge);
    const present = new Map((await ours()).map((link) => [link.ifname, link]));
    // A bridge comes before its taps in the map.
    await namespace.ip([
      ...[...present.keys()].filter((name) => !wanted.has(name)).map((name) => `link delete ${name}`),
      ...[...wanted].flatMap(([name, bridge]) => changes(name, bridge, present.get(name), owner)),
    ]);
  });
  await refresh();
  return {
    place(vlan) {
      const bridge = held().find(({ uuid }) => uuid === vlan)?.bridge ?? `${BRIDGE}${++last}`;
      return { tap: `${TAP}${++last}`, vlan: { uuid: vlan, bridge } };
    },
    refresh,
  };
}

/** What is still to be done for a bridge (whose own bridge is null) or a tap. */
function changes(
  name: string,
  bridge: string | null,
  link: Link | undefined,
  owner: number | null,
): string[] {
  const creation =
    bridge === null
      ? `link add ${name} type bridge stp_state 0 forward_delay 0 mcast_snooping 0 group_fwd_mask ${FORWARDED_GROUPS}`
      : `tuntap add dev ${name} mode tap${owner === null ? "" : ` user ${owner}`}`;
  return [
    ...(link === undefined ? [creation, `link set ${name} addrgenmode none`] : []),
    ...(bridge === null || link?.master === bridge ? [] : [`link set ${name} master ${bridge}`]),
    ...(link?.flags.includes("UP") ? [] : [`link set ${name} up`]),
  ];
}
