/**
 * The rules of `set` as rows: what is given, and what is answered of it or why it is refused. Words in capitals stand for
 * what the test made: DRIVE and DRIVE2 free drives, the others the objects that are set.
 */
import { availableParallelism } from "node:os";
import type { InputValue } from "../../src/api/properties.ts";
import type { Expected } from "../../testing/conformance/exchange.ts";
import { ed25519 } from "../../testing/public-keys.ts";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** More virtual processors than this machine may have. */
const SMP = availableParallelism() * 8 + 1;

type Given = Readonly<Record<string, InputValue>>;
type Accepted = readonly [what: string, give: Given, answer: Expected];
type Refused = readonly [
  what: string,
  give: Given,
  status: number,
  error: string,
  says: RegExp,
  code?: string,
];

/** What both nouns keep for users, in this order, on an object with `name`, `tags a b` and `user:x 1`. */
const ownKeys: readonly Accepted[] = [
  ["a new name", { name: "renamed" }, { name: "renamed", tags: "a b", "user:x": "1" }],
  ["tags, each with one space before the next", { tags: " web   db " }, { tags: "web db", name: "renamed" }],
  ["a user key more", { "user:y": "two words" }, { "user:x": "1", "user:y": "two words", tags: "web db" }],
  ["a number for a user key", { "user:x": 5 }, { "user:x": "5" }],
  ["an empty value, which unsets", { tags: "" }, { tags: null, "user:x": "5" }],
  ["tags of spaces alone, which have none", { tags: "  " }, { tags: null }],
  ["null, which unsets", { "user:x": null }, { "user:x": null, "user:y": "two words" }],
  [
    "null for what is not set",
    { "user:z": null, tags: null },
    { "user:z": null, tags: null, name: "renamed" },
  ],
  ["a name that is a number", { name: 7 }, { name: "7" }],
  ["nothing", {}, { name: "7", "user:y": "two words" }],
];

const refusedOfAll: readonly Refused[] = [
  ["a name that is unset", { name: "" }, 400, "usage", /^name cannot be unset/],
  ["a name that is null", { name: null }, 400, "usage", /^name cannot be unset/],
  ["a name of 256 characters", { name: "n".repeat(256) }, 400, "usage", /^name takes/],
  [
    "an unknown key",
    { name: "not this", colour: "red" },
    400,
    "usage",
    /"colour" is not a key/,
    "unknown_key",
  ],
  ["user: without a name", { name: "not this", "user:": "x" }, 400, "usage", /"user:" is not a key/],
  ...(
    [
      ["a separator of lines", "\u2028"],
      ["a separator of paragraphs", "\u2029"],
      ["a control character beyond ASCII", "\u0085"],
      ["an escape", "\u001b"],
    ] as const
  ).flatMap(([what, character]): Refused[] => [
    [
      `${what} in a name`,
      { "user:x": "not this", name: `a${character}b` },
      400,
      "usage",
      /^the value of "name" is malformed: it has "\\u[0-9a-f]{4}" in it/,
      "malformed_value",
    ],
    [
      `${what} in a key`,
      { name: "not this", [`user:${character}`]: "x" },
      400,
      "usage",
      /^the key "user:\\u[0-9a-f]{4}" is malformed/,
      "malformed_key",
    ],
  ]),
  ["the owner", { name: "not this", user: NOBODY }, 400, "usage", /^user is set by the cloud/],
  ["the status", { name: "not this", status: "active" }, 400, "usage", /^status is set by the cloud/],
];

const drives: readonly Accepted[] = [
  ["a size with a suffix", { size: "8K" }, { size: 8192 }],
  ["a size that is a number", { size: 4097 }, { size: 4097 }],
  ["a size that is a number in text", { size: "4096" }, { size: 4096 }],
  ["size 0, which leaves it", { size: 0, "user:s": "0" }, { size: 4096, "user:s": "0" }],
  ["readers", { readers: NOBODY }, { readers: NOBODY }],
  ["no readers", { readers: null }, { readers: null }],
  ["claim:type", { "claim:type": "shared" }, { "claim:type": "shared" }],
  ["no claim:type, which is the default", { "claim:type": "" }, { "claim:type": "exclusive", size: 4096 }],
];

const refusedOfDrives: readonly Refused[] = [
  ["a malformed size", { name: "not this", size: "big" }, 400, "usage", /^size takes .*"big"/],
  ["a size with zeroes in front", { name: "not this", size: "04096" }, 400, "usage", /^size takes .*"04096"/],
  ["a size of zeroes", { name: "not this", size: "00" }, 400, "usage", /^size takes .*"00"/],
  ["a size with zeroes and a suffix", { name: "not this", size: "08k" }, 400, "usage", /^size takes .*"08k"/],
  ["no size", { name: "not this", size: null }, 400, "usage", /^size cannot be unset/],
  ["malformed readers", { name: "not this", readers: "all" }, 400, "usage", /^readers takes/],
  ["an unknown claim:type", { name: "not this", "claim:type": "both" }, 400, "usage", /^claim:type takes/],
  [
    "another cipher",
    { name: "not this", "encryption:cipher": "none" },
    400,
    "usage",
    /only be given at creation/,
  ],
  ["avoid", { name: "not this", avoid: NOBODY }, 400, "usage", /^avoid can only be given at creation/],
  ["tier", { name: "not this", tier: "ssd" }, 400, "usage", /^tier can only be given at creation/],
  ["a claim", { name: "not this", claimed: NOBODY }, 400, "usage", /^claimed is set by the cloud/],
  ["more than the disk holds", { name: "not this", size: "8000T" }, 507, "full", /there is room for/],
];

const heldDrives: readonly Accepted[] = [
  ["the size that it has", { size: "1M", "user:s": "1" }, { size: 2 ** 20, "user:s": "1" }],
  ["size 0", { size: 0 }, { size: 2 ** 20 }],
  ["the claim:type that it has", { "claim:type": "exclusive" }, { "claim:type": "exclusive" }],
  ["readers", { readers: NOBODY }, { readers: NOBODY, claimed: UUID }],
];

const refusedOfHeldDrives: readonly Refused[] = [
  ["another size", { name: "not this", size: "2M" }, 409, "busy", /is in use by server/, "drive_in_use"],
  ["another claim:type", { name: "not this", "claim:type": "shared" }, 409, "busy", /is in use by server/],
  ["a conflict and a malformed key", { size: "2M", "claim:type": "x" }, 400, "usage", /^claim:type takes/],
  ["a conflict and an unknown key", { size: "2M", colour: "red" }, 400, "usage", /"colour"/],
];

/** What may change at any time. */
const anyServer: readonly Accepted[] = [
  ["cpu as a number", { cpu: 300 }, { cpu: 300 }],
  ["cpu as text", { cpu: "250" }, { cpu: 250 }],
  ["persistent as text", { persistent: "true" }, { persistent: "true" }],
  ["persistent as a truth value", { persistent: true }, { persistent: true }],
  ["a VNC password", { "vnc:password": "secret" }, { "vnc:password": "secret", password: "secret" }],
  ["a VNC password by its old name", { password: "old" }, { "vnc:password": "old", password: "old" }],
  ["the same by both names", { password: "both", "vnc:password": "both" }, { "vnc:password": "both" }],
  ["no VNC password", { "vnc:password": null }, { "vnc:password": null, password: null }],
  [
    "all that may change at any time",
    {
      name: "all",
      cpu: 200,
      persistent: "true",
      tags: "t",
      "user:k": "v",
      "vnc:password": "pw",
    },
    { name: "all", cpu: 200, persistent: "true", tags: "t", "user:k": "v", "vnc:password": "pw", mem: 32 },
  ],
];

const refusedOfServers: readonly Refused[] = [
  ["cpu that is unset", { name: "not this", cpu: "" }, 400, "usage", /^cpu cannot be unset/],
  ["cpu in words", { name: "not this", cpu: "fast" }, 400, "usage", /^cpu takes/],
  ["cpu with zeroes in front", { name: "not this", cpu: "0300" }, 400, "usage", /^cpu takes .*"0300"/],
  ["mem with zeroes in front", { name: "not this", mem: "064" }, 400, "usage", /^mem takes .*"064"/],
  ["smp with zeroes in front", { name: "not this", smp: "02" }, 400, "usage", /^smp takes .*"02"/],
  ["an address with them", { "nic:0:dhcp": "010.0.0.1" }, 400, "usage", /^nic:0:dhcp takes .*"010.0.0.1"/],
  ["a VNC address with them", { vnc: "10.0.0.01" }, 400, "usage", /^vnc takes .*"10.0.0.01"/],
  ["cpu of a fraction", { name: "not this", cpu: 1.5 }, 400, "usage", /^cpu takes/],
  [
    "cpu beyond every host",
    { name: "not this", cpu: 9_999_999 },
    400,
    "usage",
    /^cpu takes at most/,
    "exceeds_hosts",
  ],
  ["persistent in other words", { name: "not this", persistent: "yes" }, 400, "usage", /^persistent takes/],
  ["persistent as a number", { name: "not this", persistent: 1 }, 400, "usage", /^persistent takes/],
  ["two passwords", { name: "not this", password: "a", "vnc:password": "b" }, 400, "usage", /came twice/],
  [
    "a long VNC password",
    { name: "not this", "vnc:password": "123456789" },
    400,
    "usage",
    /^vnc:password takes/,
  ],
  ...["server", "started", "smp:cores", "smp:sockets", "nic:0:dhcp:ip", "rx", "tx:bytes"].map(
    (key): Refused => [key, { name: "not this", [key]: "1" }, 400, "usage", /is set by the cloud/],
  ),
  ...["nic:0:mac", "nic:1:dhcp", "ide:2:0", "scsi:1:0", "block:8", "ide:0:0:size"].map(
    (key): Refused => [
      `${key}, which is no key`,
      { name: "not this", [key]: "1" },
      400,
      "usage",
      /is not a key/,
    ],
  ),
];

/** In this order, on a server with DRIVE on ide:0:0, which boots. */
const stoppedServer: readonly Accepted[] = [
  ["mem as text", { mem: "48" }, { mem: 48 }],
  ["mem as a number", { mem: 32 }, { mem: 32 }],
  ["smp as a number", { smp: 2 }, { smp: 2 }],
  ["smp as text", { smp: "3" }, { smp: 3 }],
  ["smp auto", { smp: "auto" }, { smp: "auto" }],
  ["no smp", { smp: "" }, { smp: null }],
  ["persistent false as a truth value", { persistent: false }, { persistent: false }],
  ["no persistent", { persistent: null }, { persistent: null }],
  [
    "a second device",
    { "scsi:0:7": "DRIVE2", "scsi:0:7:media": "cdrom" },
    {
      "ide:0:0": "DRIVE",
      "scsi:0:7": "DRIVE2",
      "scsi:0:7:media": "cdrom",
    },
  ],
  ["several devices to boot", { boot: ["scsi:0:7", "ide:0:0"] }, { boot: ["scsi:0:7", "ide:0:0"] }],
  ["several devices to boot as text", { boot: "ide:0:0 scsi:0:7" }, { boot: ["ide:0:0", "scsi:0:7"] }],
  ["one device to boot as a list", { boot: ["ide:0:0"] }, { boot: "ide:0:0" }],
  ["no boot, so that the first device boots", { boot: null }, { boot: "ide:0:0" }],
  ["no medium", { "scsi:0:7:media": "" }, { "scsi:0:7:media": null, "scsi:0:7": "DRIVE2" }],
  ["a medium again", { "scsi:0:7:media": "disk" }, { "scsi:0:7:media": "disk" }],
  [
    "a device unset, whose medium goes with it",
    { "scsi:0:7": null },
    { "scsi:0:7": null, "scsi:0:7:media": null },
  ],
  ["another drive in its place", { "ide:0:0": "DRIVE2" }, { "ide:0:0": "DRIVE2" }],
  [
    "two devices that change places",
    { "ide:0:0": "DRIVE", "ide:0:1": "DRIVE2" },
    {
      "ide:0:0": "DRIVE",
      "ide:0:1": "DRIVE2",
    },
  ],
  ["a device unset by an empty value", { "ide:0:1": "" }, { "ide:0:1": null, "ide:0:0": "DRIVE" }],
  ["DHCP without a model", { "nic:0:dhcp": "auto" }, { "nic:0:dhcp": "auto", "nic:0:model": "e1000" }],
  ["another model", { "nic:0:model": "virtio" }, { "nic:0:dhcp": "auto", "nic:0:model": "virtio" }],
  ["DHCP as a list", { "nic:0:dhcp": ["auto"] }, { "nic:0:dhcp": "auto" }],
  ["no DHCP", { "nic:0:dhcp": null }, { "nic:0:dhcp": null, "nic:0:model": "virtio" }],
  ["no NIC", { "nic:0:model": "" }, { "nic:0:model": null }],
  ["VNC by its old name", { "vnc:ip": "auto" }, { vnc: "auto" }],
  ["no VNC", { vnc: null }, { vnc: null }],
  ["a public key", { "ssh:keys": ed25519("ann") }, { "ssh:keys": ed25519("ann") }],
  [
    "user data, of which the size is answered",
    { "user-data": "#!/bin/sh\\nid\\n" },
    { "user-data": null, "user-data:size": 13, "ssh:keys": ed25519("ann") },
  ],
  ["other user data", { "user-data": "#!/bin/sh" }, { "user-data:size": 9, "ssh:keys": ed25519("ann") }],
  ["no public key", { "ssh:keys": "" }, { "ssh:keys": null, "user-data:size": 9 }],
  ["no user data", { "user-data": null }, { "user-data:size": null, "ssh:keys": null }],
  [
    "what to avoid",
    { "avoid:drives": "DRIVE2 DRIVE2", "avoid:servers": "ACTIVE" },
    {
      "avoid:drives": "DRIVE2",
      "avoid:servers": "ACTIVE",
    },
  ],
  [
    "nothing to avoid",
    { "avoid:drives": "", "avoid:servers": null },
    {
      "avoid:drives": null,
      "avoid:servers": null,
      "ide:0:0": "DRIVE",
      mem: 32,
    },
  ],
];

const refusedOfStoppedServers: readonly Refused[] = [
  ["mem that is unset", { name: "not this", mem: null }, 400, "usage", /^mem cannot be unset/],
  ["mem below 32", { name: "not this", mem: 31 }, 400, "usage", /^mem takes/],
  ["mem beyond every host", { name: "not this", mem: 99_999_999 }, 400, "usage", /^mem takes at most/],
  ["smp 65", { name: "not this", smp: 65 }, 400, "usage", /^smp takes/],
  ["smp beyond every host", { name: "not this", smp: SMP }, 400, "usage", /^smp takes/],
  [
    "a medium for a device that is unset",
    { "ide:0:0:media": "disk", "ide:0:0": "" },
    400,
    "usage",
    /has no drive/,
  ],
  ["a drive that is no uuid", { name: "not this", "ide:0:1": "x" }, 400, "usage", /^ide:0:1 takes/],
  [
    "a private key",
    { name: "not this", "ssh:keys": "-----BEGIN OPENSSH PRIVATE KEY-----" },
    400,
    "usage",
    /^ssh:keys takes .*not a private key/,
  ],
  ["user data of no kind", { name: "not this", "user-data": "id" }, 400, "usage", /^user-data takes/],
  [
    "a drive twice",
    { name: "not this", "ide:0:1": "DRIVE" },
    400,
    "usage",
    /same drive/,
    "inconsistent_configuration",
  ],
  ["a medium without a drive", { name: "not this", "ide:0:1:media": "disk" }, 400, "usage", /has no drive/],
  [
    "boot of no device",
    { name: "not this", boot: "ide:1:1" },
    400,
    "usage",
    /^boot names ide:1:1/,
    "inconsistent_configuration",
  ],
  ["boot of a device twice", { name: "not this", boot: "ide:0:0 ide:0:0" }, 400, "usage", /^boot takes/],
  [
    "malformed uuids to avoid",
    { name: "not this", "avoid:drives": "x" },
    400,
    "usage",
    /^avoid:drives takes/,
  ],
  ...(["ide:0:1", "scsi:0:0", "block:7", "avoid:drives", "avoid:servers"] as const).map(
    (key): Refused => [
      `${key} of nothing`,
      { name: "not this", [key]: NOBODY },
      404,
      "missing",
      new RegExp(`^${key} names`),
    ],
  ),
  ...(["nic:0:dhcp", "vnc"] as const).map(
    (key): Refused => [
      `${key} of no address`,
      { name: "not this", [key]: "203.0.113.9" },
      404,
      "missing",
      new RegExp(`^${key} names`),
    ],
  ),
  ["what is not there and a malformed key", { "ide:0:1": NOBODY, smp: "many" }, 400, "usage", /^smp takes/],
];

/** All that only a stopped server may change. */
const refusedOfActiveServers: readonly Refused[] = [
  ...(
    [
      { mem: 64 },
      { mem: 32 },
      { smp: 2 },
      { smp: null },
      { "ide:0:1": "DRIVE2" },
      { "ide:0:1": NOBODY },
      { "ide:0:0": "" },
      { "ide:0:0:media": "cdrom" },
      { "scsi:0:0": "DRIVE2" },
      { "block:0": "DRIVE2" },
      { boot: "ide:0:0" },
      { "nic:0:model": "virtio" },
      { "nic:0:dhcp": "auto" },
      { vnc: "auto" },
      { "vnc:ip": null },
      { "ssh:keys": ed25519() },
      { "ssh:keys": null },
      { "user-data": "#!/bin/sh" },
      { "user-data": "" },
      { "avoid:drives": "DRIVE2" },
      { "avoid:servers": "" },
    ] as const satisfies readonly Given[]
  ).map((give): Refused => {
    const [[key, value] = ["", ""]] = Object.entries(give);
    const says = new RegExp(`^${key} can only be changed while the server is stopped`);
    return [`${key} set to [${value}]`, { name: "not this", ...give }, 409, "busy", says];
  }),
  ["a conflict and a malformed key", { mem: 64, cpu: "fast" }, 400, "usage", /^cpu takes/],
  ["a conflict that is malformed", { mem: "much" }, 400, "usage", /^mem takes/],
  ["a conflict and an unknown key", { mem: 64, colour: "red" }, 400, "usage", /"colour"/],
  ["a conflict and a key of the cloud's", { mem: 64, rx: 0 }, 400, "usage", /^rx is set by the cloud/],
];

type Table = {
  readonly on: string;
  readonly path: string;
  readonly accepted: readonly Accepted[];
  readonly refused: readonly Refused[];
};

export const TABLES: readonly Table[] = [
  {
    on: "a drive",
    path: "drives/DRIVE3",
    accepted: [...ownKeys, ...drives],
    refused: [...refusedOfAll, ...refusedOfDrives],
  },
  {
    on: "a claimed drive",
    path: "drives/HELD",
    accepted: [...ownKeys, ...heldDrives],
    refused: [...refusedOfAll, ...refusedOfDrives.slice(0, -1), ...refusedOfHeldDrives],
  },
  {
    on: "a stopped server",
    path: "servers/STOPPED",
    accepted: [...ownKeys, ...anyServer, ...stoppedServer],
    refused: [...refusedOfAll, ...refusedOfServers, ...refusedOfStoppedServers],
  },
  {
    on: "an active server",
    path: "servers/ACTIVE",
    accepted: [...ownKeys, ...anyServer],
    refused: [...refusedOfAll, ...refusedOfServers, ...refusedOfActiveServers],
  },
];
