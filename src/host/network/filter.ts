/**
 * The namespace's firewall: what guests may send, and the VNC overlay. The rules never change; servers are elements of
 * the sets that the rules look into, and those are written whole, each time in one transaction.
 *
 * On their own bridge, a guest may send from the address that it was offered, and from that with its own MAC through its
 * own tap alone: IPv4, ARP, and a DHCP request before it has the address. Everything else is dropped, IPv6 among it for
 * as long as no guest is offered an IPv6 address, and so is what only a DHCP server sends.
 *
 * The namespace itself sends nothing but answers, so that who breaks out of QEMU reaches nobody by it. IPv6 is off in it.
 *
 * What is sent in a VLAN stays in it: every frame passes from tap to tap, and none in or out of the namespace itself.
 * Who sends it is a NIC's own affair, within a bound on how many it may pretend to be.
 */
import type { ServerNetwork } from "./network-state.ts";
import { SCREEN_DEVICES, VNC_PORTS } from "./screens.ts";
import type { Layout } from "./subnet.ts";
import { VLAN_DEVICES } from "./vlans.ts";

export const BRIDGE = "guests";
/** The namespace's end of the uplink. The machine's end bears the cloud's own name. */
export const UPLINK = "uplink";
const VNC = `${VNC_PORTS.first}-${VNC_PORTS.last}`;

/** What a NIC may ask the gateway in a second by ARP, and DHCP's server; and how much of it at once. */
const ARP = { perSecond: 100, atOnce: 200 } as const;
const DHCP = { perSecond: 10, atOnce: 20 } as const;

/** How many MACs a NIC of a VLAN may send from: so many at once, and then this many more each second. */
const NEW_MACS = { atOnce: 256, perSecond: 1 } as const;

/** All rules, with empty sets, in place of whatever was there. */
export const RULES = `
table bridge ${BRIDGE}
delete table bridge ${BRIDGE}
table bridge ${BRIDGE} {
  set allowed {
    type ifname . ether_addr . ipv4_addr
  }
  set macs_in_vlans {
    type ifname . ether_addr
    flags dynamic,timeout
    size 65535
    timeout 5m
  }
  set new_macs_in_vlans {
    type ifname
    flags dynamic,timeout
    size 65535
    timeout 5m
  }
  set arp_rates {
    type ifname
    flags dynamic,timeout
    size 65535
    timeout 5m
  }
  set dhcp_rates {
    type ifname
    flags dynamic,timeout
    size 65535
    timeout 5m
  }
  # What bridges learn takes the kernel's memory for as long as this. A NIC may bring in other guests' MACs, but not
  # as many as it likes.
  chain in_vlan {
    iifname . ether saddr @macs_in_vlans update @macs_in_vlans { iifname . ether saddr } accept
    update @new_macs_in_vlans { iifname limit rate over ${NEW_MACS.perSecond}/second burst ${NEW_MACS.atOnce} packets } drop
    add @macs_in_vlans { iifname . ether saddr } accept
    drop
  }
  # One guest's questions do not keep the gateway, or DHCP's server, from answering others'.
  chain asks_dhcp {
    update @dhcp_rates { iifname limit rate over ${DHCP.perSecond}/second burst ${DHCP.atOnce} packets } drop
    accept
  }
  chain asks_arp {
    update @arp_rates { iifname limit rate over ${ARP.perSecond}/second burst ${ARP.atOnce} packets } drop
    accept
  }
  chain from_guests {
    type filter hook prerouting priority dstnat; policy drop;
    iifname ${VLAN_DEVICES} jump in_vlan
    ip saddr 0.0.0.0 ip daddr 255.255.255.255 udp sport 68 udp dport 67 iifname . ether saddr . ip saddr @allowed goto asks_dhcp
    ip saddr 0.0.0.0 drop
    udp sport 67 drop
    iifname . ether saddr . ip saddr @allowed udp dport 67 goto asks_dhcp
    iifname . ether saddr . ip saddr @allowed accept
    iifname . ether saddr . arp saddr ip @allowed iifname . arp saddr ether . arp saddr ip @allowed goto asks_arp
  }
  # Of the groups of a link alone (IEEE 802.1D, table 7-10) some come by here only, past the rules above.
  chain to_host {
    type filter hook input priority filter; policy accept;
    iifname ${VLAN_DEVICES} drop
    ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00 drop
  }
  chain to_vlans {
    type filter hook output priority filter; policy accept;
    oifname ${VLAN_DEVICES} drop
  }
}
table ip ${BRIDGE}
delete table ip ${BRIDGE}
table ip ${BRIDGE} {
  map vnc {
    type ipv4_addr : ipv4_addr . inet_service
  }
  set leased {
    type ipv4_addr
  }
  set vnc_open {
    type ipv4_addr . inet_service
  }
  chain overlay {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport 5900 dnat ip to ip daddr map @vnc
  }
  # A session is let through for as long as the address that it was opened to is in the overlay: closing cuts it.
  chain input {
    type filter hook input priority filter; policy drop;
    iifname ${SCREEN_DEVICES} drop
    ct original ip daddr . tcp dport @vnc_open accept
    tcp dport ${VNC} reject with tcp reset
    ct state established,related accept
    icmp type echo-request accept
    iifname ${BRIDGE} udp dport 67 accept
  }
  # A QEMU that an earlier version launched, or that has no sandbox, is in here, and can open sockets. What it may send is
  # what it answers in the overlay; the rest is of the DHCP server, whose port is not QEMU's to open, and of the kernel: resets, answers to
  # pings and errors, for which QEMU would need raw sockets.
  chain output {
    type filter hook output priority filter; policy drop;
    tcp flags & rst == rst accept
    tcp sport ${VNC} ct direction reply ct original ip daddr . tcp sport != @vnc_open reject with tcp reset
    tcp sport ${VNC} ct direction reply accept
    oifname ${BRIDGE} udp sport 67 udp dport 68 accept
    icmp type != echo-request accept
  }
  # A QEMU that a guest has taken over may send what its namespace likes: what passes are answers to viewers.
  chain from_screen {
    ct direction reply ct original ip daddr . tcp sport @vnc_open accept
    meta l4proto tcp reject with tcp reset
    drop
  }
  chain to_screen {
    ct original ip daddr . tcp dport @vnc_open accept
    meta l4proto tcp reject with tcp reset
    drop
  }
  # What comes for an address that no guest has is not asked for on the bridge: the kernel knows a bounded number of
  # neighbours, all namespaces' and the machine's own together, and who is looked for in vain is one of them.
  # What comes for an address that no server has does not go back to the machine, which sent it here.
  # Link-local addresses are not forwarded (RFC 3927, 2.7): behind them are the machine's own credentials, where it is
  # a virtual one itself. Its resolver may be there too.
  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname ${SCREEN_DEVICES} goto from_screen
    oifname ${SCREEN_DEVICES} goto to_screen
    iifname "${UPLINK}" oifname "${UPLINK}" drop
    oifname ${BRIDGE} ip daddr != @leased reject with icmp host-unreachable
    ip daddr 169.254.0.0/16 meta l4proto { tcp, udp } th dport 53 accept
    ip daddr 169.254.0.0/16 drop
  }
}
`;

/** A set that is filled from the network state, or a map. */
export type SetContents = {
  readonly kind: "set" | "map";
  readonly family: "bridge" | "ip";
  readonly table: string;
  readonly name: string;
  /** In words of nftables. */
  readonly members: readonly string[];
};

/** What the sets are to hold. What that is made of was checked where it came in (`checkLease`, `checkAddress`). */
export function contents(layout: Layout, servers: Iterable<ServerNetwork>): readonly SetContents[] {
  const allowed: string[] = [];
  const leased = new Set<string>();
  // One entry an address: of two servers with one address the later counts, for two would undo the whole transaction.
  const vnc = new Map<string, { readonly port: number; readonly listens: string | null }>();
  for (const { nics, vnc: screen } of servers) {
    for (const { tap, lease } of nics) {
      if (lease === null) continue;
      leased.add(lease.address);
      allowed.push(`"${tap}" . ${lease.mac} . ${lease.address}`, `"${tap}" . ${lease.mac} . 0.0.0.0`);
    }
    if (screen?.open) vnc.set(screen.address, screen);
  }
  const screens = [...vnc];
  const ip = { family: "ip", table: BRIDGE } as const;
  return [
    { kind: "set", family: "bridge", table: BRIDGE, name: "allowed", members: allowed },
    { ...ip, kind: "set", name: "leased", members: [...leased] },
    {
      ...{ ...ip, kind: "map", name: "vnc" },
      members: screens.map(
        ([address, { port, listens }]) => `${address} : ${listens ?? layout.inner} . ${port}`,
      ),
    },
    {
      ...{ ...ip, kind: "set", name: "vnc_open" },
      members: screens.map(([address, { port }]) => `${address} . ${port}`),
    },
  ];
}

/** What of the sets is another than `before`, where the same sets are as that says: members go before others come. */
export function changedElements(before: readonly SetContents[], after: readonly SetContents[]): string {
  const lines = (verb: string, sets: readonly SetContents[], others: readonly SetContents[]) =>
    sets.flatMap(({ family, table, name, members }, index) => {
      const same = new Set(others[index]?.members);
      const different = members.filter((member) => !same.has(member));
      return different.length === 0
        ? []
        : [`${verb} element ${family} ${table} ${name} { ${different.join(", ")} }\n`];
    });
  return [...lines("delete", before, after), ...lines("add", after, before)].join("");
}

/** The sets alone, written whole. */
export function elements(sets: readonly SetContents[]): string {
  return sets
    .map(({ kind, family, table, name, members }) => {
      const flush = `flush ${kind} ${family} ${table} ${name}\n`;
      return members.length === 0
        ? flush
        : `${flush}add element ${family} ${table} ${name} { ${members.join(", ")} }\n`;
    })
    .join("");
}
