/** Drives on a home of their own, for tests: real files, a real storage daemon, and nothing left behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt, randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Downloader } from "../../src/download/download.ts";
import { AddressJudge } from "../../src/download/judge.ts";
import type { Attachment, Exporter } from "../../src/host/attachment.ts";
import type { Cipher, Volume } from "../../src/host/host.ts";
import { endProcess, type ProcessIdentity } from "../../src/host/process/process.ts";
import { findSandboxer } from "../../src/host/process/sandbox.ts";
import { Uids } from "../../src/host/qemu/uids.ts";
import type { Bounds } from "../../src/host/quota/bounds.ts";
import { type LocalDriveHost, openDriveHost } from "../../src/host/volumes/drive-host.ts";
import { findStorageDaemon } from "../../src/host/volumes/storage-daemon.ts";
import { findStorageDaemons, socketDirOf } from "../../src/host/volumes/storage-daemons.ts";
import { connectNbd, type NbdAddress } from "../../src/host/wire/nbd.ts";
import { testBounds } from "../cages.ts";

export const CIPHERS: readonly Cipher[] = ["none", "aes-xts-plain"];

/** What volumes there are. */
export const KINDS: readonly Pick<Volume, "format" | "cipher">[] = [
  { format: "raw", cipher: "none" },
  { format: "qcow2", cipher: "none" },
  { format: "qcow2", cipher: "aes-xts-plain" },
];

/** For a drive that no server's QEMU has to be asked for. */
export const noExporter: Exporter = () => Promise.reject(new Error("this server exports nothing"));

const isRoot = process.getuid?.() === 0;

/** Who may mount a tmpfs. */
export const needsRoot = isRoot ? {} : { skip: "needs root" };

/** Stands for a server's QEMU. */
export type Stand = { readonly pid: number; readonly address: NbdAddress; end(): Promise<void> };

export type Fixture = {
  readonly home: string;
  /** The host that is open now. */
  readonly host: LocalDriveHost;
  /** Emits `change` with a drive's uuid when a job onto it has ended, and `trouble` when it was told of one. */
  readonly events: EventEmitter;
  /** What the host told of that went wrong and is tried again. */
  readonly troubles: unknown[];
  /** Closes the host, does what is to happen meanwhile, and opens it again. */
  reopen(meanwhile?: () => Promise<void>): Promise<void>;
  /** Where the host keeps its sockets, and what need not outlive the machine. */
  readonly runDir: string;
  /** Where the storage daemon is commanded that a shared drive has for itself; absent: that of all drives. */
  qmpSocketPath(drive?: string): string;
  /** Where that one serves what it has open. */
  nbdSocketPath(drive?: string): string;
  /** Who QEMU runs as; null: our own user. */
  readonly uid: number | null;
  /** What its processes are bounded by. */
  readonly bounds: Bounds;
  /** That storage daemon; null when it does not run. */
  daemon(drive?: string): Promise<ProcessIdentity | null>;
  /** Ends that storage daemon by SIGKILL and waits until it is gone. */
  killDaemon(drive?: string): Promise<void>;
  /** Opens a drive as a server's QEMU would, and exports it; ended with the test. */
  openLikeServer(attachment: Attachment, nodeName: string, writable?: boolean): Promise<Stand>;
};

/** A fixture that ends with the test. `mount` may put something under the home, and answers how to take it away. */
export async function openFixture(
  context: { after(work: () => Promise<void>): void },
  mount: (home: string) => Promise<() => Promise<unknown>> = async () => async () => {},
  options: { readonly deadlineMs?: number } = {},
): Promise<Fixture> {
  // QEMU's user cannot get through the folder above the home: it needs not.
  const above = await mkdtemp(join(tmpdir(), "lodge-drives-"));
  const home = join(above, "home");
  await mkdir(home);
  const unmount = await mount(home);
  await chmod(home, 0o711);
  const runDir = await mkdtemp(join(tmpdir(), "lodge-run-"));
  await chmod(runDir, 0o711);
  const uid = isRoot ? randomInt(200_000, 2_000_000) : null;
  const sandboxer = await findSandboxer();
  const { bounds, close: closeBounds } = await testBounds();
  const children: ChildProcess[] = [];
  const qmpSocketPath = (drive?: string) => join(socketDirOf(runDir, drive ?? null), "qmp.sock");
  const nbdSocketPath = (drive?: string) => join(socketDirOf(runDir, drive ?? null), "nbd", "sock");
  const daemon = (drive?: string) => findStorageDaemon(socketDirOf(runDir, drive ?? null));
  const killDaemon = async (drive?: string) => {
    const identity = await daemon(drive);
    if (identity !== null) await endProcess(identity);
  };

  const open = () =>
    openDriveHost({
      home,
      runDir,
      ...{ uid, sandboxer, bounds, ids: idsBehind(uid) },
      downloader: new Downloader({ judge: new AddressJudge(["127.0.0.0/8"], () => []) }),
      onChange: (uuid) => events.emit("change", uuid),
      onTrouble(error) {
        fixture.troubles.push(error);
        events.emit("trouble", error);
      },
      ...options,
    });
  const events = new EventEmitter();
  let host: LocalDriveHost | null = null;
  const fixture: Fixture = {
    home,
    get host() {
      assert(host !== null);
      return host;
    },
    events,
    troubles: [],
    async reopen(meanwhile = async () => {}) {
      await host?.close();
      host = null;
      await meanwhile();
      host = await open();
    },
    runDir,
    ...{ qmpSocketPath, nbdSocketPath },
    ...{ uid, bounds },
    daemon,
    killDaemon,
    async openLikeServer(attachment, nodeName, writable = true) {
      const socketPath = join(runDir, `${nodeName}.sock`);
      const { child, stand } = await standIn({ home, socketPath, attachment, nodeName, writable });
      children.push(child);
      return stand;
    },
  };

  context.after(async () => {
    await host?.close();
    for (const child of children) child.kill("SIGKILL");
    for (const identity of await findStorageDaemons(runDir)) await endProcess(identity);
    await closeBounds();
    await unmount();
    await rm(runDir, { recursive: true });
    await rm(above, { recursive: true });
  });
  host = await open();
  return fixture;
}

/** Those of what works on drives, for a host that has nothing open. */
const idsBehind = (uid: number | null) =>
  uid === null ? null : new Uids({ first: uid + 1, last: uid + 99 }).fromEnd;

type StandOptions = {
  readonly home: string;
  readonly socketPath: string;
  readonly attachment: Attachment;
  readonly nodeName: string;
  readonly writable: boolean;
};

/** Opens the attachment in a process of its own, which exports it at the socket. */
async function standIn(options: StandOptions): Promise<{ child: ChildProcess; stand: Stand }> {
  const { home, socketPath, attachment, nodeName, writable } = options;
  const { blockdev, secret } = attachment;
  const child = spawn(
    "qemu-storage-daemon",
    [
      ...(secret === null
        ? []
        : ["--object", JSON.stringify({ "qom-type": "secret", id: secret.id, data: secret.text })]),
      "--blockdev",
      JSON.stringify(blockdev),
      "--nbd-server",
      JSON.stringify({ addr: { type: "unix", path: socketPath } }),
      "--export",
      JSON.stringify({ type: "nbd", id: "e", "node-name": nodeName, name: "d", writable }),
    ],
    { cwd: home, stdio: ["ignore", "ignore", "inherit"] },
  );
  const address = { socketPath, exportName: "d" };
  const gone = once(child, "exit");
  try {
    await reachable(address, child);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
  // A server's QEMU is of the same user as all others; this one is ours.
  await chmod(socketPath, 0o666);
  const stand: Stand = {
    pid: child.pid ?? 0,
    address,
    async end() {
      child.kill("SIGKILL");
      await gone;
      await rm(socketPath, { force: true });
    },
  };
  return { child, stand };
}

async function reachable(address: NbdAddress, child: ChildProcess): Promise<void> {
  for (;;) {
    assert.equal(child.exitCode, null, "the stand-in for a server ended");
    const nbd = await connectNbd(address).catch(() => null);
    if (nbd !== null) return nbd.close();
    await delay(5);
  }
}

/** The volume of a new drive. */
export function newDrive(cipher: Cipher, sizeBytes: number, format?: Volume["format"]): Volume {
  const secret = cipher === "none" ? null : `${randomUUID()}${randomUUID()}`;
  const kind = format ?? (cipher === "none" ? "raw" : "qcow2");
  return { uuid: randomUUID(), format: kind, sizeBytes, cipher, secret, backing: null };
}

/** A stream of the bytes, in chunks of `chunkBytes`. */
export async function* streamOf(bytes: Uint8Array, chunkBytes = 50_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    // A copy, as the drive takes over what it is given.
    yield new Uint8Array(bytes.subarray(at, at + chunkBytes));
  }
}
