/**
 * The storage daemon: one `qemu-storage-daemon` for the cloud, through which all bytes of drives go that no server's
 * QEMU has open. It is detached, since servers reach their shared drives through it: the next start of Lodge finds it
 * by the socket that its command line names, and goes on with it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { chmod, chown, mkdir, open, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { failed } from "../../base/errors.ts";
import { confine, endProcess, identify, isRunning, type ProcessIdentity } from "../process/process.ts";
import { connectQmp, type Qmp } from "../wire/qmp.ts";

const PROGRAM = "qemu-storage-daemon";
const LAUNCH_MS = 10_000;
const QUIT_MS = 5_000;
const POLL_MS = 3;
/**
 * The C library is to keep what a request's buffer took for the next one (mallopt(3)). Otherwise it gives every large
 * buffer back at once, and taking fresh pages costs as much as writing them: a raw drive was written at 0.6 of the speed.
 */
export const KEEPS_MEMORY = { MALLOC_MMAP_THRESHOLD_: "33554432", MALLOC_TRIM_THRESHOLD_: "33554432" };

export type StorageDaemonOptions = {
  /** Working directory of the daemon: drives' files are named relative to it. */
  readonly home: string;
  /** For its sockets; made here, closed to everyone but `uid`. */
  readonly socketDir: string;
  /** What it writes to standard error goes here. */
  readonly logFile: string;
  readonly uid: number | null;
};

/** A daemon that runs, from its launch or adoption until it is lost. */
export type Session = {
  readonly qmp: Qmp;
  readonly nbdSocketPath: string;
  /** It was there before we were. */
  readonly adopted: boolean;
  /** Settles when the export has gone, or the daemon; to be called before that is asked for. */
  exportGone(id: string): Promise<void>;
};

export type StorageDaemon = {
  /** The daemon, launched or adopted when there is none at hand. Errors: `failed` when it does not come up. */
  session(): Promise<Session>;
  /** Lets go of it. It ends, unless it is to stay for servers that use it. */
  close(stays: boolean): Promise<void>;
};

export type SessionHooks = {
  /** Has its turn before anyone else gets the session. */
  onBegin(session: Session): Promise<void>;
  /** The session ended without `close`, whatever ended it. */
  onLost(): void;
};

export function storageDaemon(
  options: StorageDaemonOptions,
  { onBegin, onLost }: SessionHooks,
): StorageDaemon {
  const qmpSocketPath = join(options.socketDir, "qmp.sock");
  const nbdSocketPath = join(options.socketDir, "nbd.sock");
  let current: Promise<Session> | null = null;
  let closing = false;

  async function begin(): Promise<Session> {
    const gone = new Map<string, () => void>();
    const { qmp, adopted } = await bring((id) => {
      gone.get(id)?.();
      gone.delete(id);
    });
    qmp.closed.then(() => {
      for (const resolve of gone.values()) resolve();
      current = null;
      if (!closing) onLost();
    });
    const exportGone = (id: string) => new Promise<void>((resolve) => gone.set(id, resolve));
    const session = { qmp, nbdSocketPath, adopted, exportGone };
    try {
      await onBegin(session);
    } catch (error) {
      // The socket takes one client at a time: whoever tries again is to find it free.
      qmp.close();
      throw error;
    }
    return session;
  }

  async function bring(onExportGone: (id: string) => void): Promise<{ qmp: Qmp; adopted: boolean }> {
    const talk = () =>
      connectQmp(
        qmpSocketPath,
        ({ event, data }) => {
          if (event === "BLOCK_EXPORT_DELETED") onExportGone(String(data.id));
        },
        LAUNCH_MS,
      );
    const found = await findStorageDaemon(qmpSocketPath);
    if (found !== null) {
      const qmp = await talk().catch(() => null);
      if (qmp !== null) return { qmp, adopted: true };
      await endProcess(found);
    }
    const child = await launch();
    const deadline = performance.now() + LAUNCH_MS;
    for (;;) {
      const qmp = await talk().catch((cause: unknown) => {
        const ended = child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
        if (ended || performance.now() > deadline) {
          child.kill("SIGKILL");
          throw failed(`${PROGRAM} does not come up; ${options.logFile} may say why`, { cause });
        }
        return null;
      });
      if (qmp !== null) return { qmp, adopted: false };
      await delay(POLL_MS);
    }
  }

  async function launch(): Promise<ChildProcess> {
    await mkdir(options.socketDir, { recursive: true });
    await chmod(options.socketDir, 0o700);
    if (options.uid !== null) await chown(options.socketDir, options.uid, options.uid);
    const log = await open(options.logFile, "a", 0o600);
    try {
      const command = confine({ uid: options.uid, netns: null }, commandLine(qmpSocketPath, nbdSocketPath));
      const [program = "", ...words] = command;
      const child = spawn(program, words, {
        cwd: options.home,
        env: { PATH: process.env.PATH, ...KEEPS_MEMORY },
        detached: true,
        stdio: ["ignore", log.fd, log.fd],
      });
      // That it could not even be started shows as a socket that never comes.
      child.on("error", () => {});
      child.unref();
      return child;
    } finally {
      await log.close();
    }
  }

  return {
    session() {
      if (closing) return Promise.reject(failed("Lodge is being stopped"));
      if (current === null) {
        const beginning = begin();
        current = beginning;
        beginning.catch(() => {
          if (current === beginning) current = null;
        });
      }
      return current;
    },
    async close(stays) {
      closing = true;
      const session = await current?.catch(() => null);
      const found = stays ? null : await findStorageDaemon(qmpSocketPath);
      if (found !== null) {
        // The connection may be cut before the answer.
        await session?.qmp.execute("quit").catch(() => {});
        await ended(found, session ? QUIT_MS : 0);
      }
      session?.qmp.close();
    },
  };
}

/** Waits for a process that was told to end, and ends it when it does not. */
async function ended(identity: ProcessIdentity, patienceMs: number): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (performance.now() < deadline) {
    if (!(await isRunning(identity))) return;
    await delay(POLL_MS);
  }
  await endProcess(identity);
}

function commandLine(qmpSocketPath: string, nbdSocketPath: string): string[] {
  const nbdServer = { addr: { type: "unix", path: nbdSocketPath }, "max-connections": 0 };
  // Of all options only --chardev takes no JSON; a comma in a value is doubled.
  const path = qmpSocketPath.replaceAll(",", ",,");
  return [
    PROGRAM,
    "--chardev",
    `socket,id=qmp,path=${path},server=on,wait=off`,
    "--monitor",
    JSON.stringify({ chardev: "qmp" }),
    "--nbd-server",
    JSON.stringify(nbdServer),
  ];
}

/** The storage daemon whose command line names this socket (proc(5), cmdline). */
export async function findStorageDaemon(qmpSocketPath: string): Promise<ProcessIdentity | null> {
  const wanted = commandLine(qmpSocketPath, "")[2] ?? "";
  for (const entry of await readdir("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    const words = (await readFile(`/proc/${entry}/cmdline`, "utf8").catch(() => "")).split("\0");
    // Before it has dropped its privileges it still is setpriv.
    if (!["setpriv", PROGRAM].includes(basename(words[0] ?? "")) || !words.includes(wanted)) continue;
    const identity = await identify(Number(entry));
    if (identity !== null) return identity;
  }
  return null;
}
