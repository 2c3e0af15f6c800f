/**
 * Modes within a home: what is secret in it is for its owner alone, what is not is changed by them alone. A copy (cp -r), or
 * a chmod of somebody's, leaves them otherwise, and they are mended as the daemon starts. What is a link stays as it is:
 * where it leads is not the home's.
 */
import { chmodSync, lstatSync, readdirSync, type Stats } from "node:fs";
import { join } from "node:path";
import { PASSABLE } from "./base/folder.ts";
import type { Home } from "./home.ts";

const PERMISSIONS = 0o7777;
/** All but the owner. */
const OTHERS = 0o077;

/** What people other than its owner may do with a secret, with what is none, and with a folder of each kind, at most. */
const SECRET = 0o000;
const PUBLIC = 0o044;
/** What a group of a drive's own may do, to which its file is lent; what nobody has any more is taken back by the host. */
const LENT = 0o060;
const CLOSED = 0o000;
const PASSED = PASSABLE & OTHERS;

/** Files of the home that hold secrets, with those that are beside them for a while or for good (`-wal`, `.new`). */
const SECRETS = /^(?:master\.key|lodge\.db|database|env)(?:[.-]|$)/;

type Folder = {
  readonly name: string;
  readonly most: number;
  /** What people other than its owner may do with a file in it, at most. */
  readonly mostOf: (file: string, stats: Stats) => number;
};

const folders = (uid: number | null): readonly Folder[] => [
  { name: ".", most: PASSED, mostOf: (file) => (SECRETS.test(file) ? SECRET : PUBLIC) },
  // A standard image is nobody's: another user's than QEMU's, or, where there is one user, not to be written.
  {
    name: "drives",
    most: PASSED,
    mostOf: (_, { uid: owner, gid, mode }) => {
      if (owner !== (uid ?? owner) || (mode & 0o200) === 0) return PUBLIC;
      return uid !== null && gid !== uid ? LENT : SECRET;
    },
  },
  { name: "tls", most: CLOSED, mostOf: (file) => (file === "key.pem" ? SECRET : PUBLIC) },
  { name: "scratch", most: CLOSED, mostOf: () => SECRET },
  { name: "serial", most: CLOSED, mostOf: () => SECRET },
];

/** A file or folder that more people could use than it is for. */
export type Opened = {
  readonly path: string;
  /** Who could do what, for people. */
  readonly was: string;
  /** Why it still is so, where it could not be mended. */
  readonly error?: unknown;
};

/**
 * Takes from each file of the home, and from the home, what others than its owner are not to have; the modes of who may do
 * less stay. Answers what was open, the home first.
 */
export function closeHome(home: Pick<Home, "dir" | "uid">): Opened[] {
  return folders(home.uid).flatMap((folder) => closeFolder(home.dir, folder));
}

function closeFolder(home: string, { name, most, mostOf }: Folder): Opened[] {
  const path = join(home, name);
  const folder = lstatSync(path, { throwIfNoEntry: false });
  if (folder?.isDirectory() !== true) return [];
  // First: nobody puts another file in the place of one from here on.
  const opened = [close(path, folder, most)];
  for (const file of readdirSync(path)) {
    const stats = lstatSync(join(path, file), { throwIfNoEntry: false });
    if (stats?.isFile() !== true) continue;
    opened.push(close(join(path, file), stats, mostOf(file, stats)));
  }
  return opened.filter((each) => each !== null);
}

/** Null where others may do no more than `most` with it. */
function close(path: string, { mode }: Stats, most: number): Opened | null {
  const excess = mode & ~most & OTHERS;
  if (excess === 0) return null;
  const opened = { path, was: rightsOf(excess) };
  try {
    chmodSync(path, mode & PERMISSIONS & ~excess);
    return opened;
  } catch (error) {
    return { ...opened, error };
  }
}

/** As "its group could read it, others could read and write it". */
function rightsOf(mode: number): string {
  const people: [string, number][] = [
    ["its group", mode >> 3],
    ["others", mode],
  ];
  return people
    .map(([who, bits]) => [who, RIGHTS.filter(([bit]) => bits & bit).map(([, verb]) => verb)] as const)
    .filter(([, verbs]) => verbs.length > 0)
    .map(([who, verbs]) => `${who} could ${verbs.join(" and ")} it`)
    .join(", ");
}

const RIGHTS = [
  [4, "read"],
  [2, "write"],
  [1, "pass or run"],
] as const;
