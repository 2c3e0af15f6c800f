/**
 * The home of a cloud: the folder in which it keeps everything (`LODGE_HOME`), and the short-lived one beside it in
 * which sockets and what else lives only as long as the machine runs are kept. Nothing about a cloud has a fixed
 * global name: what must be named outside of its home bears the home's own id.
 */
import { randomBytes, randomInt } from "node:crypto";
import { chmodSync, existsSync, statSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { createFileSync, replaceFileSync } from "./base/atomic-file.ts";
import { failed, missing } from "./base/errors.ts";
import { makeLastingFolder, PASSABLE } from "./base/folder.ts";
import { DamagedFile, readJsonFile } from "./base/json-file.ts";
import { ensureMasterKey, keySource, readMasterKey } from "./master-key.ts";

/** Uids that neither people, system services nor the subordinate ranges of containers have by custom. */
export const UID_RANGE = { first: 2_000_000_000, last: 2_100_000_000 };

export type HomeFile =
  | "lodge.db"
  | "lodge.lock"
  | "daemon.lock"
  | "database"
  | "master.key"
  | "env"
  | "catalogue.json"
  | "scratch";

export type Home = {
  readonly dir: string;
  /** Eight hex digits of this home's own, for names outside of it. */
  readonly id: string;
  /** Whom QEMU runs as, null when the daemon may not change to another user. */
  readonly uid: number | null;
  /** For sockets and pid files; short, since a socket's path may have 107 characters. */
  readonly runDir: string;
  readonly file: (name: HomeFile) => string;
  /** Where the master key comes from, for people. */
  readonly masterKeySource: string;
  /** Makes the master key where it is to be in the home and is not: for who knows that nothing was wrapped with one. */
  readonly ensureMasterKey: () => void;
  /** The 32 bytes that wrap the drives' secrets, asked of where they are kept whenever this is read; it may throw `failed`. */
  readonly masterKey: Buffer;
};

/** Where the home is: where it is said to be, else where the environment says, else where such things are by custom. */
export function homeDirectory(
  named: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
  root = isRoot(),
): string {
  if (named !== undefined) return named;
  if (env.LODGE_HOME) return resolve(env.LODGE_HOME);
  if (root) return "/var/lib/lodge";
  return join(env.XDG_DATA_HOME || join(homedir(), ".local", "share"), "lodge");
}

const isRoot = () => process.getuid?.() === 0;

/**
 * Opens the home, making what is missing.
 *
 * @param named its folder; `homeDirectory` chooses when it is undefined
 *
 * Errors: the file system's own; `failed`, a damaged identity, by the name of the file.
 */
export function openHome(named: string | undefined, env: NodeJS.ProcessEnv = process.env): Home {
  const root = isRoot();
  const dir = homeDirectory(named, env, root);
  // QEMU, as another user, must get through the home to its drives; what is secret in it is so by its own mode.
  makeLastingFolder(dir, PASSABLE);
  if (root) chmodSync(dir, statSync(dir).mode | 0o011);
  const { id, uid } = readIdentity(dir) ?? makeIdentity(dir);
  const [runDir = ""] = runDirectories(id, env);
  return {
    dir,
    id,
    uid: root ? uid : null,
    runDir,
    file: (name) => join(dir, name),
    masterKeySource: keySource(dir, env),
    ensureMasterKey: () => ensureMasterKey(dir, env),
    get masterKey() {
      return readMasterKey(dir, env);
    },
  };
}

/**
 * The folders that may be a cloud's runtime directory, the one of this environment first: a user's daemon may have been
 * started by a session, and be looked for by cron, which has none.
 */
export function runDirectories(id: string, env: NodeJS.ProcessEnv = process.env, root = isRoot()): string[] {
  const session = `/run/user/${process.getuid?.()}`;
  const own = [env.XDG_RUNTIME_DIR || null, existsSync(session) ? session : null, tmpdir(), "/tmp"];
  const parents = [...(root ? [] : own.filter((each) => each !== null)), "/run"];
  return [...new Set(parents)].map((parent) => join(parent, `lodge-${id}`));
}

/** A home that is there, of which nothing is opened or made. */
export type FoundHome = Pick<Home, "dir" | "id"> & {
  /** Of the daemon's lock. */
  readonly lockFile: string;
};

/** The home where there is one, else null. Errors: the file system's own; `failed`, a damaged identity. */
export function findHome(named: string | undefined): FoundHome | null {
  const dir = homeDirectory(named);
  const identity = readIdentity(dir);
  return identity === null ? null : { dir, id: identity.id, lockFile: join(dir, "daemon.lock") };
}

/**
 * The folders above the home that do not let everybody pass: QEMU, as a user of its own, does not reach its drives
 * through them. They may be anybody's, so they stay as they are.
 */
export function closedAbove(dir: string): string[] {
  const above = dirname(resolve(dir));
  const closed = (statSync(above).mode & 0o001) === 0 ? [above] : [];
  return above === dirname(above) ? closed : [...closedAbove(above), ...closed];
}

const IDENTITY = z.object({
  id: z.string().regex(/^[0-9a-f]{8}$/),
  uid: z.int().min(UID_RANGE.first).max(UID_RANGE.last),
});

export type Identity = z.infer<typeof IDENTITY>;

const identityFile = (dir: string) => join(dir, "identity.json");

/**
 * Null where there is none. Errors: the file is damaged. Another identity in its place would lose what runs by this one's
 * name.
 */
function readIdentity(dir: string): Identity | null {
  try {
    return readJsonFile(identityFile(dir), IDENTITY);
  } catch (cause) {
    if (!(cause instanceof DamagedFile)) throw cause;
    const holds = "the cloud's id and uid, by which what runs of it is found";
    // Only its owner can bring it back.
    throw failed(`${cause.message}: it is to hold ${holds}. Put it back from a backup of the home`, {
      cause,
    });
  }
}

const newIdentity = (): Identity => ({
  id: randomBytes(4).toString("hex"),
  uid: randomInt(UID_RANGE.first, UID_RANGE.last),
});

/**
 * Gives a home that is there an identity of its own: `work` brings what else names the old one to the new one, before that
 * is written down. Where it is interrupted, it is to be repeated. Errors: `missing`, there is no home; those of `work`.
 */
export async function renewIdentity(
  named: string | undefined,
  work: (home: FoundHome, renewed: Identity) => Promise<void>,
): Promise<Identity> {
  const dir = homeDirectory(named);
  const home = findHome(named);
  if (home === null) throw missing(`there is no cloud in ${dir}`);
  const renewed = newIdentity();
  await work(home, renewed);
  replaceFileSync(identityFile(dir), `${JSON.stringify(renewed)}\n`, { mode: 0o644 });
  return renewed;
}

function makeIdentity(dir: string): Identity {
  const made = newIdentity();
  createFileSync(identityFile(dir), `${JSON.stringify(made)}\n`, { mode: 0o644 });
  // Another process may have been faster.
  return readIdentity(dir) ?? made;
}
