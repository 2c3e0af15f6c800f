/** The bridged network as servers use it: what each of them has is a change of the network state, which its parts follow. */
import type { FileHandle } from "node:fs/promises";
import { full } from "../../base/errors.ts";
import type { GuestNetwork, NetworkFigures, Plug, VncListen } from "../guest-network.ts";
import type { Nic, UplinkCount } from "../host.ts";
import { newCounter } from "./counting.ts";
import type { Dhcp } from "./dhcp.ts";
import { BRIDGE } from "./filter.ts";
import type { Firewall } from "./firewall.ts";
import { checkAddress, checkLease } from "./lease.ts";
import type { Namespace } from "./namespace.ts";
import type { NetworkState, NicState } from "./network-state.ts";
import type { Routes } from "./routes.ts";
import { dropScreen, joinScreen, screenListen, VNC_PORTS } from "./screens.ts";
import type { Layout } from "./subnet.ts";
import type { Taps } from "./taps.ts";
import type { Upkeep } from "./upkeep.ts";
import type { UplinkCounts } from "./uplink-counts.ts";
import type { Vlans } from "./vlans.ts";

export type BridgedNetworkDependencies = {
  readonly namespace: Namespace;
  readonly layout: Layout;
  /** The machine's name servers. */
  readonly nameservers: readonly string[];
  readonly state: NetworkState;
  readonly firewall: Firewall;
  readonly taps: Taps;
  readonly vlans: Vlans;
  readonly routes: Routes;
  readonly dhcp: Dhcp;
  readonly upkeep: Upkeep;
  readonly counts: UplinkCounts;
  /** Tells of the devices of the namespace, whatever becomes of the process that it was opened by. */
  readonly devices: FileHandle;
  /** Removes everything of the network. */
  readonly dismantle: () => Promise<void>;
};

export class BridgedNetwork implements GuestNetwork {
  readonly kind = "bridged";
  readonly netns: string;
  readonly devices: string;
  readonly addresses: GuestNetwork["addresses"];
  readonly staticAddresses: NonNullable<GuestNetwork["staticAddresses"]>;
  readonly #dependencies: BridgedNetworkDependencies;
  /** The ports of screens that are no server's, and of those that are being removed. */
  readonly #reserved = new Set<number>();

  constructor(dependencies: BridgedNetworkDependencies) {
    const { namespace, layout, nameservers, devices } = dependencies;
    this.#dependencies = dependencies;
    this.netns = namespace.name;
    this.devices = `/proc/self/fd/${devices.fd}`;
    this.addresses = { first: layout.first, last: layout.last };
    this.staticAddresses = {
      ...{ first: layout.staticFirst, last: layout.staticLast },
      ...{ prefix: layout.prefix, gateway: layout.gateway, nameservers },
    };
  }

  async plug(server: string, nic: Nic, owner: number | null = null): Promise<Plug> {
    const { vlans } = this.#dependencies;
    const { tap, vlan } = await this.#place(server, nic, owner);
    if (vlan !== null) {
      await vlans.refresh();
      vlans.demand(tap);
    }
    return {
      netdev: { type: "tap", vhost: false },
      device: tap,
    };
  }

  async admit(server: string, nics: readonly Nic[]): Promise<void> {
    const { state, firewall, routes, dhcp } = this.#dependencies;
    const admitted = this.#admitted(server, nics);
    if (admitted.length === 0) return;
    state.change(server, { nics: admitted });
    await Promise.all([firewall.refresh(), dhcp.refresh(), routes.refresh()]);
    for (const { lease } of admitted) if (lease !== null) routes.demand(lease.address);
  }

  async unplug(server: string): Promise<void> {
    const { state, firewall, taps, vlans, routes, dhcp } = this.#dependencies;
    if (!state.has(server)) return;
    // What the server had is given up before it is forgotten: a crash in between leaves something to repeat.
    const { nics, vnc } = state.of(server);
    const own = nics.filter(({ vlan }) => vlan === null);
    const screen = vnc?.listens == null ? null : { address: vnc.listens, port: vnc.port };
    // Until nothing leads there, it is nobody else's.
    if (screen !== null) this.#reserved.add(screen.port);
    state.change(server, { nics: own.map((nic) => ({ ...nic, lease: null })), vnc: null });
    await Promise.all([
      ...[firewall.refresh(), dhcp.refresh(), routes.refresh(), taps.drop(own.map(({ tap }) => tap))],
      screen === null ? null : this.releaseScreen(screen),
      own.length < nics.length ? vlans.refresh() : null,
      this.#forgetNeighbours(own),
    ]);
    state.forget(server);
  }

  async vncListen(server: string, address: string, reserved: VncListen | null = null): Promise<VncListen> {
    const { state } = this.#dependencies;
    checkAddress(address);
    const listen = reserved ?? screenListen(state.of(server).vnc?.port ?? this.#freePort());
    state.change(server, { vnc: { address, port: listen.port, listens: listen.address, open: false } });
    this.#reserved.delete(listen.port);
    return listen;
  }

  reserveScreen(): VncListen {
    const port = this.#freePort();
    this.#reserved.add(port);
    return screenListen(port);
  }

  joinScreen(listen: VncListen, pid: number): Promise<void> {
    const { namespace, layout } = this.#dependencies;
    return joinScreen(namespace, layout, listen, pid);
  }

  async releaseScreen(listen: VncListen): Promise<void> {
    try {
      await dropScreen(this.#dependencies.namespace, listen);
    } finally {
      this.#reserved.delete(listen.port);
    }
  }

  async openVnc(server: string, address: string, listen: VncListen): Promise<void> {
    const { state, firewall, routes } = this.#dependencies;
    checkAddress(address);
    state.change(server, { vnc: { address, port: listen.port, listens: listen.address, open: true } });
    await Promise.all([firewall.refresh(), routes.refresh()]);
    routes.demand(address);
  }

  async closeVnc(server: string): Promise<void> {
    const { state, firewall } = this.#dependencies;
    const { vnc } = state.of(server);
    if (vnc === null) return;
    state.change(server, { vnc: { ...vnc, open: false } });
    await firewall.refresh();
  }

  async reconcile(running: readonly string[]): Promise<void> {
    const gone = this.#dependencies.state.servers().filter((server) => !running.includes(server));
    // One that fails does not stop the others; its error is thrown all the same.
    const outcomes = await Promise.allSettled(gone.map((server) => this.unplug(server)));
    for (const outcome of outcomes) if (outcome.status === "rejected") throw outcome.reason;
    this.#dependencies.counts.forgetKept();
  }

  uplinkCounts(): Promise<ReadonlyMap<string, UplinkCount>> {
    return this.#dependencies.counts.all();
  }

  lastUplinkCount(server: string): Promise<UplinkCount | null> {
    return this.#dependencies.counts.last(server);
  }

  get figures(): NetworkFigures {
    return this.#dependencies.upkeep.figures;
  }

  async close(servers: "none" | "running"): Promise<void> {
    const { taps, upkeep, devices, dismantle } = this.#dependencies;
    await taps.settle();
    await upkeep.close();
    await devices.close();
    if (servers === "none") await dismantle();
  }

  /** The server's end of the NIC; a fresh one when it has none. */
  async #place(server: string, { index, vlan }: Nic, owner: number | null): Promise<NicState> {
    const { state, taps, vlans } = this.#dependencies;
    const known = () => state.of(server).nics.find((nic) => nic.index === index);
    const before = known();
    if (before !== undefined) return before;
    const ends =
      vlan === null
        ? { tap: await taps.take(owner), vlan: null, counter: newCounter() }
        : { ...vlans.place(vlan), counter: null };
    const fresh: NicState = { index, owner, ...ends, lease: null };
    state.change(server, { nics: [...state.of(server).nics, fresh] });
    return fresh;
  }

  /** What the server has once each of its NICs has its lease. Errors: a NIC was not plugged in, a lease is unsound. */
  #admitted(server: string, nics: readonly Nic[]): NicState[] {
    const { state, layout } = this.#dependencies;
    const { nics: plugged } = state.of(server);
    for (const { index } of nics) {
      if (!plugged.some((nic) => nic.index === index)) throw new Error(`NIC ${index} was not plugged in`);
    }
    return plugged.map((end) => {
      const nic = nics.find(({ index }) => index === end.index);
      if (!nic?.lease) return { ...end, lease: null };
      if (end.vlan !== null) throw new Error(`NIC ${end.index} is in a VLAN, where nothing offers addresses`);
      const lease = { mac: nic.mac, ...nic.lease };
      checkLease(layout, lease);
      return { ...end, lease };
    });
  }

  /** Who has an address next has another MAC, which the gateway would find out only from what that guest sends. */
  async #forgetNeighbours(nics: readonly NicState[]): Promise<void> {
    await this.#dependencies.namespace.ip(
      nics.flatMap(({ lease }) => (lease === null ? [] : [`neigh flush to ${lease.address} dev ${BRIDGE}`])),
    );
  }

  #freePort(): number {
    const taken = new Set([...this.#dependencies.state.all()].map(({ vnc }) => vnc?.port));
    for (let port: number = VNC_PORTS.first; port <= VNC_PORTS.last; port++) {
      if (!taken.has(port) && !this.#reserved.has(port)) return port;
    }
    throw full("no_vnc_port", "all VNC ports of this host are in use");
  }
}
