/** Requests about drives and what they answer: creations, changes, and what is refused. */
import type { Row } from "../../testing/conformance/exchange.ts";

export const NOBODY = "00000000-0000-4000-8000-000000000000";
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const creations: readonly Row[] = [
  {
    name: "a drive with name and size gets every default",
    path: "drives/create",
    give: { name: "Test Drive", size: 10_000_000 },
    status: 200,
    answer: {
      drive: UUID,
      name: "Test Drive",
      size: 10_000_000,
      "claim:type": "exclusive",
      "encryption:cipher": "aes-xts-plain",
      user: UUID,
      status: "active",
      claimed: null,
      imaging: null,
      readers: null,
      tags: null,
      "read:bytes": 0,
      "read:requests": 0,
      "write:bytes": 0,
      "write:requests": 0,
    },
  },
  {
    name: "every optional key is kept and answered",
    path: "drives/create",
    give: {
      name: "all",
      size: "1m",
      "claim:type": "shared",
      readers: `${NOBODY} FFFFFFFF-ffff-ffff-ffff-ffffffffffff`,
      tags: "web  production",
      "user:note": "a value with spaces and ümläuts",
      "encryption:cipher": "none",
      tier: "ssd",
    },
    status: 200,
    answer: {
      size: 2 ** 20,
      "claim:type": "shared",
      readers: `${NOBODY} ffffffff-ffff-ffff-ffff-ffffffffffff`,
      tags: "web production",
      "user:note": "a value with spaces and ümläuts",
      "encryption:cipher": "none",
      tier: "ssd",
    },
  },
  ...[
    ["1", 1],
    ["3k", 3072],
    ["2M", 2 ** 21],
    ["1g", 2 ** 30],
  ].map(([size, bytes]) => ({
    name: `size ${size} is ${bytes} bytes`,
    path: "drives/create",
    give: { name: "sized", size: size ?? "" },
    status: 200,
    answer: { size: bytes ?? 0 },
  })),
];

export const badCreations: readonly Row[] = (
  [
    ["no name", { size: 1 }, /^name is missing/],
    ["no size", { name: "d" }, /^size is missing/],
    ["an empty name", { name: "", size: 1 }, /^name is missing/],
    ["size 0", { name: "d", size: 0 }, /^size takes/],
    ["a negative size", { name: "d", size: -1 }, /^size takes .*"-1"/],
    ["a size in words", { name: "d", size: "big" }, /^size takes .*"big"/],
    ["a fraction of a byte", { name: "d", size: "1.5" }, /^size takes/],
    ["a size beyond all numbers", { name: "d", size: "99999999999T" }, /^size takes/],
    [
      "an unknown cipher",
      { name: "d", size: 1, "encryption:cipher": "rot13" },
      /^encryption:cipher takes .*"rot13"/,
    ],
    ["an unknown claim:type", { name: "d", size: 1, "claim:type": "both" }, /^claim:type takes/],
    ["a reader that is no uuid", { name: "d", size: 1, readers: "everybody" }, /^readers takes/],
    ["an unknown tier", { name: "d", size: 1, tier: "tape" }, /^tier takes/],
    ["an unknown key", { name: "d", size: 1, colour: "red" }, /"colour" is not a key/],
    [
      "a key that only the cloud sets",
      { name: "d", size: 1, status: "active" },
      /^status is set by the cloud/,
    ],
    ["user: without a name", { name: "d", size: 1, "user:": "x" }, /"user:" is not a key/],
  ] as const
).map(([what, give, says]) => ({
  name: `${what} is 400 usage`,
  path: "drives/create",
  give,
  status: 400,
  error: "usage",
  says,
}));

/** On a drive DRIVE of 4096 bytes, in this order. */
export const changes: readonly Row[] = [
  {
    name: "name, tags and user:* change, and what is not named stays",
    path: "drives/DRIVE/set",
    give: { name: "renamed", tags: "a b", "user:x": "1" },
    status: 200,
    answer: { name: "renamed", tags: "a b", "user:x": "1", size: 4096 },
  },
  {
    name: "an empty value unsets an optional key",
    path: "drives/DRIVE/set",
    give: { tags: "" },
    status: 200,
    answer: { tags: null, "user:x": "1", name: "renamed" },
  },
  {
    name: "null unsets an optional key, as an empty value does in text",
    path: "drives/DRIVE/set",
    give: { "user:x": null },
    status: 200,
    answer: { "user:x": null, name: "renamed" },
  },
  {
    name: "a drive grows",
    path: "drives/DRIVE/set",
    give: { size: "8k" },
    status: 200,
    answer: { size: 8192 },
  },
  {
    name: "a drive shrinks to an odd number of bytes",
    path: "drives/DRIVE/set",
    give: { size: 1001 },
    status: 200,
    answer: { size: 1001 },
  },
  {
    name: "size 0 changes nothing",
    path: "drives/DRIVE/set",
    give: { size: 0 },
    status: 200,
    answer: { size: 1001 },
  },
  {
    name: "claim:type changes on a drive that nobody claims",
    path: "drives/DRIVE/set",
    give: { "claim:type": "shared" },
    status: 200,
    answer: { "claim:type": "shared" },
  },
  {
    name: "a required key cannot be unset",
    path: "drives/DRIVE/set",
    give: { name: "" },
    status: 400,
    error: "usage",
    code: "key_required",
    says: /^name cannot be unset/,
  },
  {
    name: "the cipher is given at creation alone",
    path: "drives/DRIVE/set",
    give: { "encryption:cipher": "none" },
    status: 400,
    error: "usage",
    code: "key_not_settable",
    says: /^encryption:cipher can only be given at creation/,
  },
  {
    name: "one bad key among good ones changes nothing",
    path: "drives/DRIVE/set",
    give: { name: "not this", size: "x" },
    status: 400,
    error: "usage",
    code: "malformed_value",
  },
  {
    name: "and it is as it was",
    path: "drives/DRIVE/info",
    status: 200,
    answer: { name: "renamed", size: 1001 },
  },
];

export const refusals: readonly Row[] = [
  ...["info", "destroy", "set", "read/0/1", "write"].flatMap((verb): Row[] => {
    const method = verb === "info" || verb.startsWith("read") ? "GET" : "POST";
    const give = verb === "set" ? { give: { name: "x" } } : {};
    return [NOBODY, "not-a-uuid"].map((drive) => ({
      name: `${verb} of drive ${drive} is 404 missing`,
      path: `drives/${drive}/${verb}`,
      method,
      ...give,
      status: 404,
      error: "missing",
      code: "no_such_drive",
    }));
  }),
  {
    name: "a read of more than 4 MiB is 400 usage",
    path: "drives/DRIVE/read/0/4194305",
    status: 400,
    error: "usage",
    code: "read_too_long",
    says: /SIZE is at most 4194304/,
  },
  {
    name: "a read at the end is 400 usage",
    path: "drives/DRIVE/read/1001/1",
    status: 400,
    error: "usage",
    code: "offset_past_end",
    says: /OFFSET 1001/,
  },
  {
    name: "an offset in words is 400 usage",
    path: "drives/DRIVE/read/start/1",
    status: 400,
    error: "usage",
    code: "malformed_parameter",
    says: /OFFSET .*"start"/,
  },
  ...["read/00/1", "read/0/01", "read/0/01k", "write/00"].map((verb) => ({
    name: `a number with zeroes in front is 400 usage: ${verb}`,
    path: `drives/DRIVE/${verb}`,
    method: verb.startsWith("write") ? "POST" : "GET",
    status: 400,
    error: "usage",
    code: "malformed_parameter",
    says: /^(OFFSET|SIZE) is a number of bytes.*"(00|01k?)"$/m,
  })),
  {
    name: "an unknown verb is 404 missing",
    path: "drives/DRIVE/defrag",
    method: "POST",
    status: 404,
    error: "missing",
    code: "no_such_command",
  },
  {
    name: "GET of destroy is 405 method",
    path: "drives/DRIVE/destroy",
    status: 405,
    error: "method",
    code: "wrong_method",
  },
  {
    name: "avoiding a drive that is not there is 404 missing",
    path: "drives/create",
    give: { name: "d", size: 1, avoid: NOBODY },
    status: 404,
    error: "missing",
    code: "no_such_reference",
    says: /avoid/,
  },
  {
    name: "avoiding a drive on a single host is 507 full and says why",
    path: "drives/create",
    give: { name: "d", size: 1, avoid: "DRIVE" },
    status: 507,
    error: "full",
    code: "avoid_unmet",
    says: /only host/,
  },
  {
    name: "a size that no disk holds is 507 full",
    path: "drives/create",
    give: { name: "d", size: "8000T" },
    status: 507,
    error: "full",
    code: "no_disk_space",
    says: /there is room for/,
  },
];
