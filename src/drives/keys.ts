/** The keys of a drive, in the order of answers (spec: drive info, drive create, drive set). */
import { z } from "zod";
import { state } from "../api/answered.ts";
import { OWN_KEYS } from "../api/attributes.ts";
import { type Key, keyTable } from "../api/key.ts";
import { MOST_UUIDS, name, sha256, sizeBytes, URL_TAKES, url, uuids } from "../api/value.ts";

const ANY_TIME = ["create", "stopped", "active"] as const;

const KEYS: readonly Key[] = [
  { ...state, pattern: "drive", help: "the drive's uuid" },
  {
    pattern: "name",
    schema: name,
    takes: "a line of at most 255 characters",
    settable: ANY_TIME,
    required: true,
    group: "general",
    help: "drive name",
  },
  {
    pattern: "size",
    schema: sizeBytes,
    takes: "a number of bytes of at least 1, optionally with a k, M, G or T suffix",
    unit: "bytes",
    settable: ANY_TIME,
    required: true,
    group: "size",
    help: "size of the drive; in set, 0 leaves it as it is",
  },
  {
    pattern: "claim:type",
    schema: z.enum(["exclusive", "shared"]),
    takes: "'exclusive' or 'shared'",
    settable: ANY_TIME,
    default: "exclusive",
    group: "access",
    help: "whether one server or several may use the drive at a time",
  },
  {
    pattern: "readers",
    schema: uuids,
    takes: `at most ${MOST_UUIDS} uuids of users with spaces between, or ffffffff-ffff-ffff-ffff-ffffffffffff for all`,
    takesList: true,
    settable: ANY_TIME,
    group: "access",
    help: "users who may read from the drive",
  },
  ...OWN_KEYS,
  {
    pattern: "avoid",
    schema: uuids,
    takes: `at most ${MOST_UUIDS} uuids of drives with spaces between`,
    takesList: true,
    settable: ["create"],
    refers: "drive",
    help: "existing drives whose hardware the new drive must not share",
  },
  {
    pattern: "encryption:cipher",
    schema: z.enum(["none", "aes-xts-plain"]),
    takes: "'none' or 'aes-xts-plain'",
    settable: ["create"],
    default: "aes-xts-plain",
    group: "storage",
    help: "how the drive is encrypted at rest",
  },
  {
    pattern: "tier",
    schema: z.enum(["disk", "ssd"]),
    takes: "'disk' or 'ssd'",
    settable: ["create"],
    help: "kind of storage; kept for clients that send it",
  },
  { ...state, pattern: "media", help: "of a standard image: 'disk' or 'cdrom'" },
  { ...state, pattern: "format", help: "of a standard image: 'gzip', absent when it holds a disk as it is" },
  { ...state, pattern: "rawsize", unit: "bytes", help: "of a standard image: its size once it is gunzipped" },
  { ...state, pattern: "user", help: "owner of the drive" },
  { ...state, pattern: "status", help: "active or inactive" },
  {
    ...state,
    pattern: "claimed",
    help: "uuids of the servers that use the drive, and of drives that it is imaged from or onto; absent when there are none",
  },
  {
    ...state,
    pattern: "imaging",
    help: "'true' while the drive is imaged, or 'queued'; in info/full the percentage that is done; absent otherwise",
  },
  {
    ...state,
    pattern: "imaging:error",
    help: "why the last imaging onto the drive failed; it reads as zeroes then",
  },
  ...ioKeys("", "by the API and by servers"),
];

/** The four counters of what reads and writes, under a prefix. */
export function ioKeys(prefix: string, by: string): readonly Key[] {
  return ["read", "write"].flatMap((verb): Key[] => [
    {
      ...state,
      pattern: `${prefix}${verb}:bytes`,
      unit: "bytes",
      help: `bytes of all ${verb}s so far, ${by}`,
    },
    {
      ...state,
      pattern: `${prefix}${verb}:requests`,
      unit: "requests",
      help: `number of ${verb}s so far, ${by}`,
    },
  ]);
}

/** What a drive is fetched from. */
export const FETCH_KEYS = keyTable([
  {
    pattern: "url",
    schema: url,
    takes: URL_TAKES,
    settable: ["create"],
    required: true,
    group: "general",
    help: "what the drive is to hold, as it comes from there",
  },
  {
    pattern: "sha256",
    schema: sha256,
    takes: "a SHA-256: 64 hexadecimal digits",
    settable: ["create"],
    group: "general",
    help: "what the content must have: with another one the imaging fails",
  },
]);

export const DRIVE_KEYS = keyTable(KEYS, "drives");
