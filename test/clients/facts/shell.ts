/** What shell tools and curl send: the original tools, and scripts around curl (facts 1 to 3, 14). */
import { gzipSync } from "node:zlib";
import { type Exchange, type Fact, FORM, JSON_BOTH, OCTETS } from "./fact.ts";

const UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}";
const BYTES = Buffer.from(Array.from({ length: 300 }, (_, index) => (index * 7) % 256));

const create = (headers: Exchange["headers"], body: string): Exchange => ({
  send: "POST /drives/create",
  headers: headers ?? {},
  body,
  status: 200,
});

const write = (headers: Exchange["headers"]): readonly Exchange[] => [
  { send: "POST /drives/DRIVE/write/512", headers: headers ?? {}, body: BYTES, status: 204 },
  { send: "GET /drives/DRIVE/read/512/300", status: 200, bytes: BYTES },
  { send: "POST /drives/DRIVE/write/512", body: Buffer.alloc(300), status: 204 },
];

export const SHELL_FACTS: readonly Fact[] = [
  {
    fact: 1,
    name: "the original tool's POST of an empty form reads a list, an info and bytes",
    exchanges: [
      { send: "POST /drives/list", headers: FORM, body: "", status: 200, text: /^[0-9a-f-]{36}\n/ },
      { send: "POST /drives/DRIVE/info", headers: FORM, body: "", status: 200, text: /^drive .*\nname / },
      { send: "POST /servers/info", headers: FORM, body: "", status: 200, text: /^server / },
      { send: "POST /drives/DRIVE/read/0/4", headers: FORM, body: "", status: 200, bytes: Buffer.alloc(4) },
    ],
  },
  {
    fact: 1,
    name: "a reading command answers GET and HEAD, the latter without a body",
    exchanges: [
      { send: "GET /drives/DRIVE/info", status: 200, text: /^drive / },
      { send: "HEAD /drives/DRIVE/info", status: 200, text: "" },
    ],
  },
  {
    fact: 1,
    name: "a changing command answers POST alone",
    exchanges: ["GET", "HEAD"].map((method) => ({
      send: `${method} /drives/DRIVE/destroy`,
      status: 405,
      error: "method",
    })),
  },
  ...Object.entries({ "octet-stream": OCTETS, "form-urlencoded": FORM, "no content type": {} }).map(
    ([what, headers]): Fact => ({
      fact: 1,
      name: `properties that come as ${what} are text`,
      exchanges: [
        { ...create(headers, "name curl\nsize 1k\n"), text: /^drive \S+\nname curl\nsize 1024\n/ },
        { send: "POST /drives/NEW/destroy", headers, body: "", status: 204 },
      ],
    }),
  ),
  {
    fact: 1,
    name: "with -j the original tool sends and gets JSON",
    exchanges: [
      { ...create(JSON_BOTH, '{"name":"curl","size":1024}'), json: { name: "curl", size: 1024 } },
      { send: "POST /drives/NEW/destroy", headers: JSON_BOTH, body: "", status: 204 },
    ],
  },
  ...Object.entries({
    "application/octet-stream": OCTETS,
    "application/x-www-form-urlencoded": FORM,
    "application/json": JSON_BOTH,
    nothing: {},
  }).map(
    ([type, headers]): Fact => ({
      fact: 1,
      name: `a write that says it is ${type} is raw bytes`,
      exchanges: write(headers),
    }),
  ),
  {
    fact: 1,
    name: "a write that expects 100-continue is told to go on",
    exchanges: [
      {
        send: "POST /drives/DRIVE/write",
        headers: { ...FORM, Expect: "100-continue" },
        body: Buffer.alloc(5000),
        status: 204,
        interim: [100],
      },
    ],
  },
  {
    fact: 2,
    name: "a doubled and a trailing slash in a path do not matter",
    exchanges: ["//drives/list", "/drives/list/", "//drives//list//"].map((path) => ({
      send: `POST ${path}`,
      headers: FORM,
      body: "",
      status: 200,
      text: /^[0-9a-f-]{36}\n/,
    })),
  },
  {
    fact: 3,
    name: "the upload tool creates a drive, finds its uuid in a line, and posts gzipped chunks, the last one short",
    exchanges: [
      {
        ...create(OCTETS, "name image.raw\nsize 4500000\nclaim:type exclusive\ntier disk\n"),
        text: new RegExp(`^drive ${UUID}$`, "m"),
      },
      ...[4194304, 4500000 - 4194304].map((length, index) => ({
        send: `POST /drives/NEW/write/${index * 4194304}`,
        headers: { ...OCTETS, "Content-Encoding": "gzip", Expect: "" },
        body: gzipSync(Buffer.alloc(length, index + 1)),
        status: 204,
      })),
      {
        send: "GET /drives/NEW/read/4194300/8",
        status: 200,
        bytes: Buffer.from("\x01\x01\x01\x01\x02\x02\x02\x02"),
      },
      { send: "POST /drives/NEW/destroy", headers: FORM, body: "", status: 204 },
    ],
  },
  {
    fact: 3,
    name: "the Ruby upload tool writes pieces of 64 KiB and shrinks the drive to an odd number of bytes",
    exchanges: [
      create(OCTETS, "name ruby\nsize 1M\n"),
      ...[0, 65_535, 131_070].map((offset) => ({
        send: `POST /drives/NEW/write/${offset}`,
        headers: OCTETS,
        body: Buffer.alloc(65_535, offset % 256),
        status: 204,
      })),
      {
        send: "POST /drives/NEW/set",
        headers: OCTETS,
        body: "size 196605\n",
        status: 200,
        text: /\nsize 196605\n/,
      },
      { send: "GET /drives/NEW/read/196604/4k", status: 200, bytes: Buffer.from([131_070 % 256]) },
      { send: "POST /drives/NEW/destroy", headers: FORM, body: "", status: 204 },
    ],
  },
  {
    fact: 14,
    name: "two properties that curl -d @file has joined to one line are refused, and nothing is created",
    exchanges: [
      {
        send: "POST /drives/create",
        headers: FORM,
        body: "name TestDrivesize 10000000",
        status: 400,
        error: "usage",
        text: /^size is missing/,
      },
      { send: "GET /drives/info", status: 200, not: /TestDrivesize/ },
    ],
  },
];
