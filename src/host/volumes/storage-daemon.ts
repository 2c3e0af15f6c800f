/**
 * A storage daemon: a `qemu-storage-daemon`, through which the bytes of drives go that no server's QEMU has open. It is
 * detached, since servers reach their shared drives through theirs: the next start of Lodge finds it by the socket that its
 * command line names, and goes on with it. It is launched when it is first needed. Which ones there are says
 * `storage-daemons.ts`.
 *
 * One that does not answer in time is given up: the connection to it ends, as when it is lost. Whoever needs it next looks
 * for it again, and where it still does not answer it is ended and another one launched. But not while servers write on
 * drives through it: it may only be slow, and to end it would take from guests what they hold for written and have not
 * flushed yet. Then it is said, all that needs it fails as Unreachable, and it is tried again with the next need.
 */
import { existsSync } from "node:fs";
import { chmod, chown, lstat, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failed } from "../../base/errors.ts";
import { retry } from "../../base/retry.ts";
import { allSettled } from "../../base/settled.ts";
import { Unreachable } from "../errors.ts";
import { type Caged, endGroup, spawnCaged } from "../process/cage.ts";
import { findProcess } from "../process/find.ts";
import { endProcess, type ProcessIdentity } from "../process/process.ts";
import { programPath } from "../process/programs.ts";
import type { Sandboxer } from "../process/sandbox.ts";
import { ConnectionLost, connectQmp, Nonsense } from "../wire/qmp.ts";
import type { DaemonCage } from "./cages.ts";
import { PROGRAM, Session } from "./session.ts";

const FORMER_NBD_SOCKET = "nbd.sock";
const LAUNCH_MS = 10_000;
/** One that listened and never greeted has been seen. */
const LAUNCHES = 2;
const GREETING_MS = 10_000;
const QUIT_MS = 5_000;
const POLL_MS = 3;
/** What it says of its nodes, 820 bytes a drive that is open and two to three times that of an encrypted one: for thousands. */
const MOST_LINE_BYTES = 8 * 1024 * 1024;
/**
 * The C library is to keep what a request's buffer took for the next one (mallopt(3)). Otherwise it gives every large
 * buffer back at once, and taking fresh pages costs as much as writing them: a raw drive was written at 0.6 of the speed.
 */
export const KEEPS_MEMORY = { MALLOC_MMAP_THRESHOLD_: "33554432", MALLOC_TRIM_THRESHOLD_: "33554432" };

export type StorageDaemonOptions = {
  /** The one drive that it is for, null for all of them. */
  readonly drive: string | null;
  /** Working directory of the daemon: volumes' files are named relative to it. */
  readonly home: string;
  /** The files and folders of volumes that it sees, when it is launched. */
  readonly sees: () => readonly string[];
  /** The end of the longest file that it may write, when it is launched. */
  readonly fileBytes: () => number | undefined;
  /** For its sockets; made here, closed to everyone but its uid. */
  readonly socketDir: string;
  /** What it writes to standard error goes here. */
  readonly logFile: string;
  readonly cage: DaemonCage;
  readonly sandboxer: Sandboxer;
  /** How long it may take to answer a command. */
  readonly deadlineMs: number;
  /** Where its launches and losses are counted, with those of others. */
  readonly counts: { -readonly [figure in keyof StorageDaemonFigures]: StorageDaemonFigures[figure] };
};

export type SessionHooks = {
  /** Has its turn before anyone else gets the session. */
  onBegin(session: Session): Promise<void>;
  /** The session ended without `close`, whatever ended it. */
  onLost(session: Session): void;
  /** Whether servers write through that of the drive (null: that of all drives), so that it must not be ended. */
  isNeeded(drive: string | null): boolean;
  /** Told that it was ended, or is not, because it does not answer. */
  onTrouble(error: unknown): void;
};

/** How often one was launched, and how often one was lost, or given up as it did not answer. */
export type StorageDaemonFigures = { readonly launches: number; readonly losses: number };

export class StorageDaemon {
  readonly #options: StorageDaemonOptions;
  readonly #hooks: SessionHooks;
  readonly #qmpSocketPath: string;
  readonly #nbdSocketPath: string;
  #current: Promise<Session> | null = null;
  /** Known not to run: none was found, and none launched since. */
  #isAbsent = false;
  #closing = false;

  constructor(options: StorageDaemonOptions, hooks: SessionHooks) {
    this.#options = options;
    this.#hooks = hooks;
    this.#qmpSocketPath = qmpSocketOf(options.socketDir);
    this.#nbdSocketPath = join(options.socketDir, "nbd", "sock");
  }

  /**
   * The daemon, launched or adopted when there is none at hand. Errors: `failed` when it does not come up; Unreachable
   * when it does not answer and must not be ended.
   */
  session(): Promise<Session> {
    if (this.#closing) return Promise.reject(failed("storage_unavailable", "Lodge is being stopped"));
    if (this.#current !== null) return this.#current;
    const beginning = this.#begin();
    this.#current = beginning;
    const over = () => {
      if (this.#current !== beginning) return false;
      this.#current = null;
      return !this.#closing;
    };
    beginning.then(
      async (session) => {
        await session.closed;
        if (!over()) return;
        this.#options.counts.losses++;
        this.#hooks.onLost(session);
      },
      () => over(),
    );
    return beginning;
  }

  /** The same, but null when none runs: for whoever only wants something closed in it. */
  async running(): Promise<Session | null> {
    if (this.#current === null && !this.#isAbsent) {
      this.#isAbsent = (await findStorageDaemon(this.#options.socketDir)) === null;
    }
    return this.#current === null && this.#isAbsent ? null : this.session();
  }

  /** Lets go of it. It ends, unless it is to stay for servers that use it. */
  async close(stays: boolean): Promise<void> {
    this.#closing = true;
    const session = await this.#current?.catch(() => null);
    const found = stays ? null : await findStorageDaemon(this.#options.socketDir);
    if (found !== null) await endProcess(found, "SIGTERM", QUIT_MS);
    session?.end();
    if (!stays) await this.#options.cage.clear();
  }

  async #begin(): Promise<Session> {
    const session = await this.#bring();
    try {
      await this.#hooks.onBegin(session);
      return session;
    } catch (error) {
      // The socket takes one client at a time: whoever tries again is to find it free.
      session.end();
      if (!session.adopted || !(error instanceof ConnectionLost || error instanceof Nonsense)) throw error;
      // One that is there and does not talk as a storage daemon does would go on so for whoever comes next.
      const found = await findStorageDaemon(this.#options.socketDir);
      if (found !== null) await this.#endUnanswering(found, error);
      return this.#begin();
    }
  }

  async #bring(): Promise<Session> {
    const found = await findStorageDaemon(this.#options.socketDir);
    if (found !== null) {
      // What an earlier release launched is in none.
      const admitted = this.#options.cage.admit(found.pid).catch(this.#hooks.onTrouble);
      const session = await this.#adopt().catch((error: unknown) => this.#endUnanswering(found, error));
      await admitted;
      if (session !== null) return session;
    }
    this.#isAbsent = false;
    try {
      return await retry(() => this.#bringNew(), {
        ...{ what: `the launches of ${PROGRAM}`, attempts: LAUNCHES, pauseMs: 0 },
        onFailure: this.#hooks.onTrouble,
      });
    } catch (cause) {
      // Which file is for the operator alone: the error's cause is logged, its sentence is answered.
      const where = new Error(`${PROGRAM} does not come up; ${this.#options.logFile} may say why`, { cause });
      throw failed("storage_unavailable", "the storage of the host does not come up", { cause: where });
    }
  }

  /** Launches one. Errors: it ended, or did not answer in time and was ended. */
  async #bringNew(): Promise<Session> {
    this.#options.counts.launches++;
    const { child, admitted } = await this.#launch();
    const isOver = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    try {
      const options = { what: `the launch of ${PROGRAM}`, deadlineMs: LAUNCH_MS, pauseMs: POLL_MS };
      const talking = retry(() => this.#talk(false), { ...options, isPassing: () => !isOver() });
      const [, session] = await allSettled([admitted, talking]);
      return session;
    } catch (error) {
      if (!isOver()) endGroup(child);
      throw error;
    }
  }

  /**
   * Connects to the daemon that is there. Its queue of connections is short: one that was stopped and goes on has it full
   * of those that were given up meanwhile, until it has taken them (`EAGAIN`, unix(7)).
   */
  #adopt(): Promise<Session> {
    return retry(() => this.#talk(true), {
      ...{ what: `a connection to ${PROGRAM}`, deadlineMs: this.#options.deadlineMs, pauseMs: POLL_MS },
      isPassing: (error) => (error as NodeJS.ErrnoException).code === "EAGAIN",
    });
  }

  /** Connects to the daemon that listens. Errors: the socket's; it does not greet in time. */
  async #talk(adopted: boolean): Promise<Session> {
    const { drive, deadlineMs } = this.#options;
    let session: Session | null = null;
    const qmp = await connectQmp(this.#qmpSocketPath, {
      onEvent: (event) => session?.onEvent(event),
      deadlineMs: Math.min(GREETING_MS, deadlineMs),
      ...{ peer: PROGRAM, mostLineBytes: MOST_LINE_BYTES },
    });
    session = new Session(qmp, { nbdSocketPath: await this.#seal(), drive, adopted, deadlineMs });
    return session;
  }

  /**
   * All its sockets are there: from now on it makes no others, and servers that are shown the NBD socket may connect, which
   * this answers. To everybody else the folder above is closed. One that an earlier release launched listens elsewhere.
   */
  async #seal(): Promise<string> {
    const { socketDir, drive, cage } = this.#options;
    const folder = dirname(this.#nbdSocketPath);
    const socket = existsSync(folder) ? this.#nbdSocketPath : join(socketDir, FORMER_NBD_SOCKET);
    // Whose uid it has is on record by their group (`storage-daemons.ts`).
    const group = drive === null ? 0 : cage.uid;
    if (cage.uid !== null) for (const each of [socketDir, dirname(socket)]) await chown(each, 0, group ?? 0);
    if (!(await lstat(socket)).isSocket()) throw new Error(`${socket} is no socket`);
    await chmod(socket, 0o666);
    return socket;
  }

  /** Ends a daemon that does not answer. Errors: Unreachable when it must not be ended. */
  async #endUnanswering(found: ProcessIdentity, cause: unknown): Promise<null> {
    const name = `${PROGRAM} (process ${found.pid})`;
    if (this.#hooks.isNeeded(this.#options.drive)) {
      const error = new Unreachable(`${name} does not answer, and is not ended: servers write through it`, {
        cause,
      });
      this.#hooks.onTrouble(error);
      throw error;
    }
    this.#hooks.onTrouble(new Error(`${name} does not answer: another one takes its place`, { cause }));
    await endProcess(found);
    return null;
  }

  async #launch(): Promise<Caged> {
    const { socketDir, cage, logFile, home, sees, fileBytes, sandboxer } = this.#options;
    await cage.prepare();
    const { uid } = cage;
    const folder = dirname(this.#nbdSocketPath);
    await mkdir(folder, { recursive: true });
    await Promise.all([chmod(socketDir, 0o700), chmod(folder, 0o711)]);
    if (uid !== null) for (const each of [folder, socketDir]) await chown(each, uid, uid);
    const log = await open(logFile, "a", 0o600);
    try {
      const sandbox = {
        ...{ network: "none" as const, tied: false, environment: KEEPS_MEMORY },
        ...limitOf(fileBytes()),
        view: { writes: [...sees(), socketDir], cwd: home },
      };
      const command = commandLine(programPath(PROGRAM), this.#qmpSocketPath, this.#nbdSocketPath);
      const env = { PATH: process.env.PATH, ...KEEPS_MEMORY };
      const caged = spawnCaged(cage, sandboxer, sandbox, command, {
        // It opens nothing before it is asked to, and nobody asks it before it is in its cage.
        ...{ cwd: home, env, stdio: ["ignore", log.fd, log.fd], isHeld: false },
      });
      // That it could not even be started shows as a socket that never comes.
      caged.child.on("error", () => {});
      caged.child.unref();
      return caged;
    } finally {
      await log.close();
    }
  }
}

const limitOf = (fileBytes: number | undefined) => (fileBytes === undefined ? {} : { fileBytes });

function commandLine(program: string, qmpSocketPath: string, nbdSocketPath: string): string[] {
  const nbdServer = { addr: { type: "unix", path: nbdSocketPath }, "max-connections": 0 };
  return [
    program,
    "--chardev",
    chardev(qmpSocketPath),
    "--monitor",
    JSON.stringify({ chardev: "qmp" }),
    "--nbd-server",
    JSON.stringify(nbdServer),
  ];
}

/** Of all options only --chardev takes no JSON; a comma in a value is doubled. */
function chardev(qmpSocketPath: string): string {
  return `socket,id=qmp,path=${qmpSocketPath.replaceAll(",", ",,")},server=on,wait=off`;
}

/** Where the storage daemon of that folder of sockets is commanded. */
const qmpSocketOf = (socketDir: string): string => join(socketDir, "qmp.sock");

/** The storage daemon with that folder of sockets; null when none runs. */
export function findStorageDaemon(socketDir: string): Promise<ProcessIdentity | null> {
  return findProcess("--nbd-server", chardev(qmpSocketOf(socketDir)));
}

/** The folder of sockets that a command line names, null where it is not a storage daemon's. */
export function socketDirNamedBy(words: readonly string[]): string | null {
  const [, path] =
    /^socket,id=qmp,path=(.*),server=on,wait=off$/.exec(words[words.indexOf("--chardev") + 1] ?? "") ?? [];
  return path === undefined || !words.includes("--nbd-server") ? null : dirname(path.replaceAll(",,", ","));
}
