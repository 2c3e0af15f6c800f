/** What jclouds sends and how it reads what comes back: text, split at lines (facts 7, 9, 10, 15). */
import { gzipSync } from "node:zlib";
import { type Exchange, type Fact, TEXT } from "./fact.ts";

const post = (path: string, body: string, text: Exchange["text"] = /^\S/): Exchange => ({
  send: `POST ${path}`,
  headers: TEXT,
  body,
  status: 200,
  text,
});

const act = (path: string): Exchange => ({ send: `POST ${path}`, headers: TEXT, body: "", status: 204 });
const get = (path: string, text: RegExp): Exchange => ({
  send: `GET ${path}`,
  headers: TEXT,
  status: 200,
  text,
});

const unclaimed = (path: string): Exchange => ({
  send: `GET ${path}`,
  headers: TEXT,
  status: 200,
  not: /^claimed /m,
  polls: true,
});

const IMAGED = Buffer.alloc(10_000, "an image. ");

/** As jclouds writes a server, in its order and without a final newline. */
const SERVER = `name jclouds
cpu 500
smp auto
mem 64
persistent true
ide:0:0 DRIVE
ide:0:0:media disk
boot ide:0:0
nic:0:model e1000
nic:0:dhcp auto
vnc auto
password secret`;

/** The lines of one object: LF alone, none of them empty, in each a key, a space and a value. */
const ONE_OBJECT = /^(?:[^\s ]+ [^\r\n]+\n)+$/;

const STANDARD = /^drive \S+\nname Debian Linux 5\.0\n.*^media disk\nformat gzip\nrawsize 11\n/ms;

export const JCLOUDS_FACTS: readonly Fact[] = [
  {
    fact: 7,
    name: "an object is lines that end in LF, none of them empty, each with a space",
    exchanges: [get("/drives/DRIVE/info", ONE_OBJECT), get("/servers/STOPPED/info", ONE_OBJECT)],
  },
  {
    fact: 7,
    name: "objects are parted by one empty line, with none before the first or after the last",
    exchanges: [get("/drives/info", /^(?:[^\s ]+ [^\r\n]+\n)+(?:\n(?:[^\s ]+ [^\r\n]+\n)+)+$/)],
  },
  {
    fact: 7,
    name: "the two characters backslash and n within a value are answered as they came",
    exchanges: [post("/drives/DRIVE/set", "user:note one\\ntwo", /\nuser:note one\\ntwo\n/)],
  },
  {
    fact: 7,
    name: "a new drive is active and encrypted, and has a name",
    exchanges: [
      post("/drives/create", "name jclouds\nsize 1048576", /^name jclouds$/m),
      get("/drives/NEW/info", /^encryption:cipher aes-xts-plain$.*^status active$/ms),
      act("/drives/NEW/destroy"),
    ],
  },
  {
    fact: 7,
    name: "a server that is created stopped, with smp, persistent, media and password, is started and has an address",
    exchanges: [
      post("/servers/create/stopped", SERVER, ONE_OBJECT),
      act("/servers/NEW/start"),
      get("/servers/NEW/info", /^nic:0:dhcp:ip [\d.]+$.*^vnc:ip [\d.]+$.*^password secret$/ms),
      get("/servers/NEW/info", /^nic:0:model e1000$/m),
      get("/servers/NEW/info", /^smp auto$.*^persistent true$.*^ide:0:0:media disk$/ms),
      act("/servers/NEW/destroy"),
    ],
  },
  ...[
    ["list/standard", "info/standard", "jclouds"],
    ["standard/list", "standard/info", "others"],
  ].map(([list, info, who]) => ({
    fact: 7,
    name: `standard images are listed by drives/${list} and drives/${info}, as ${who} do`,
    exchanges: [
      get(`/drives/${list}`, /^[0-9a-f-]{36}\n$/),
      get(`/drives/${info}`, ONE_OBJECT),
      get(`/drives/${info}`, STANDARD),
    ],
  })),
  {
    fact: 7,
    name: "the info of a standard image has its medium, format and raw size, and its bytes are read",
    exchanges: [
      get("/drives/IMAGE/info", ONE_OBJECT),
      get("/drives/IMAGE/info", STANDARD),
      { send: "GET /drives/IMAGE/read/0/2", headers: TEXT, status: 200, bytes: Buffer.from([0x1f, 0x8b]) },
    ],
  },
  {
    fact: 8,
    name: "an imaging is waited for by claimed alone, of the target and of the source, and the drive is imaged then",
    exchanges: [
      { send: "POST /drives/DRIVE/write/4096", body: IMAGED, status: 204 },
      post("/drives/create", "name target\nsize 1048576"),
      act("/drives/NEW/image/DRIVE"),
      unclaimed("/drives/NEW/info"),
      unclaimed("/drives/DRIVE/info"),
      { send: `GET /drives/NEW/read/4096/${IMAGED.length}`, status: 200, bytes: IMAGED },
      act("/drives/NEW/destroy"),
    ],
  },
  {
    fact: 11,
    name: "a drive that holds gzip data, zeroes behind it, is imaged with gunzip",
    exchanges: [
      { send: "POST /drives/SPARETWO/write", body: gzipSync(IMAGED), status: 204 },
      post("/drives/create", "name target\nsize 1048576"),
      act("/drives/NEW/image/SPARETWO/gunzip"),
      unclaimed("/drives/NEW/info"),
      { send: `GET /drives/NEW/read/0/${IMAGED.length}`, status: 200, bytes: IMAGED },
      act("/drives/NEW/destroy"),
    ],
  },
  {
    fact: 9,
    name: "a set of a drive with size 0 leaves its size, also while it is claimed",
    exchanges: [
      post("/drives/DRIVE/set", "size 0\nname renamed", /^name renamed\nsize 1048576$/m),
      post("/servers/create", SERVER),
      post("/drives/DRIVE/set", "size 0\nname again", /^name again\nsize 1048576$/m),
      act("/servers/NEW/destroy"),
    ],
  },
  {
    fact: 9,
    name: "a set of a stopped server sends back as fixed the address that auto once gave",
    exchanges: [
      post("/servers/create", SERVER, /^nic:0:dhcp:ip (?<ADDRESS>[\d.]+)$/m),
      act("/servers/NEW/stop"),
      post("/servers/NEW/set", "nic:0:dhcp ADDRESS", /^nic:0:dhcp [\d.]+$/m),
      act("/servers/NEW/start"),
      get("/servers/NEW/info", /^nic:0:dhcp:ip [\d.]+$/m),
      act("/servers/NEW/destroy"),
    ],
  },
  {
    fact: 9,
    name: "a fixed nic:0:dhcp is also a static address of the user's own, which is no other server's meanwhile",
    exchanges: [
      post("/resources/ip/create", "name jclouds", /^resource (?<ADDRESS>[\d.]+)$/m),
      post("/servers/create", SERVER.replace("dhcp auto", "dhcp ADDRESS"), /^nic:0:dhcp:ip [\d.]+$/m),
      { send: "POST /resources/ip/ADDRESS/destroy", headers: TEXT, body: "", status: 409, error: "busy" },
      act("/servers/NEW/destroy"),
      act("/resources/ip/ADDRESS/destroy"),
    ],
  },
  {
    fact: 10,
    name: "stop succeeds after shutdown, and once it has stopped",
    exchanges: [
      post("/servers/create", SERVER),
      act("/servers/NEW/shutdown"),
      act("/servers/NEW/stop"),
      act("/servers/NEW/stop"),
      act("/servers/NEW/destroy"),
    ],
  },
  {
    fact: 10,
    name: "the drive of a server goes straight after the server, and both read as absent then",
    exchanges: [
      post("/servers/create", SERVER.replaceAll("DRIVE", "SPARE")),
      act("/servers/NEW/destroy"),
      act("/drives/SPARE/destroy"),
      { send: "GET /servers/NEW/info", headers: TEXT, status: 404, error: "missing" },
      { send: "GET /drives/SPARE/info", headers: TEXT, status: 404, error: "missing" },
    ],
  },
  {
    fact: 15,
    name: "a value runs to the end of its line, spaces and all",
    exchanges: [post("/drives/DRIVE/set", "user:note a  b c ", /^user:note a {2}b c $/m)],
  },
];
