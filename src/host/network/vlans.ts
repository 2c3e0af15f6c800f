/**
 * VLANs: private layer-2 networks between NICs. Each is a bridge of its own in the namespace, made with the first NIC
 * that is in it and removed with the last. It is a wire and nothing else: it has no address and no DHCP, leads nowhere
 * but to its own taps, and lets every frame through between them, whatever is in it and whoever it says it is from
 * (guests may bridge there). The firewall knows its devices by their names (`VLAN_DEVICES`).
 *
 * Which bridges and taps there are is what the network state says: one function makes what is missing and removes what
 * no server has, whether a NIC was plugged, a server has gone, or a daemon died in between.
 */
import { coalesce } from "../../base/coalesce.ts";
import { failed } from "../../base/errors.ts";
import type { Link, Namespace } from "./namespace.ts";
import type { NetworkState, NicState } from "./network-state.ts";
import type { Part } from "./upkeep.ts";

const BRIDGE = "vlan";
const TAP = "v";
/** All devices of VLANs, in words of nftables; no other device of the namespace begins so. */
export const VLAN_DEVICES = `"${TAP}*"`;

/**
 * Frames to the link-local group addresses (LLDP, 802.1X) go the way of all others, by the firewall's rules; but for
 * pause frames and LACP, which are of the link alone (linux/if_bridge.h, `BR_GROUPFWD_RESTRICTED`).
 */
export const FORWARDED_GROUPS = 0xfff8;

export type VlansOptions = {
  readonly namespace: Namespace;
  /** The uid that may open taps without an owner of their own, null for root. */
  readonly owner: number | null;
  readonly state: NetworkState;
};

export class Vlans implements Part {
  readonly what = "bridges and taps of VLANs";
  /** Makes and removes bridges and taps until they are those of the network state. One that fails hinders no others. */
  readonly refresh: () => Promise<void>;
  readonly #options: VlansOptions;
  #last: number;
  /** Why the last refresh was not whole, null when it was, and the taps that are not as they are to be. */
  #fault: Error | null = null;
  #missing: ReadonlySet<string> = new Set();
  #isInOrder = false;
  /** What is there, as it was found before this one began; null once it has changed that. */
  #found: ReadonlyMap<string, Link> | null;

  /** Brings what is there in order. */
  static async open(options: VlansOptions, there: readonly Link[]): Promise<Vlans> {
    const vlans = new Vlans(options, vlansAmong(there));
    await vlans.refresh();
    return vlans;
  }

  private constructor(options: VlansOptions, found: ReadonlyMap<string, Link>) {
    this.#options = options;
    this.#found = found;
    // No name is given twice while the daemon lives, so that what is being removed is never taken for what is wanted.
    const names = [...found.keys(), ...this.#wanted().keys()];
    this.#last = Math.max(0, ...names.map((name) => Number(name.replace(/\D/g, ""))));
    this.refresh = coalesce(() => this.#refresh());
  }

  isInOrder(): boolean {
    return this.#isInOrder;
  }

  /** Names for one more NIC of the VLAN: a new tap, and the bridge of those that are in it already, or a new one. */
  place(vlan: string): Pick<NicState, "tap" | "vlan"> {
    const known = this.#options.state.nics().find((nic) => nic.vlan?.uuid === vlan)?.vlan?.bridge;
    const bridge = known ?? `${BRIDGE}${++this.#last}`;
    return { tap: `${TAP}${++this.#last}`, vlan: { uuid: vlan, bridge } };
  }

  /** Errors: the tap, or its bridge, could not be made. */
  demand(tap: string): void {
    if (this.#missing.has(tap))
      throw failed("host_failed", `the tap ${tap} could not be made`, { cause: this.#fault });
  }

  /** The devices that are to be, each with its bridge, whose own is null. A bridge comes before its taps in the map. */
  #wanted(): Map<string, string | null> {
    const wanted = new Map<string, string | null>();
    for (const { tap, vlan } of this.#options.state.nics()) {
      if (vlan !== null) wanted.set(vlan.bridge, null).set(tap, vlan.bridge);
    }
    return wanted;
  }

  /** Whom each tap belongs to. */
  #owners(): Map<string, number | null> {
    return new Map(this.#options.state.nics().map(({ tap, owner }) => [tap, owner ?? this.#options.owner]));
  }

  async #refresh(): Promise<void> {
    const { namespace } = this.#options;
    this.#isInOrder = false;
    const owners = this.#owners();
    const wanted = this.#wanted();
    const present = this.#found ?? (await list(namespace));
    this.#found = null;
    const creation = (links: ReadonlyMap<string, Link>) =>
      [...wanted].map(([name, bridge]) => ({
        ...{ name, lines: changes(name, bridge, links.get(name), owners.get(name) ?? null) },
      }));
    this.#fault = await namespace.ipEach([
      ...[...present.keys()].filter((name) => !wanted.has(name)).map((name) => `link delete ${name}`),
      ...creation(present).flatMap(({ lines }) => lines),
    ]);
    const left = this.#fault === null ? [] : creation(await list(namespace));
    this.#missing = new Set(left.filter(({ lines }) => lines.length > 0).map(({ name }) => name));
    this.#isInOrder = this.#fault === null;
  }
}

/** All devices of VLANs that are there. */
async function list(namespace: Namespace): Promise<ReadonlyMap<string, Link>> {
  return vlansAmong(await namespace.ask<Link[]>("link show"));
}

function vlansAmong(links: readonly Link[]): ReadonlyMap<string, Link> {
  return new Map(
    links.filter(({ ifname }) => /^v(lan)?\d+$/.test(ifname)).map((link) => [link.ifname, link]),
  );
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
