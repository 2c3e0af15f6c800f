/** The keys of a server, in the order of answers (spec: the worked example, then the server tables). */
import { z } from "zod";
import { state } from "../api/answered.ts";
import { OWN_KEYS } from "../api/attributes.ts";
import { type Key, keyTable, type Moment } from "../api/key.ts";
import { ipv4, MOST_UUIDS, name, uuid, uuids, wholeNumber, words } from "../api/value.ts";
import { ioKeys } from "../drives/keys.ts";
import { SSH_KEYS_TAKES, sshKeys } from "./ssh-keys.ts";
import { USER_DATA_TAKES, userData } from "./user-data.ts";

const ANY_TIME: readonly Moment[] = ["create", "stopped", "active"];
const STOPPED: readonly Moment[] = ["create", "stopped"];

const DEVICE = /^(ide:[01]:[01]|scsi:0:[0-7]|block:[0-7])$/;
const IDE = "ide:BUS[0-1]:UNIT[0-1]";
const SCSI = "scsi:BUS[0]:UNIT[0-7]";
const BLOCK = "block:INDEX[0-7]";

const drive = {
  schema: uuid,
  takes: "the uuid of a drive",
  settable: STOPPED,
  refers: "drive",
  group: "storage",
  help: "drive to connect as this device",
} as const;

const media = {
  schema: z.enum(["disk", "cdrom"]),
  takes: "'disk' or 'cdrom'",
  settable: STOPPED,
  default: "disk",
  group: "storage",
  help: "what the drive is to the guest",
} as const;

const model = {
  schema: z.enum(["e1000", "rtl8139", "virtio"]),
  takes: "'e1000', 'rtl8139' or 'virtio'",
  settable: STOPPED,
  group: "network",
  help: "kind of the network interface",
} as const;

/** Six bytes, of which the first is even: odd ones are those of groups. */
const mac = z
  .string()
  .regex(/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/i)
  .refine((text) => /[1-9a-f]/i.test(text))
  .transform((text) => text.toLowerCase())
  .pipe(z.string());

const bytes = { ...state, unit: "bytes" } as const;

const KEYS: readonly Key[] = [
  { ...state, pattern: "server", help: "the server's uuid" },
  {
    pattern: "name",
    schema: name,
    takes: "a line of at most 255 characters",
    settable: ANY_TIME,
    required: true,
    group: "general",
    help: "server name",
  },
  {
    pattern: "cpu",
    schema: wholeNumber(1, 10_000_000),
    takes: "a whole number of core MHz of at least 1",
    unit: "core MHz",
    settable: ANY_TIME,
    required: true,
    group: "size",
    help: "CPU quota",
  },
  {
    pattern: "smp",
    schema: z.union([z.literal("auto"), wholeNumber(1, 64)]),
    takes: "'auto' or a number of virtual processors from 1 to 64",
    settable: STOPPED,
    default: "auto",
    group: "size",
    help: "virtual processors; auto calculates them from cpu",
  },
  { ...state, pattern: "smp:cores", unit: "cores", help: "virtual processors of the running server" },
  { ...state, pattern: "smp:sockets", unit: "sockets", help: "sockets that they appear in" },
  {
    pattern: "mem",
    schema: wholeNumber(32, 100_000_000),
    takes: "a whole number of MB of at least 32",
    unit: "MB",
    settable: STOPPED,
    required: true,
    group: "size",
    help: "virtual memory size",
  },
  {
    pattern: "persistent",
    schema: z.enum(["true", "false"]),
    takes: "'true' or 'false'",
    settable: ANY_TIME,
    keepsBoolean: true,
    default: "false",
    help: "true: when it ends the server is stopped, not destroyed",
  },
  { ...drive, pattern: IDE },
  { ...media, pattern: `${IDE}:media` },
  { ...drive, pattern: SCSI },
  { ...media, pattern: `${SCSI}:media` },
  { ...drive, pattern: BLOCK },
  { ...media, pattern: `${BLOCK}:media` },
  {
    pattern: "boot",
    schema: z
      .string()
      .transform(words)
      .refine((list) => list.length > 0 && list.every((word) => DEVICE.test(word)))
      .refine((list) => new Set(list).size === list.length)
      .transform((list) => list.join(" "))
      .pipe(z.string()),
    takesList: true,
    listsSeveral: true,
    takes: "devices such as ide:0:0 with spaces between, each once, in the order to try them",
    settable: STOPPED,
    group: "storage",
    help: "device or devices to boot",
  },
  {
    pattern: "nic:0:dhcp",
    takesList: true,
    schema: z.union([z.literal("auto"), ipv4]),
    takes: "'auto' or an IPv4 address",
    settable: STOPPED,
    refers: "ip",
    group: "network",
    help: "address that DHCP offers to the NIC; auto allocates one at start",
  },
  { ...state, pattern: "nic:0:dhcp:ip", help: "address allocated at start" },
  { ...model, pattern: "nic:0:model" },
  { ...model, pattern: "nic:1:model" },
  {
    pattern: "nic:1:vlan",
    schema: uuid,
    takes: "the uuid of a VLAN",
    settable: STOPPED,
    refers: "vlan",
    group: "network",
    help: "VLAN that the network interface is in; without one it is connected to nothing",
  },
  {
    pattern: "nic:1:mac",
    schema: mac,
    takes: "a MAC address of one network interface, such as 06:1f:2e:3d:4c:5b",
    settable: STOPPED,
    group: "network",
    help: "MAC address, unique on its VLAN (default: one of the server's own)",
  },
  { ...bytes, pattern: "rx", help: "bytes received by all NICs" },
  { ...bytes, pattern: "tx", help: "bytes transmitted by all NICs" },
  {
    pattern: "vnc",
    schema: z.union([z.literal("auto"), ipv4]),
    takes: "'auto' or an IPv4 address",
    settable: STOPPED,
    aliases: ["vnc:ip"],
    refers: "ip",
    group: "screen",
    help: "address for VNC on port 5900; auto takes nic:0:dhcp's, or allocates one",
  },
  { ...state, pattern: "vnc:ip", help: "address allotted for VNC at start" },
  {
    pattern: "vnc:password",
    schema: z.string().regex(/^[!-~]{1,8}$/),
    takes: "1 to 8 printable ASCII characters without a space",
    isSecret: true,
    settable: ANY_TIME,
    aliases: ["password"],
    group: "screen",
    help: "password for VNC; without one VNC is disabled",
  },
  {
    pattern: "vnc:tls",
    schema: z.enum(["on", "off"]),
    takes: "'on' or 'off'",
    settable: STOPPED,
    default: "off",
    group: "screen",
    help: "on: VNC is spoken over TLS alone (VeNCrypt), in which the password is asked for",
  },
  {
    pattern: "ssh:keys",
    schema: sshKeys,
    takes: SSH_KEYS_TAKES,
    settable: STOPPED,
    severalLines: true,
    group: "access",
    help: "public keys that a guest with cloud-init lets in by SSH; it finds them on a cidata CD",
  },
  {
    pattern: "user-data",
    schema: userData,
    takes: USER_DATA_TAKES,
    settable: STOPPED,
    severalLines: true,
    writeOnly: true,
    group: "access",
    help: "what a guest with cloud-init is to do as it comes up first; nobody is answered it",
  },
  { ...bytes, pattern: "user-data:size", help: "how long its user-data is" },
  ...OWN_KEYS,
  {
    pattern: "avoid:drives",
    schema: uuids,
    takes: `at most ${MOST_UUIDS} uuids of drives with spaces between`,
    takesList: true,
    settable: STOPPED,
    refers: "drive",
    help: "existing drives whose hardware the server must not share",
  },
  {
    pattern: "avoid:servers",
    schema: uuids,
    takes: `at most ${MOST_UUIDS} uuids of servers with spaces between`,
    takesList: true,
    settable: STOPPED,
    refers: "server",
    help: "existing servers whose hardware the server must not share",
  },
  { ...state, pattern: "status", help: "active, stopped, paused, dumped or dead" },
  { ...state, pattern: "user", help: "owner of the server" },
  { ...state, pattern: "started", unit: "seconds since the epoch", help: "when it was started" },
  { ...bytes, pattern: "rx:bytes", help: "bytes received by all NICs" },
  { ...state, pattern: "rx:packets", unit: "packets", help: "packets received by all NICs" },
  { ...bytes, pattern: "tx:bytes", help: "bytes transmitted by all NICs" },
  { ...state, pattern: "tx:packets", unit: "packets", help: "packets transmitted by all NICs" },
  ...[IDE, SCSI, BLOCK].flatMap((device) => ioKeys(`${device}:`, "on this device")),
];

export const SERVER_KEYS = keyTable(KEYS, "servers");

/** What lets a page look at a server. */
export const TICKET_KEYS = keyTable([
  { ...state, pattern: "ticket", help: "the ticket, which is good once" },
  {
    ...state,
    schema: wholeNumber(0, Number.MAX_SAFE_INTEGER),
    pattern: "expires",
    unit: "seconds since the epoch",
    help: "from when on it is good no more",
  },
]);
