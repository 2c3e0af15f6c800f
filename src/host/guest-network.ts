/**
 * The guests' network of a host: where a server's NICs are plugged in, how its address reaches it, and where its
 * screen answers. Two kinds: `bridged` (a namespace with bridges, taps, DHCP and filters; needs root) and `user`
 * (QEMU's own user-mode network on loopback addresses).
 */
import type { AddressRange, HostFacts, Nic, UplinkCount } from "./host.ts";

/** Where QEMU's VNC server binds. */
export type VncListen = { readonly address: string; readonly port: number };

/** A NIC's end on the host. */
export type Plug = {
  /** The value of `-netdev`, as JSON, without its `id`, and of a tap without the descriptor at which it is open. */
  readonly netdev: Readonly<Record<string, unknown>>;
  /** The tap in the namespace that counts the NIC's traffic, null where there is none (user mode). */
  readonly device: string | null;
};

/** How the network is kept in order. */
export type NetworkFigures = {
  /** How often a part was found out of order, and was written anew or tried to be. */
  readonly repairs: number;
  /** The parts that are out of order now, as the log names them: each is tried again. */
  readonly outOfOrder: readonly string[];
};

/** All of it is idempotent, and named by the server's uuid. */
export type GuestNetwork = {
  readonly kind: "bridged" | "user";
  /** The namespace whose taps QEMU, in a namespace of its own, inherits open; null: it is in the machine's. */
  readonly netns: string | null;
  /** A file that tells of the devices of that namespace (proc_pid_net(5)); null where there is none. */
  readonly devices: string | null;
  /**
   * Addresses that `auto` may give out. In user mode these are loopback addresses: the machine reaches the guest there
   * by forwarded ports, while the guest's own DHCP gives it 10.0.2.15.
   */
  readonly addresses: AddressRange;
  /** Addresses that a server may be given for good, out of the same network. */
  readonly staticAddresses: HostFacts["staticAddresses"];
  /**
   * A fresh tap for the NIC, its counters at 0; the same one again for as long as the server is plugged. The first NIC
   * of a VLAN brings its bridge.
   *
   * @param owner the uid that alone may open the tap; null or absent: the cloud's own
   *
   * Errors: `failed`, in user mode there are no VLANs.
   */
  plug(server: string, nic: Nic, owner?: number | null): Promise<Plug>;
  /**
   * Offers each NIC its address by DHCP and lets it send from that address alone. Runs beside the launch and is
   * awaited before the vCPUs run. The NICs are plugged before. Errors: `failed`, the machine leads an address elsewhere.
   */
  admit(server: string, nics: readonly Nic[]): Promise<void>;
  /** Removes the server's taps, leases, routes, filter and VNC entries, once its QEMU is gone. */
  unplug(server: string): Promise<void>;
  /**
   * Where QEMU's VNC is to bind, for a server whose screen is to be reached at `address`.
   *
   * @param reserved is the server's from now on; null: another is found
   */
  vncListen(server: string, address: string, reserved?: VncListen | null): Promise<VncListen>;
  /** Where the VNC of a server yet to come is to bind: nobody else's, until it is released or a server's. */
  reserveScreen(): VncListen;
  /** Has `listen` lead to the QEMU of that process, or who is to become it, before its VNC binds there. */
  joinScreen(listen: VncListen, pid: number): Promise<void>;
  /** Removes what leads to `listen`, which was reserved and is no server's. */
  releaseScreen(listen: VncListen): Promise<void>;
  /** From now on port 5900 of `address` leads to `listen`, as `vncListen` answered it. */
  openVnc(server: string, address: string, listen: VncListen): Promise<void>;
  /** Port 5900 leads nowhere any more; sessions that are open are cut. */
  closeVnc(server: string): Promise<void>;
  /**
   * Unplugs every server that is not among those that run. Called once at start, and whenever in doubt. The list must
   * hold every server whose process lives, whether the store knows it or not, and whether it answers or not: what is
   * not in it loses its taps and its address. One that cannot be unplugged does not keep the others. Errors: the first.
   */
  reconcile(running: readonly string[]): Promise<void>;
  /** What each server's NIC has sent to outside of the cloud and received from there. Errors: it is not told in time. */
  uplinkCounts(): Promise<ReadonlyMap<string, UplinkCount>>;
  /** The same of one whose QEMU is gone, before it is unplugged; null where there is none, or it is not told in time. */
  lastUplinkCount(server: string): Promise<UplinkCount | null>;
  readonly figures: NetworkFigures;
  /** `none`: no server runs, everything is removed. `running`: all that servers need stays. */
  close(servers: "none" | "running"): Promise<void>;
};
