/**
 * A launcher: a process that waits, as root, to become the program that it is ordered to run. What does not depend on
 * that program is done before there is an order: it has come from a network namespace into a new one of its own, with the
 * device of all taps open from where it came, so that its program sends and receives by taps of a namespace that it is not in.
 *
 * A tap is bound to a descriptor by ioctl(2), and a namespace made by unshare(2), which Node does not have and perl does: it
 * is an essential package of Debian. The order comes by its standard input. Where that ends before an order is whole, since
 * whoever started the launcher has ended or needs it no more, the launcher ends, too; and where they end before it has come
 * so far that its command line tells of its program, by which whoever comes after them would find it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync } from "node:fs";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { within } from "../../base/deadline.ts";
import { openFilter } from "./filter-file.ts";
import { confine } from "./process.ts";
import { programPath } from "./programs.ts";
import { hasFilter, type Sockets } from "./system-calls.ts";

/**
 * The descriptors of what it launches: where the sandboxer reports, where it finds the filter of system calls, the first
 * of its taps, and behind as many as there may be of these the first of its files.
 */
export const LAUNCHED = { report: 3, filter: 4, taps: 5, files: 7 } as const;
const MOST_TAPS = LAUNCHED.files - LAUNCHED.taps;

/** How long a launcher may take to have come into its namespace, on a busy machine. */
const READY_MS = 10_000;

/** The numbers of unshare(2) and prlimit(2), by the names that Node has for processors (asm/unistd.h of each). */
const CALLS: Readonly<Record<string, readonly [unshare: number, prlimit: number]>> = {
  x64: [272, 302],
  arm64: [97, 261],
  riscv64: [97, 261],
  ppc64: [282, 325],
  s390x: [303, 334],
};

/**
 * TUNSETIFF (linux/if_tun.h) makes the tap where there is none, so it is looked for, among the devices of the namespace that
 * it came from: that file tells of where it was opened. The flags are those that QEMU sets where it opens a tap by its name:
 * IFF_TAP, IFF_NO_PI, IFF_VNET_HDR. Descriptors are the lowest that are free, in their order, of which that of the filter is
 * filled where there is none; exec(2) closes none.
 * A file is opened anew by the descriptor that whoever ordered it has of it, so that its locks are the program's own.
 * Limits: RLIMIT_CORE is 4, RLIMIT_FSIZE 1.
 */
const PROGRAM = `$^F = 1023;
my ($count, $unshare, $prlimit, $keep, $starter) = map { $_ + 0 } @ARGV;
sub limit { syscall($prlimit, 0, $_[0] + 0, pack("QQ", $_[1], $_[1]), 0) == 0 or die "prlimit: $!\\n" }
open(my $filler, "<", "/dev/null") or die "/dev/null: $!\\n";
close $filler if fileno($filler) > ${LAUNCHED.filter};
my @taps = map {
  open(my $tap, "+<", "/dev/net/tun") or die "/dev/net/tun: $!\\n";
  fileno($tap) == $_ or die "a tap is at another descriptor than $_\\n";
  $tap
} ${LAUNCHED.taps} .. ${LAUNCHED.taps} + $count - 1;
open(my $devices, "<", "/proc/self/net/dev") or die "/proc/self/net/dev: $!\\n";
if ($unshare) { syscall($unshare, 0x40000000) == 0 or die "unshare: $!\\n" }
open(my $report, ">&=", ${LAUNCHED.report}) or die "the report: $!\\n";
syswrite($report, "\\n");
my ($length, $order) = split /\\n/, do { local $/; <STDIN> } // "", 2;
exit 1 unless length($order // "") && $length == length $order;
my ($bytes, $names, $files, @words) = split /\\0/, $order, -1;
my @names = splice @words, 0, $names;
my @files = splice @words, 0, 2 * $files;
my $known = join "", <$devices>;
for my $tap (0 .. $#names) {
  my $name = $names[$tap];
  $known =~ /^\\s*\\Q$name\\E:/m or die "there is no tap $name\\n";
  ioctl($taps[$tap], 0x400454ca, pack("a16 S x22", $name, 0x5002)) or die "the tap $name: $!\\n";
}
close $devices;
my $next = ${LAUNCHED.files};
my @open;
while (my ($mode, $path) = splice @files, 0, 2) {
  open(my $file, $mode, $path) or die "$path: $!\\n";
  fileno($file) == $next++ or die "$path is at another descriptor\\n";
  push @open, $file;
}
close $_ for $filler, splice @taps, @names;
open(STDIN, "<", "/dev/null") or die "/dev/null: $!\\n";
limit(4, 0);
limit(1, $bytes) if length $bytes;
close $report unless $keep;
exit 1 unless getppid() == $starter;
exec { $words[0] } @words or die "$words[0]: $!\\n";`;

export type LauncherOptions = {
  /** The network namespace (`/run/netns/NAME`) that it comes from, and whose taps it opens. */
  readonly netns: string;
  /** Whether it is in one of its own, and its program, a sandboxer, reports by itself: else it has no view either. */
  readonly isSandboxed: boolean;
  /** Of which families its program may make sockets. */
  readonly sockets: Sockets;
};

export type Order = {
  /** What it launches, whose first word is a whole path. */
  readonly command: readonly string[];
  /** The taps that it finds open, two at most. */
  readonly taps: readonly string[];
  /** The files that it finds open: by this process's descriptors, which stay open until there is a report. */
  readonly files: readonly { readonly fd: number; readonly readOnly: boolean }[];
  /** The end of the longest file that it may write; null: there is none. */
  readonly fileBytes: number | null;
};

export class Launcher {
  /** The process, which is the program's that it is to launch. */
  readonly child: ChildProcess;
  readonly pid: number;
  /** What the sandboxer says of its process (`reportedIn`), once `ready` has settled. */
  readonly report: Readable;
  /** Settles when it is in its namespace. Errors: DeadlineExceeded; it has ended. */
  readonly ready: Promise<void>;
  #isOrdered = false;

  /** Errors: ProgramMissing; it cannot be started. */
  static async start(options: LauncherOptions): Promise<Launcher> {
    const { isSandboxed, sockets } = options;
    const filter = isSandboxed && hasFilter() ? openFilter(sockets) : null;
    try {
      const [program = "", ...words] = commandOf(options);
      const child = spawn(program, words, {
        ...{ cwd: "/", env: { PATH: process.env.PATH }, detached: true },
        stdio: ["pipe", "ignore", "pipe", "pipe", filter ?? "ignore"],
      });
      return new Launcher(child, child.pid ?? (await failed(child)));
    } finally {
      if (filter !== null) closeSync(filter);
    }
  }

  private constructor(child: ChildProcess, pid: number) {
    this.child = child;
    this.pid = pid;
    // This process does not run for it.
    child.unref();
    for (const stream of child.stdio) (stream as Socket | null)?.unref();
    // One that has ended takes no order, which its exit tells.
    child.stdin?.on("error", () => child.stdin?.destroy());
    this.report = child.stdio[LAUNCHED.report] as Readable;
    this.ready = within(READY_MS, "the making of a launcher", readyAt(this.report));
    // Whoever waits for it is told.
    this.ready.catch(() => {});
  }

  /** Whether it waits for its order. */
  get isWaiting(): boolean {
    return !this.#isOrdered && this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Has it become the program. To be called once. */
  order({ command, taps, files, fileBytes }: Order): void {
    if (this.#isOrdered) throw new Error("a launcher launches once");
    if (taps.length > MOST_TAPS) throw new Error(`a launcher has ${MOST_TAPS} taps at most`);
    this.#isOrdered = true;
    const opened = files.flatMap(({ fd, readOnly }) => [
      readOnly ? "<" : "+<",
      `/proc/${process.pid}/fd/${fd}`,
    ]);
    const counts = [fileBytes ?? "", taps.length, files.length].map(String);
    const order = Buffer.from([...counts, ...taps, ...opened, ...command].join("\0"));
    this.child.stdin?.end(Buffer.concat([Buffer.from(`${order.length}\n`), order]));
  }

  /** Ends it, unless it was ordered. */
  discard(): void {
    if (this.#isOrdered) return;
    this.#isOrdered = true;
    this.child.kill("SIGKILL");
    for (const stream of this.child.stdio) stream?.destroy();
  }
}

function commandOf({ netns, isSandboxed }: LauncherOptions): string[] {
  const calls = CALLS[process.arch];
  if (calls === undefined) throw new Error(`there are no launchers on ${process.arch}`);
  const [unshare, prlimit] = calls;
  const numbers = [MOST_TAPS, isSandboxed ? unshare : 0, prlimit, isSandboxed ? 1 : 0, process.pid].map(
    String,
  );
  return confine({ uid: null, netns }, [programPath("perl"), "-e", PROGRAM, ...numbers]);
}

/** It has no pid, and says why by an event. */
async function failed(child: ChildProcess): Promise<never> {
  throw (await once(child, "error"))[0];
}

/** Takes the one byte that says so off the report. */
function readyAt(report: Readable): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const ended = () => reject(new Error("a launcher ended before it was ready"));
  report.once("readable", () => (report.read(1) === null ? ended() : resolve()));
  report.once("close", ended);
  report.on("error", () => report.destroy());
  return promise;
}
