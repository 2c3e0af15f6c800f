/**
 * A sandbox: what a process is confined to whose bytes come from a stranger. It has a uid of its own, a view of the
 * machine in which there is nothing but what it is given, namespaces of processes and of System V and POSIX IPC of its own,
 * a filter of what it may ask of the kernel, no environment, no core file, and a limit to what it may make of a file.
 *
 * Root makes the view with bubblewrap (bwrap(1)) before it gives its rights up, so that the machine need allow nobody else
 * to make namespaces, and nothing of the machine need be open to the uid. Whoever is not root has the view in a user
 * namespace, where the kernel lets them, and their own uid.
 */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import { basename } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { inOneLine } from "../../base/one-line.ts";
import { openFilter } from "./filter-file.ts";
import { confine } from "./process.ts";
import { ProgramMissing, programPath } from "./programs.ts";
import { hasFilter, type Sockets } from "./system-calls.ts";

/** What is seen of the machine: by the same paths as on it. */
export type View = {
  /** Files and folders that can be read. */
  readonly reads?: readonly string[];
  /** Files and folders that can be changed, as far as their modes allow it. */
  readonly writes?: readonly string[];
  /** Devices besides those that all have (null, zero, full, random, urandom, tty). */
  readonly devices?: readonly string[];
  /** Where it begins; absent: the root of the view. */
  readonly cwd?: string;
};

export type Sandbox = {
  /** Null for this user's own. */
  readonly uid: number | null;
  /** The one group besides its own, by which it uses a device. */
  readonly group?: number | null;
  /** `none`: no network at all; null: that of whoever starts it. */
  readonly network: "none" | null;
  readonly view: View;
  /** The end of the longest file that it may write. */
  readonly fileBytes?: number;
  /** Of which families it may make sockets; absent: AF_UNIX alone. */
  readonly sockets?: Sockets;
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether it is ended with the process that starts it. */
  readonly tied: boolean;
  /** The descriptor at which the sandboxer finds the filter of system calls (`filterOf`); absent: there is none. */
  readonly filter?: number;
  /** The descriptor at which the sandboxer says what its process is (`reportedIn`); absent: it does not. */
  readonly reports?: number;
  /** The descriptor at which the sandboxer waits for a word, with the view made and nothing begun; absent: it does not. */
  readonly holds?: number;
};

/** A standard stream or descriptor of a process: as child_process.spawn has it, a descriptor, or a socket that is handed over. */
export type Stdio = string | number | Socket;

/** What confines: the whole paths of its programs, and whether there are views to be had. */
export type Sandboxer = {
  readonly bwrap: string | null;
  readonly setpriv: string;
};

const REPORT = z.object({ "child-pid": z.int().positive() });

/** Libraries, and the loader of programs. */
const LIBRARIES = ["/usr/lib", "/usr/lib64"];
/** Where a system has them as folders of their own, these are seen as such. */
const LINKS: readonly (readonly [target: string, link: string])[] = [
  ["usr/lib", "/lib"],
  ["usr/lib64", "/lib64"],
  ["usr/bin", "/bin"],
];
/** How long the sandboxer may take as it is tried, and how much of what it says is repeated. */
const TRY_MS = 10_000;
const SAID_CHARACTERS = 500;
const TMP_BYTES = 16 * 2 ** 20;
/** What root needs inside to give everything up. */
const TO_LEAVE = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"];

/** What was found, and why there are no views to be had, null where there are. */
export type FoundSandboxer = Sandboxer & { readonly obstacle: string | null };

/** The sandboxer of this machine. Views are there where it is tried and works. Errors: ProgramMissing, of setpriv. */
export async function findSandboxer(): Promise<FoundSandboxer> {
  const setpriv = programPath("setpriv");
  const bwrap = pathOf("bwrap");
  if (bwrap === null) return { bwrap, setpriv, obstacle: "bwrap is not installed" };
  const sandboxer = { bwrap, setpriv, obstacle: null };
  const uid = process.getuid?.() === 0 ? 65_534 : null;
  const sandbox = { uid, network: "none", view: {}, tied: true } as const;
  const child = spawnSandboxed(sandboxer, sandbox, ["/usr/bin/true"], { env: {}, timeout: TRY_MS }, [
    "ignore",
    "ignore",
    "pipe",
  ]);
  const [said, [code]] = await Promise.all([
    child.stderr === null ? "" : text(child.stderr).catch(() => ""),
    once(child, "exit").catch(() => [1]),
  ]);
  if (code === 0) return sandboxer;
  const why = inOneLine(said.slice(0, SAID_CHARACTERS)).replace(/^bwrap: /, "");
  return { bwrap: null, setpriv, obstacle: `bwrap does not work here: ${why || "it ends without a word"}` };
}

/** Null where it is not installed. */
function pathOf(program: string): string | null {
  try {
    return programPath(program);
  } catch (error) {
    if (error instanceof ProgramMissing) return null;
    throw error;
  }
}

/**
 * Starts `command`, whose first word is a whole path, in the sandbox, with these standard streams and descriptors. Where
 * views are to be had, and for this kind of machine, it is under a filter of system calls.
 */
export function spawnSandboxed(
  sandboxer: Sandboxer,
  sandbox: Sandbox,
  command: readonly string[],
  options: Omit<SpawnOptions, "stdio">,
  stdio: readonly Stdio[],
): ChildProcess {
  const filter = sandboxer.bwrap !== null && hasFilter() ? openFilter(sandbox.sockets ?? "unix") : null;
  try {
    const confined = filter === null ? sandbox : { ...sandbox, filter: stdio.length };
    const [program = "", ...words] = sandboxed(sandboxer, confined, command);
    const all = filter === null ? stdio : [...stdio, filter];
    return spawn(program, words, { ...options, stdio: all as SpawnOptions["stdio"] & object });
  } finally {
    if (filter !== null) closeSync(filter);
  }
}

/**
 * The command that runs `command`, whose first word is a whole path, in the sandbox. Without views what is left of it is
 * the uid, and that there are no privileges.
 */
function sandboxed(sandboxer: Sandboxer, sandbox: Sandbox, command: readonly string[]): string[] {
  const { fileBytes } = sandbox;
  const fileLimit = fileBytes === undefined ? [] : [`--fsize=${fileBytes}`];
  return [programPath("prlimit"), "--core=0", ...fileLimit, "--", ...unlimited(sandboxer, sandbox, command)];
}

/** The same, for one that is under its limits already. */
export function unlimited(
  sandboxer: Sandboxer,
  sandbox: Omit<Sandbox, "fileBytes">,
  command: readonly string[],
): string[] {
  const { uid, group = null, tied } = sandbox;
  const { bwrap, setpriv } = sandboxer;
  if (bwrap === null) {
    // The kernel forgets whose end is to be its own when a process gets another uid (prctl(2)): it is told behind that.
    const inner = tied ? [setpriv, "--pdeathsig=KILL", "--", ...command] : command;
    return confine({ uid, netns: null, group }, inner);
  }
  const [, ...drop] = confine({ uid, netns: null, group }, command);
  const inside = uid === null ? command : [setpriv, ...drop];
  const view = viewWords(sandboxer, sandbox, command[0] ?? "");
  return [bwrap, ...boundaries(sandbox), ...view, "--", ...inside];
}

function boundaries(sandbox: Sandbox): string[] {
  const { uid, network, tied, reports, holds, filter, environment = {} } = sandbox;
  return [
    ...(uid === null ? ["--unshare-user"] : []),
    ...["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"],
    // The signal by which a parent's end reaches a process is one from its user. So what is tied to the daemon has a first
    // process of its namespace that is the daemon's, with which the kernel ends all others.
    tied ? "--die-with-parent" : "--as-pid-1",
    ...(network === "none" ? ["--unshare-net"] : []),
    ...(uid === null ? [] : ["--cap-drop", "ALL", ...TO_LEAVE.flatMap((name) => ["--cap-add", name])]),
    ...(reports === undefined ? [] : ["--info-fd", String(reports)]),
    ...(holds === undefined ? [] : ["--block-fd", String(holds)]),
    ...(filter === undefined ? [] : ["--seccomp", String(filter)]),
    "--clearenv",
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
  ];
}

/** The folders above what is seen are made first: bubblewrap would close those that it makes by itself. */
function viewWords({ setpriv }: Sandboxer, { uid, view }: Sandbox, program: string): string[] {
  const { reads = [], writes = [], devices = [], cwd = "/" } = view;
  const programs = uid === null ? [program] : [setpriv, program];
  const seen = [...LIBRARIES, ...programs, ...reads, ...writes];
  const bind = (how: string, paths: readonly string[]) => paths.flatMap((path) => [how, path, path]);
  return [
    ...["--perms", "1777", "--size", String(TMP_BYTES), "--tmpfs", "/tmp"],
    ...openFolders(seen),
    ...LINKS.flatMap(([target, link]) => ["--symlink", target, link]),
    ...bind("--ro-bind-try", LIBRARIES),
    ...bind("--ro-bind-try", reads),
    ...bind("--ro-bind", programs),
    ...bind("--bind", writes),
    ...["--proc", "/proc", "--dev", "/dev"],
    ...openFolders(devices),
    ...bind("--dev-bind", devices),
    ...["--remount-ro", "/dev"],
    ...["--remount-ro", "/", "--chdir", cwd],
  ];
}

/** All folders above the paths, the outer ones first, each once, open to everybody. */
function openFolders(paths: readonly string[]): string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/").slice(1, -1);
    for (let count = 1; count <= parts.length; count++) folders.add(`/${parts.slice(0, count).join("/")}`);
  }
  return [...folders].sort().flatMap((folder) => ["--perms", "0755", "--dir", folder]);
}

/** The programs between the daemon and what it runs, the last of which stays to watch over it. */
const STEPS = new Set(["prlimit", "bwrap", "setpriv"]);

/** Whether a command line is that of a process which runs another's command. */
export const isSandboxer = ([program = ""]: readonly string[]): boolean => STEPS.has(basename(program));

/** The pid that the sandboxer tells of the process in the sandbox (bwrap(1), `--info-fd`), null where it ends before that. */
export async function reportedIn(report: Readable): Promise<number | null> {
  let text = "";
  for await (const bytes of report) {
    text += bytes;
    const pid = processIn(text);
    if (pid !== null) return pid;
  }
  return null;
}

/** Null of a report that is not whole yet: whoever leaves off reading before that ends it. */
function processIn(report: string): number | null {
  if (!report.trimEnd().endsWith("}")) return null;
  return REPORT.parse(JSON.parse(report))["child-pid"];
}
