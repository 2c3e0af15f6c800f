/** The tables about the cloud itself, its hosts and its pools: an extension in the specification's style, for admins. */
import { type Chapter, cloud, cloudState, doctor, imageState, images } from "./row.ts";

const INFO = cloud("the cloud tells an admin what it is and has");
const WELL = cloud("where all is well nothing needs a person, and nothing went wrong");
const LATE = cloudState(
  "what fails and is tried again needs a person until it succeeds, and where all is well nothing does",
);
const FILES = cloudState(
  "a drive's file that is gone and one that nobody knows need a person, each by its uuid",
);
const SILENT = cloudState(
  "a host that does not answer is silent, its row is told all the same, and its checks and its networks are not known",
);
const HOST = cloud("a host tells what it has, has promised and has left");
const PROMISED = cloudState(
  "a host tells what it has promised, as servers start and end and drives are made",
);
const LISTED = cloud("hosts and pools are listed by their names, and infos tell each");
const NO_HOST = cloud("a host that there is not has no info", "a host that there is not has no checks");
const CHECKS = [
  ...cloud("what the API says of a host's checks is what lodge doctor says"),
  ...cloudState("a host's checks are told as the host says them"),
];
const ADDED = cloud("a pool is added, and answered with what it has to give");
const REFUSED = cloud(
  "a pool that meets another is 409 busy",
  "a pool with a gateway elsewhere is 400 usage, which names its key",
);
const REMOVED = [
  ...cloud("a pool is removed", "a pool that there is not is 404 missing"),
  ...cloudState("an admin adds and removes pools, each an event, and nobody's address is taken from them"),
];

const SEALED = [
  ...images(
    "become of an admin's drive as it stands: read by everybody, changed by nobody, costing nobody, until an admin removes them",
    "are a CD that servers have where an admin says so, and then it is not removed",
  ),
  ...imageState(
    "what was a drive is gone for who had it, counts for nobody from then on, and is in the trail",
  ),
];
const UNSEALED = imageState(
  "no image is made of a drive that a server has, or that is imaged",
  "an image is made of an admin's own drive alone, and to others there is no such command",
);
const BUILT = [
  ...images("are built by the cloud itself, read by everybody, and removed without a trace"),
  ...imageState(
    "a system is built once, in the background, and told step by step; then it is there for everybody",
  ),
];
const HALF = images(
  "that are imported by half are left alone when the daemon starts, and go on from where they were",
);
const BROKEN_OFF = imageState(
  "what broke a build off is told of its image, which is there for nobody, and is built again or removed",
);
const IMAGE_GOES = imageState("the removal of an image that a crash cut off is finished by the next daemon");

const each = <T>(keys: readonly string[], tests: T) => Object.fromEntries(keys.map((key) => [key, tests]));

const POOL = each(
  ["network", "gateway", "nameserver", "origin", "size", "used", "free"],
  [...ADDED, ...REMOVED],
);

const IMAGE = {
  ...each(["image", "name", "media", "format", "size", "rawsize", "sha256", "status"], SEALED),
  ...each(["system", "step"], BUILT),
  done: HALF,
  error: BROKEN_OFF,
};

export const CLOUD: Chapter = {
  title: "The cloud itself",
  tables: [
    {
      title: "Get what the cloud is and has",
      command: "cloud/info",
      row: INFO,
      answers: each(
        ["version", "since", "accounts", "servers", "drives", "needs", "home:disk", "home:free"],
        [...INFO, ...LATE],
      ),
    },
    {
      title: "List what needs a person",
      command: "cloud/status",
      row: [...WELL, ...LATE, ...FILES, ...SILENT],
      answers: each(
        ["matter", "host", "kind", "object", "user", "wants", "since", "attempts", "next", "says"],
        [...LATE, ...FILES, ...SILENT],
      ),
    },
    {
      title: "List what went wrong lately",
      command: "cloud/troubles",
      row: WELL,
      answers: each(["level", "says", "count", "first", "last"], WELL),
    },
    { title: "List all hosts", command: "hosts/list", row: LISTED },
    { title: "Get all hosts' info", command: "hosts/info", row: [...LISTED, ...SILENT] },
    {
      title: "Get single host info",
      command: "hosts/HOST/info",
      row: [...HOST, ...PROMISED, ...NO_HOST],
      answers: each(
        [
          ...["host", "state", "version", "cores", "core:mhz", "accelerator", "network"],
          ...["cpu", "cpu:promised", "cpu:free", "mem", "mem:promised", "mem:free"],
          ...["disk", "disk:promised", "disk:free", "disk:unwritten", "servers", "drives", "running"],
        ],
        [...HOST, ...PROMISED],
      ),
    },
    {
      title: "List what a host can do",
      command: "hosts/HOST/checks",
      row: [...CHECKS, ...NO_HOST],
      answers: each(["check", "verdict", "says", "follows", "mend"], CHECKS),
      says: {
        "each within its time, and unknown where it cannot be found out": doctor(
          "what cannot be found out is unknown, and is waited for so long and no longer",
        ),
      },
    },
    { title: "List all pools", command: "pools/list", row: LISTED },
    { title: "Get all pools' info", command: "pools/info", row: LISTED, answers: POOL },
    {
      title: "Add a pool",
      command: "pools/add",
      row: [...ADDED, ...REFUSED],
      takes: { network: [...ADDED, ...REFUSED], gateway: [...ADDED, ...REFUSED], nameserver: ADDED },
      answers: POOL,
      says: {
        "nothing that a host has or reaches": cloudState(
          "a pool that meets another, or what a host reaches, is refused, as what is no pool is",
        ),
      },
    },
    { title: "Remove a pool", command: "pools/remove", row: REMOVED, takes: { network: REMOVED } },
    { title: "Get all standard images' info", command: "images/info", row: SEALED, answers: IMAGE },
    {
      title: "Make a standard image of a drive",
      command: "images/add",
      row: [...SEALED, ...UNSEALED],
      takes: each(["drive", "media", "name"], [...SEALED, ...UNSEALED]),
      answers: IMAGE,
    },
    {
      title: "Have the cloud build a standard image",
      command: "images/build",
      row: [...BUILT, ...BROKEN_OFF],
      takes: { system: BUILT },
      answers: IMAGE,
      says: { "why it could not be built": BROKEN_OFF },
    },
    {
      title: "Remove a standard image",
      command: "images/remove",
      row: [...SEALED, ...IMAGE_GOES, ...BROKEN_OFF],
      takes: { image: [...SEALED, ...IMAGE_GOES] },
    },
    {
      title: "Who is no admin",
      says: {
        "to all others there are no such commands": cloud(
          "to who is no admin there is no cloud, no host and no pool",
        ),
        "who read it is in the audit trail": cloud(
          "who reads of hosts, checks and pools is in the trail with the host's name",
        ),
      },
    },
  ],
};
