/**
 * A fork server: a small process that starts programs for this one, and hands on what they read and write. Node starts a
 * program by fork(2), which copies the page tables of whoever calls it while its main thread waits for that: 3 to 20 ms of
 * a daemon. A small process has few of these, and nobody waits for it but who wants the program.
 *
 * It is perl, an essential package of Debian. Orders come by its standard input, and where that ends it ends; what it started
 * by then goes on. Either way, what is sent are frames: the number of a run, what it is about, its length (32 bits, 8, 32), and
 * as many bytes.
 *
 *     to it    r  run: folder, environment, words, what it reads; each but the last behind its length, their parts between NULs
 *              k  kill its process group
 *     from it  p  its process: 32 bits
 *              o  what it wrote to standard output        e  the same to standard error
 *              x  it has ended, and its output has: what wait(2) tells
 *              f  it could not be started: errno(3), 32 bits
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { programPath } from "./programs.ts";

/** A pipe takes 4 KiB at once wherever select(2) says that it takes something. WNOHANG (waitpid(2)) is 1. */
const PROGRAM = `
my ($taken, %runs) = ("");
umask $ARGV[0];
$SIG{PIPE} = sub {};
sub told {
  my ($id, $kind, $text) = @_;
  my $frame = pack("NaN", $id, $kind, length $text) . $text;
  while (length $frame) {
    my $count = syswrite(STDOUT, $frame);
    exit unless defined $count;
    substr($frame, 0, $count, "");
  }
}
sub begin {
  my ($id, $folder, $environment, $words, $input) = @_;
  my ($read, $in, $out, $written, $err, $said, $why, $fault);
  my @pipes = (\\($read, $in), \\($out, $written), \\($err, $said), \\($why, $fault));
  while (my ($from, $to) = splice @pipes, 0, 2) { pipe($$from, $$to) or return told($id, "f", pack "N", $!) }
  my $pid = fork;
  return told($id, "f", pack "N", $!) unless defined $pid;
  unless ($pid) {
    setpgrp(0, 0);
    %ENV = map { split /=/, $_, 2 } split /\\0/, $environment;
    my @words = split /\\0/, $words, -1;
    open(STDIN, "<&", $read) and open(STDOUT, ">&", $written) and open(STDERR, ">&", $said)
      and (!length $folder || chdir $folder) and exec { $words[0] } @words;
    syswrite $fault, pack "N", $!;
    exit 127;
  }
  close $fault;
  if (sysread $why, my $errno, 4) { waitpid($pid, 0); return told($id, "f", $errno) }
  told($id, "p", pack "N", $pid);
  close $in unless length $input;
  $runs{$id} = { pid => $pid, input => $input, in => length $input ? $in : undef, o => $out, e => $err };
}
while (1) {
  my ($reads, $writes, $isEnding) = ("", "", 0);
  vec($reads, 0, 1) = 1;
  for my $run (values %runs) {
    vec($reads, fileno $_, 1) = 1 for grep { $_ } @$run{"o", "e"};
    vec($writes, fileno $run->{in}, 1) = 1 if $run->{in};
    $isEnding = 1 unless $run->{o} || $run->{e};
  }
  next if select($reads, $writes, undef, $isEnding ? 0.002 : undef) < 0;
  for my $id (keys %runs) {
    my $run = $runs{$id};
    for my $kind (grep { $run->{$_} && vec($reads, fileno $run->{$_}, 1) } "o", "e") {
      my $count = sysread($run->{$kind}, my $bytes, 65536);
      if ($count) { told($id, $kind, $bytes) } else { $run->{$kind} = undef }
    }
    if ($run->{in} && vec($writes, fileno $run->{in}, 1)) {
      my $count = syswrite($run->{in}, $run->{input}, 4096);
      substr($run->{input}, 0, $count, "") if $count;
      $run->{in} = undef unless $count && length $run->{input};
    }
    next if $run->{o} || $run->{e} || waitpid($run->{pid}, 1) == 0;
    delete $runs{$id};
    told($id, "x", pack "N", $?);
  }
  next unless vec($reads, 0, 1);
  sysread(STDIN, $taken, 65536, length $taken) or exit;
  while (length $taken >= 9) {
    my ($id, $kind, $length) = unpack "NaN", $taken;
    last if length $taken < 9 + $length;
    my $text = substr $taken, 9, $length;
    substr($taken, 0, 9 + $length, "");
    if ($kind eq "r") { begin($id, unpack "N/a N/a N/a a*", $text) }
    elsif ($runs{$id}) { kill KILL => -$runs{$id}{pid} }
  }
}`;

const HEAD_BYTES = 9;

/** As this process began: it may be another for a moment, in which the first program is run. */
const UMASK = process.umask();

/** How a program ended: with a code, or by a signal. */
export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Forked = {
  /** Settles once it has ended, and its output has. Errors: it could not be started; the fork server has ended. */
  readonly ended: Promise<Ended>;
  /** Kills it with all of its process group. */
  kill(): void;
};

export type Fork = {
  /** Whose first word is a path. */
  readonly command: readonly string[];
  /** Where it begins; null: where this process began. */
  readonly folder: string | null;
  readonly environment: NodeJS.ProcessEnv;
  /** What it reads. */
  readonly input: string;
  readonly onOutput: (bytes: Buffer) => void;
  readonly onError: (bytes: Buffer) => void;
};

type Run = Pick<Fork, "onOutput" | "onError"> &
  PromiseWithResolvers<Ended> & { readonly program: string; pid: number | null };

/**
 * Starts the program, in a process group of its own. Errors: a NUL where the system knows none; ProgramMissing, of perl;
 * perl cannot be started.
 */
export async function fork(options: Fork): Promise<Forked> {
  const { command, folder, environment } = options;
  const texts = [...command, folder ?? "", ...Object.entries(environment).flat()];
  if (texts.some((text) => text?.includes("\0"))) {
    throw new Error(`a NUL stands in the words, folder or environment of ${command[0]}`);
  }
  if (server === null) {
    const started = ForkServer.start();
    server = started;
    started.catch(() => {
      if (server === started) server = null;
    });
  }
  return (await server).fork(options);
}

let server: Promise<ForkServer> | null = null;

class ForkServer {
  readonly #child: ChildProcess;
  readonly #runs = new Map<number, Run>();
  #last = 0;
  #taken: Buffer = Buffer.alloc(0);

  static async start(): Promise<ForkServer> {
    const child = spawn(programPath("perl"), ["-e", PROGRAM, String(UMASK)], {
      // What else is in the environment may tell perl how to read and write.
      ...{ env: { PATH: process.env.PATH }, detached: true, stdio: ["pipe", "pipe", "ignore"] },
    });
    if (child.pid === undefined) throw (await once(child, "error"))[0];
    return new ForkServer(child);
  }

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdin?.on("error", () => child.stdin?.destroy());
    child.stdout?.on("data", (bytes: Buffer) => this.#take(bytes));
    child.on("close", () => this.#end());
    this.#hold(false);
  }

  fork({ command, folder, environment, input, onOutput, onError }: Fork): Forked {
    const id = ++this.#last;
    const run = {
      program: command[0] ?? "",
      pid: null,
      onOutput,
      onError,
      ...Promise.withResolvers<Ended>(),
    };
    const known = Object.entries(environment).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    this.#runs.set(id, run);
    this.#hold(true);
    const parts = [folder ?? "", known.join("\0"), command.join("\0")].map((part) => Buffer.from(part));
    this.#send(
      id,
      "r",
      Buffer.concat([...parts.flatMap((part) => [length(part), part]), Buffer.from(input)]),
    );
    return { ended: run.promise, kill: () => this.#send(id, "k", Buffer.alloc(0)) };
  }

  #send(id: number, kind: "r" | "k", bytes: Buffer): void {
    const head = Buffer.alloc(HEAD_BYTES);
    head.writeUInt32BE(id);
    head.write(kind, 4, "latin1");
    head.writeUInt32BE(bytes.length, 5);
    this.#child.stdin?.write(Buffer.concat([head, bytes]));
  }

  #take(bytes: Buffer): void {
    let left = this.#taken.length === 0 ? bytes : Buffer.concat([this.#taken, bytes]);
    while (left.length >= HEAD_BYTES && left.length >= HEAD_BYTES + left.readUInt32BE(5)) {
      const end = HEAD_BYTES + left.readUInt32BE(5);
      this.#hear(left.readUInt32BE(0), left.toString("latin1", 4, 5), left.subarray(HEAD_BYTES, end));
      left = left.subarray(end);
    }
    this.#taken = left;
  }

  #hear(id: number, kind: string, bytes: Buffer): void {
    const run = this.#runs.get(id);
    if (run === undefined) return;
    if (kind === "o") run.onOutput(bytes);
    else if (kind === "e") run.onError(bytes);
    else if (kind === "p") run.pid = bytes.readUInt32BE(0);
    else {
      this.#runs.delete(id);
      if (this.#runs.size === 0) this.#hold(false);
      const told = bytes.readUInt32BE(0);
      if (kind === "x") run.resolve(endedAs(told));
      else run.reject(notStarted(run.program, told));
    }
  }

  /** It was killed: what it runs is, too, whoever waits is told, and the next one has another. */
  #end(): void {
    server = null;
    for (const { pid, reject } of this.#runs.values()) {
      if (pid !== null) killGroup(pid);
      reject(new Error("the fork server has ended"));
    }
    this.#runs.clear();
  }

  /** Whether this process goes on for it: while somebody waits for what it runs. */
  #hold(isHeld: boolean): void {
    const { stdin, stdout } = this.#child;
    for (const each of [this.#child, stdin as Socket | null, stdout as Socket | null]) {
      if (isHeld) each?.ref();
      else each?.unref();
    }
  }
}

/** It may have ended by itself, or be another user's by now. */
function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!["ESRCH", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

function length(bytes: Buffer): Buffer {
  const told = Buffer.alloc(4);
  told.writeUInt32BE(bytes.length);
  return told;
}

/** As child_process has it. */
function notStarted(program: string, errno: number): NodeJS.ErrnoException {
  const [code = `errno ${errno}`] =
    Object.entries(constants.errno).find(([, number]) => number === errno) ?? [];
  return Object.assign(new Error(`${program} could not be started: ${code}`), { code });
}

/** What wait(2) tells of an end. */
function endedAs(status: number): Ended {
  const signal = status & 127;
  if (signal === 0) return { code: status >> 8, signal: null };
  const [name] = Object.entries(constants.signals).find(([, number]) => number === signal) ?? [];
  return { code: null, signal: name as NodeJS.Signals };
}
