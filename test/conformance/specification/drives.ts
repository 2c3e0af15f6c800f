/** The specification's tables about drives. */
import {
  type Chapter,
  clients,
  drives,
  guest,
  guestImages,
  images,
  placement,
  servers,
  setting,
  sharing,
} from "./row.ts";

const DEFAULTS = drives("a drive with name and size gets every default");
const ALL_KEYS = drives("every optional key is kept and answered");
const CHANGES = drives("name, tags and user:* change, and what is not named stays");
const COUNTERS = [
  ...drives("what is written is read back, at any offset, plain and gzipped, with suffixes; counters count"),
  ...guest("gets its address by DHCP and answers HTTP on it"),
];
const LISTS = drives("lists and informs of all, in the order of creation");
const SUFFIXES = drives(
  "size 1 is 1 bytes",
  "size 3k is 3072 bytes",
  "size 2M is 2097152 bytes",
  "size 1g is 1073741824 bytes",
);
const READERS = sharing(
  "readers set to [BOB] lets [BOB] read at once, and nobody else",
  "readers set to [FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF] lets [BOB,EVE] read at once, and nobody else",
  "a reader's set name is 404 missing, which says that he may read",
);
const OWN_KEYS = {
  tags: setting(
    "takes tags, each with one space before the next, and keeps the rest",
    "takes an empty value, which unsets, and keeps the rest",
  ),
  user: setting(
    "takes a user key more, and keeps the rest",
    "takes null, which unsets, and keeps the rest",
    "what an object keeps is bounded, over however many requests it comes",
  ),
};
const BYTES = drives(
  "what is written is read back, at any offset, plain and gzipped, with suffixes; counters count",
);

const STANDARD = images(
  "without content are there for their operator alone",
  "are the specification's eight images and twenty-two CDs, by UUID and description",
);

export const DRIVES: Chapter = {
  title: "Drives",
  tables: [
    { title: "List all drives", command: "drives/list", row: LISTS },
    {
      title: "Get single drive info",
      command: "drives/DRIVE/info",
      row: DEFAULTS,
      answers: {
        name: DEFAULTS,
        drive: DEFAULTS,
        size: DEFAULTS,
        status: DEFAULTS,
        claimed: [
          ...servers("its drive is claimed by it", "its claim is gone at once"),
          ...servers("two servers share a drive of claim:type shared, and both are among its claimants"),
          ...sharing(
            "a reader sees of a claimed drive neither its claims nor other readers, and all that is the drive's own",
          ),
        ],
        "claim:type": [...DEFAULTS, ...ALL_KEYS],
        imaging: [],
        "[read|write]:[bytes|requests]": COUNTERS,
        readers: [...ALL_KEYS, ...READERS],
        tags: ALL_KEYS,
        "user:*": ALL_KEYS,
        "encryption:cipher": [...DEFAULTS, ...ALL_KEYS],
        user: DEFAULTS,
      },
    },
    { title: "Get all drives info", command: "drives/info", row: LISTS },
    {
      title: "Create a drive",
      command: "drives/create",
      row: DEFAULTS,
      takes: {
        name: [...DEFAULTS, ...drives("no name is 400 usage")],
        size: [...DEFAULTS, ...drives("no size is 400 usage", "a size that no disk holds is 507 full")],
        "claim:type": [...ALL_KEYS, ...drives("an unknown claim:type is 400 usage")],
        readers: [...ALL_KEYS, ...drives("a reader that is no uuid is 400 usage")],
        tags: ALL_KEYS,
        "user:*": [...ALL_KEYS, ...drives("user: without a name is 400 usage")],
        avoid: placement(
          "a drive that avoids HIS is 404 missing, in the words for what is not there",
          "a drive that avoids what is no uuid is 400 usage",
          "a drive that avoids another on a single host is 507 full, and says what is in the way",
        ),
        "encryption:cipher": [...ALL_KEYS, ...drives("an unknown cipher is 400 usage")],
      },
      says: { "size optionally has a k/M/G/T suffix": SUFFIXES },
    },
    {
      title: "Destroy a drive",
      command: "drives/DRIVE/destroy",
      row: drives("a destroyed drive is gone for everything"),
    },
    {
      title: "Set extra drive data",
      command: "drives/DRIVE/set",
      row: CHANGES,
      takes: {
        name: [...CHANGES, ...setting("refuses a name that is unset as 400 usage, and nothing has changed")],
        size: [
          ...drives("a drive grows", "a drive shrinks to an odd number of bytes", "size 0 changes nothing"),
          ...setting("refuses another size as 409 busy, and nothing has changed"),
        ],
        "claim:type": [
          ...drives("claim:type changes on a drive that nobody claims"),
          ...setting("refuses another claim:type as 409 busy, and nothing has changed"),
        ],
        readers: [...READERS, ...sharing("readers of a claimed drive may be set")],
        tags: OWN_KEYS.tags,
        "user:*": OWN_KEYS.user,
      },
      says: { "size optionally has a k/M/G/T suffix": drives("a drive grows") },
    },
    {
      title: "Image a drive from another drive",
      command: "drives/DRIVE/image/SOURCE[/CONVERSION]",
      row: [],
      says: {
        "conversion gzip": [],
        "conversion gunzip": [],
        "it is asynchronous, with progress in drive info": [],
      },
    },
    {
      title: "Read binary data from a drive",
      command: "drives/DRIVE/read/OFFSET/SIZE",
      row: BYTES,
      says: {
        "OFFSET and SIZE optionally have a k/M/G/T suffix": BYTES,
        "SIZE may not exceed 4 MB": drives("a read of more than 4 MiB is 400 usage"),
      },
    },
    {
      title: "Write binary data to a drive",
      command: "drives/DRIVE/write[/OFFSET]",
      row: BYTES,
      says: {
        "raw data or Content-Encoding: gzip": [
          ...BYTES,
          ...drives("corrupt, truncated and unknown encodings are 400 usage and change nothing"),
        ],
        "no Transfer-Encoding: chunked": drives("a chunked write is 400 usage and changes nothing"),
        "OFFSET is in the drive, not in the input": BYTES,
        "chunks of 4 MB, gzipped": clients(
          "fact 3: the upload tool creates a drive, finds its uuid in a line, and posts gzipped chunks, the last one short",
        ),
      },
    },
    {
      title: "Pre-installed system images (gzipped)",
      says: { "the eight images, by UUID and description": STANDARD },
    },
    {
      title: "CD / DVD ISOs",
      says: {
        "the twenty-two CDs, by UUID and description": [
          ...STANDARD,
          ...images("are used as a CD by servers of several users at once, each of whom sees his own alone"),
          ...guestImages("boots a server of each of two users at the same time"),
        ],
      },
    },
  ],
};
