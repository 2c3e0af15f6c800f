/** The specification's tables about drives. */
import {
  type Chapter,
  clients,
  drives,
  guest,
  guestImages,
  images,
  imaging,
  imagingFaults,
  imagingOfGuests,
  imagingOnHost,
  imagingState,
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
  "a reader's set name is 404 missing, which says that they may read",
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
          ...imaging(
            "claimed of a target names its source, and claimed of a source the targets of who asks",
            "a server may have the source for a CD",
          ),
        ],
        "claim:type": [...DEFAULTS, ...ALL_KEYS],
        imaging: imaging("imaging is true while it is under way", "one that waits shows imaging queued"),
        "[read|write]:[bytes|requests]": COUNTERS,
        readers: [...ALL_KEYS, ...READERS],
        tags: ALL_KEYS,
        "user:*": ALL_KEYS,
        "encryption:cipher": [...DEFAULTS, ...ALL_KEYS],
        user: DEFAULTS,
      },
    },
    {
      title: "Get single drive info, in full",
      command: "drives/DRIVE/info/full",
      row: imaging("info/full shows the percentage of one under way"),
      says: {
        "the percentage completed": [
          ...imaging("info/full shows the percentage of one under way"),
          ...imagingOnHost("a sparse drive with cipher none is copied by its data"),
        ],
        "one that waits": imaging("info/full shows imaging queued for one that waits"),
      },
    },
    { title: "Get all drives info", command: "drives/info", row: LISTS },
    {
      title: "Get all drives info, in full",
      command: "drives/info/full",
      row: imaging("drives/info and drives/info/full show it of all drives"),
    },
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
          "a drive that avoids BOBDRIVE is 404 missing, in the words for what is not there",
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
      row: imaging(
        "copies a drive, asked for with an empty body and nothing said",
        "copies a drive that a running server holds",
        "GET of image is 405 method",
      ),
      says: {
        "from a standard image": imaging(
          "copies a standard image like any other drive, gunzip unpacks it, and it stays while it is read",
        ),
        "conversion gzip": imaging("gzip packs a drive, and gunzip unpacks what it packed, padding and all"),
        "conversion gunzip": [
          ...imaging("gzip packs a drive, and gunzip unpacks what it packed, padding and all"),
          ...imagingOnHost(
            "a drive that is imaged with gunzip is taken whole or refused, and then its target reads as zeroes",
          ),
        ],
        "an unknown conversion, source or target": imaging(
          "an unknown conversion is 400 usage",
          "a drive onto itself is 400 usage",
          "a source that is not there is 404 missing",
          "another user's source is 404 missing, as if it were not there",
          "another user's target is 404 missing",
        ),
        "a target that is too small, or in use": [
          ...imaging(
            "a plain imaging onto a smaller drive is 507 full",
            "a target that a server holds is 409 busy",
            "an imaging onto a source is 409 busy",
          ),
          ...imagingState("of two imagings onto one drive at once, one is refused"),
        ],
        "it is asynchronous, with progress in drive info": imaging(
          "imaging is true while it is under way",
          "info/full shows the percentage of one under way",
          "drives/info and drives/info/full show it of all drives",
        ),
        "one waits for another": imagingState(
          "a bounded number of imagings goes on at once, the next in the order in which they were asked for",
        ),
        "what the target holds": [
          ...imagingOnHost("a target holds what its source holds, and zeroes behind, whatever the two are"),
          ...imaging("one that waits leaves what its target holds, one under way shows zeroes"),
        ],
        "what fails later is told by imaging:error": [
          ...imaging("a drive whose imaging failed may be destroyed, and so may its source"),
          ...imagingOnHost(
            "a drive that is imaged with gunzip is taken whole or refused, and then its target reads as zeroes",
            "a result that does not fit is full, and the target reads as zeroes",
          ),
          ...imagingFaults("a disk that runs full ends a job as full, and the target reads as zeroes"),
        ],
        "source and target meanwhile": [
          ...imaging(
            "starting a server with a target for a CD is 409 busy",
            "reading either drive is fine",
            "a reader's imaging goes on though they may no longer read, and is none of the owner's business",
          ),
          ...imagingState(
            "of an imaging and the source's destruction at once, one is refused",
            "of an imaging and the start of a server on the target at once, one is refused",
          ),
          ...imagingOfGuests(
            "boots while another imaging reads the same source, and is imaged itself while its guest runs",
          ),
        ],
        "it survives whatever ends meanwhile": [
          ...imaging("kill -9 of the daemon leaves no process of it, and all is done after the next start"),
          ...imagingFaults(
            "a copy whose qemu-img is killed is begun anew, with cipher none",
            "a gzip whose packer is killed is begun anew, with cipher none",
            "gzip is begun anew when the storage daemon is killed",
            "a plain copy of a drive that a server holds goes on when that server's QEMU is killed",
          ),
        ],
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
          ...images(
            "are used as a CD by servers of several users at once, each of whom sees their own alone",
          ),
          ...guestImages("boots a server of each of two users at the same time"),
        ],
      },
    },
  ],
};
