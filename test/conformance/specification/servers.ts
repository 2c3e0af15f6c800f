/** The specification's tables about servers. */
import {
  addresses,
  booting,
  type Chapter,
  clients,
  devices,
  guest,
  guestNetwork,
  introduction,
  libcloud,
  networks,
  placement,
  resourcesAtOnce,
  type Shown,
  seededGuest,
  seeds,
  serverPlacement,
  servers,
  setting,
  statuses,
  vncTls,
} from "./row.ts";

const STOPPED = servers("a stopped server has its configuration and nothing of a run");
const ALL_KEYS = servers("every key of the configuration is kept and answered");
const SEEN = [
  ...seededGuest("a guest finds its keys and user data on a CD, whatever else its server has"),
  ...seeds(
    "a launch is told of keys and user data, and so is every later one",
    "what was changed while it was stopped makes it another instance, and what was unset is gone",
  ),
];
const ACTIVE = servers("an active server answers what its run gave it");
const GUEST_IO = guest("gets its address by DHCP and answers HTTP on it");
const LIVE = servers("the six keys change on an active server");
const LISTED = introduction(
  "answers a list as lines of values for the same keys, or as a JSON array of objects",
);
const NIC_1 = networks(
  "NIC 1 has a model, a VLAN and a MAC address, which is kept in lower case",
  "the keys of NIC 1 come behind those of NIC 0, in the order of the specification",
);
const IN_VLAN = guestNetwork("reach each other in a VLAN, and nobody beyond it");
const AUTO_VNC = [
  ...ACTIVE,
  ...guest("shows its screen to a viewer with the password, and to none without"),
  ...vncTls("vnc auto without a DHCP address has an address of its own, where the screen is"),
];

const PROCESSORS = placement(
  "smp 2 is as many cores in one socket, in numbers",
  "smp auto stays as it is beside the cores that were calculated",
);
const PLACED_APART = serverPlacement(
  "a server goes past the host of what it avoids",
  "a server is put where it fits and breaks no rule, and refused only where no host will do",
);
const SETS = setting(
  "takes all that may change at any time, and keeps the rest",
  "takes null, which unsets, and keeps the rest",
  "takes an empty value, which unsets, and keeps the rest",
  "refuses an unknown key as 400 usage, and nothing has changed",
);

const BOOTS = {
  ide: devices("boots from ide:1:1 with a NIC rtl8139 and a drive of cipher none"),
  scsi: devices("boots from scsi:0:0 with a NIC e1000 and a drive of cipher aes-xts-plain"),
  block: devices("boots from block:7 with a NIC virtio and a drive of cipher aes-xts-plain"),
};

/** The keys of a server's configuration, as creating and setting take them. */
const CONFIGURATION: Shown = {
  name: [...STOPPED, ...servers("no name is 400 usage")],
  cpu: [
    ...STOPPED,
    ...guest("is throttled live by a bandwidth limit in core MHz"),
    ...servers("cpu beyond every host is 400 usage"),
    ...placement(
      "CPU beyond what the host has over all servers is 507 full, at start and for a running server's set",
    ),
  ],
  smp: [...ALL_KEYS, ...PROCESSORS, ...servers("smp 0 is 400 usage")],
  mem: [
    ...STOPPED,
    ...servers("mem below 32 is 400 usage", "mem beyond every host is 400 usage"),
    ...placement(
      "of two servers that need more memory together than the host has, the second is 507 full; of two at once, one",
    ),
  ],
  persistent: [
    ...servers("a persistent server is stopped then, and nothing of the run is left"),
    ...servers("a server that is not persistent is gone once it stopped, and its address is free"),
  ],
  "ide:BUS[0-1]:UNIT[0-1]": [...ALL_KEYS, ...BOOTS.ide],
  "scsi:BUS[0]:UNIT[0-7]": [...ALL_KEYS, ...BOOTS.scsi],
  "block:INDEX[0-7]": [...BOOTS.block],
  "ide:BUS[0-1]:UNIT[0-1]:media": ALL_KEYS,
  "scsi:BUS[0]:UNIT[0-7]:media": ALL_KEYS,
  "block:INDEX[0-7]:media": BOOTS.block,
  boot: [
    ...ALL_KEYS,
    ...BOOTS.ide,
    ...booting(
      "goes through the list in its order, over ide, scsi and block, and leaves out what is not in it",
      "boots a CD first and the disk after it, when the CD leaves it to the disk",
      "goes past a CD and disks from which nothing boots",
      "goes past a blank disk to the CD from which it is to be filled",
      "says on VNC that there is nothing to boot, with a blank disk and a blank CD, and stays there",
    ),
    ...clients("fact 6: every server has the key that boot names, and several devices are a list"),
  ],
  "nic:0:model": [...ALL_KEYS, ...BOOTS.ide, ...BOOTS.scsi, ...BOOTS.block],
  "nic:0:dhcp": [
    ...GUEST_IO,
    ...servers("nic:0:dhcp of something that is not there is 404 missing, naming the key"),
    ...addresses("gets its static address by DHCP and answers on it"),
    ...guestNetwork(
      "answer on an address of the operator's, a static one of the host's own, and one of auto",
      "reach the world through the uplink, which sees an operator's address as it is and no other",
    ),
    ...networks(
      "an active server answers its static address, for VNC too, and the MAC address that it was given",
      "nic:0:dhcp with an address that another server uses is 409 busy, naming the key",
      "nic:0:dhcp with another user's address is 404 missing, naming the key",
      "start with an address that has gone is 404 missing, naming the key",
    ),
  ],
  "nic:1:model": [
    ...NIC_1,
    ...IN_VLAN,
    ...networks("a NIC 1 without a VLAN is connected to nothing, and the server starts"),
  ],
  "nic:1:vlan": [
    ...NIC_1,
    ...IN_VLAN,
    ...guestNetwork("go on in their VLANs and on their addresses through kill -9 of the daemon"),
    ...networks(
      "a VLAN without a model implies e1000, and no MAC address is answered before the server runs",
      "nic:1:vlan with a VLAN that is not there is 404 missing, naming the key",
      "nic:1:vlan with another user's VLAN is 404 missing, naming the key",
      "start in a VLAN that has gone is 404 missing, naming the key",
    ),
  ],
  "nic:1:mac": [
    ...NIC_1,
    ...IN_VLAN,
    ...networks(
      "an active server answers its static address, for VNC too, and the MAC address that it was given",
      "it is 409 busy for another server, though both are stopped",
      "it is free on another VLAN",
    ),
    ...resourcesAtOnce(
      "a MAC address is one server's on a VLAN when three come at once, and anybody's on another",
    ),
  ],
  vnc: [
    ...AUTO_VNC,
    ...addresses("shows its screen on another address of its user's own"),
    ...networks(
      "VNC may have a static address of its own, and the MAC address is the one that was set",
      "vnc with another user's address is 404 missing, naming the key",
    ),
  ],
  "vnc:password": [
    ...guest(
      "shows its screen to a viewer with the password, and to none without",
      "takes another VNC password live, and unsetting it closes VNC and cuts who is there",
    ),
    ...servers("a VNC password of nine characters is 400 usage"),
  ],
  "vnc:tls": [
    ...ALL_KEYS,
    ...servers("TLS that is neither on nor off is 400 usage"),
    ...vncTls(
      "without a certificate it is anonymous (TLSVnc), and the password is asked for within",
      "a viewer without TLS is refused, whatever its password",
      "with the cloud's certificate it is X509Vnc, and who trusts its authority sees the screen",
      "takes another password, closes and opens again while the guest runs",
      "turned off, or unset, it is plain VNC alone",
    ),
  ],
  "ssh:keys": [
    ...ALL_KEYS,
    ...servers("a public key that is none is 400 usage", "a public key behind options is 400 usage"),
    ...setting("takes a public key, and keeps the rest", "takes no public key, and keeps the rest"),
    ...SEEN,
  ],
  "user-data": [
    ...ALL_KEYS,
    ...servers("user data that nothing would read is 400 usage", "user data of too many bytes is 400 usage"),
    ...setting(
      "takes user data, of which the size is answered, and keeps the rest",
      "takes no user data, and keeps the rest",
    ),
    ...SEEN,
    ...seeds("user data is answered to nobody but by its size, and in the store it is wrapped alone"),
  ],
  tags: ALL_KEYS,
  "user:*": ALL_KEYS,
  "avoid:drives": [
    ...ALL_KEYS,
    ...placement(
      "avoid:drives 00000000-0000-4000-8000-000000000000 is 404 missing for servers/create, in the words for what is not there",
      "a start that avoid:drives forbids on a single host is 507 full, and says what is in the way",
    ),
    ...PLACED_APART,
  ],
  "avoid:servers": [
    ...placement(
      "avoid:servers BOBSERVER is 404 missing for servers/create, in the words for what is not there",
      "a start that avoid:servers forbids on a single host is 507 full, and says what is in the way",
    ),
    ...PLACED_APART,
  ],
};

export const SERVERS: Chapter = {
  title: "Servers",
  tables: [
    { title: "List all servers", command: "servers/list", row: LISTED },
    {
      title: "Get single server info",
      command: "servers/SERVER/info",
      row: ACTIVE,
      answers: {
        server: STOPPED,
        status: [...STOPPED, ...ACTIVE],
        user: STOPPED,
        started: [...ACTIVE, ...guest("starts anew on reset, with the same start time and address")],
        "smp:cores": PROCESSORS,
        "smp:sockets": PROCESSORS,
        "nic:0:dhcp:ip": [...ACTIVE, ...GUEST_IO],
        "[rx|tx]:[bytes|packets]": [...ACTIVE, ...GUEST_IO],
        "ide:BUS[0-1]:UNIT[0-1]:[read|write]:[bytes|requests]": [...ACTIVE, ...GUEST_IO],
        "scsi:BUS[0]:UNIT[0-7]:[read|write]:[bytes|requests]": BOOTS.scsi,
        "block:INDEX[0-7]:[read|write]:[bytes|requests]": BOOTS.block,
      },
      says: {
        "also key value pairs for server configuration": ALL_KEYS,
        "status paused": statuses(
          "a guest that finds the host's disk full is paused, and goes on once there is room: scsi:0:0, aes-xts-plain, exclusive",
          "a guest that finds the host's disk full is paused, and goes on once there is room: block:0, none, exclusive",
          "a guest that finds the host's disk full is paused, and goes on once there is room: block:7, aes-xts-plain, shared",
          "a paused server may be reset and stopped, and then holds nothing",
        ),
        "status dumped": statuses(
          "a server is dumped while its memory is written out, and active afterwards",
          "is active again when the one who asked is killed",
        ),
        "status dead": statuses(
          "a server whose guest panics is dead, with all that its run gave it, until it is stopped",
          "a dead server does not start, does not hear of a shutdown, and changes as an active one does",
          "a reset boots it anew, and it is active",
        ),
      },
    },
    {
      title: "Get all servers info",
      command: "servers/info",
      row: libcloud(
        "list_nodes shows a running node with its address, its password and the drive that it boots",
      ),
    },
    {
      title: "Create and optionally start a server",
      command: "servers/create",
      row: servers(
        "keys come in the order of the worked example, and boot in JSON is text for one and a list for more",
      ),
      takes: CONFIGURATION,
    },
    {
      title: "Create a server without starting it",
      command: "servers/create/stopped",
      row: STOPPED,
      takes: CONFIGURATION,
    },
    { title: "Start a server", command: "servers/SERVER/start", row: servers("start starts it") },
    {
      title: "Set server configuration",
      command: "servers/SERVER/set",
      row: [...servers("everything may be set on a stopped server"), ...SETS],
      takes: CONFIGURATION,
      says: {
        "name of an active server": LIVE,
        "cpu of an active server": [...LIVE, ...guest("is throttled live by a bandwidth limit in core MHz")],
        "persistent of an active server": setting(
          "takes persistent as a truth value, and keeps the rest",
          "a server that was set persistent while it ran is stopped in the end, and one that was unset is gone",
        ),
        "tags of an active server": [...LIVE, ...SETS],
        "user:* of an active server": [...LIVE, ...SETS],
        "vnc:password of an active server": [
          ...LIVE,
          ...guest("takes another VNC password live, and unsetting it closes VNC and cuts who is there"),
        ],
        "nothing else of an active server": [
          ...servers("another key on an active server is 409 busy"),
          ...setting(
            "refuses mem set to [64] as 409 busy, and nothing has changed",
            "refuses a conflict and a malformed key as 400 usage, and nothing has changed",
          ),
        ],
      },
    },
    {
      title: "Stop a server",
      command: "servers/SERVER/stop",
      row: servers("stop ends it", "a persistent server is stopped then, and nothing of the run is left"),
      says: {
        "it is destroyed unless it is persistent": servers(
          "a server that is not persistent is gone once it stopped, and its address is free",
        ),
      },
    },
    {
      title: "Destroy a server",
      command: "servers/SERVER/destroy",
      row: servers("destroy stops it first", "and then it is gone"),
    },
    {
      title: "Shut down a server",
      command: "servers/SERVER/shutdown",
      row: guest("powers off on shutdown, and with it go the server, its claim and its address"),
      says: {
        "a persistent server is stopped then": libcloud(
          "ex_shutdown_node has the guest power off, and a persistent node is listed on",
        ),
      },
    },
    {
      title: "Reset a server",
      command: "servers/SERVER/reset",
      row: guest("starts anew on reset, with the same start time and address"),
    },
  ],
};
