/**
 * What a worker that was taken over would reach: a probe is started in its place, in the cage and the view of one that copies
 * a drive, and tries all that is others'. The same probe, with the worker's uid and groups but no sandbox, shows what these
 * alone keep from it; and run by root it reaches each: so each of these can be seen.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, mkdtemp, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { dirname, join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runAsPlainUser } from "../../../testing/plain-user.ts";
import { copyJob, driveOf, ended, MIB } from "../../../testing/volumes/copies.ts";
import { type Fixture, newDrive, noExporter, openFixture } from "../../../testing/volumes/drives.ts";
import { hold, worker as workerOf } from "../../../testing/workers.ts";
import type { CopyJob, Volume } from "../host.ts";
import type { Cage } from "../process/cage.ts";
import { confine } from "../process/process.ts";
import { findSandboxer } from "../process/sandbox.ts";
import { startWorker } from "../process/worker.ts";
import { Uids } from "../qemu/uids.ts";
import { Cages } from "./cages.ts";
import { viewOf } from "./copy.ts";
import { Loans } from "./loans.ts";
import { discardStaging, makeStaging, type StagingVolume } from "./staging-volume.ts";
import { longestBytes, volumeName } from "./volume-file.ts";

const PYTHON = "/usr/bin/python3";
/** Large enough that a copy is found under way. */
const SLOW_BYTES = 64 * MIB;
const NAMESPACES = ["cgroup", "ipc", "mnt", "net", "pid", "uts"] as const;
const isRoot = process.getuid?.() === 0;
const root = { skip: isRoot ? false : "only root gives uids" };
const sandboxer = await findSandboxer();
const views = sandboxer.bwrap === null ? "this user gets no views here" : false;

describe("a worker that was taken over", { skip: views }, () => {
  let drives: Fixture;
  let cage: Cage;
  let source: Volume;
  let staging: StagingVolume;
  let job: CopyJob;
  let resume: () => void;
  let marks: string;
  let probe: string;
  const listener = createServer();
  const cleanups: (() => Promise<void>)[] = [];

  before(async () => {
    // All that it would have to pass is open to it: nothing but what is tried keeps it out. Short, for the paths of sockets.
    const folder = await mkdtemp("/tmp/reach-");
    await chmod(folder, 0o711);
    cleanups.unshift(() => rm(folder, { recursive: true }));
    process.env.TMPDIR = folder;
    drives = await openFixture({ after: (work: () => Promise<void>) => void cleanups.unshift(work) });
    const { home, uid, bounds } = drives;
    await chmod(dirname(home), 0o711);
    const volumes = { home, uid };
    await openProbe();
    const others = await driveOf(drives, "none", Buffer.alloc(SLOW_BYTES, "theirs"));
    const target = newDrive("none", SLOW_BYTES);
    await drives.host.create(target, 1);
    job = copyJob(others, target);
    const held = hold(process.pid, "qemu-img");
    await drives.host.startCopy(job, 1);
    resume = await held;
    const shared = await driveOf(drives, "none", Buffer.alloc(MIB, "shared"));
    const request = { volume: shared, shared: true, readOnly: false, nodeName: "n" };
    await drives.host.attach("server", request, noExporter);
    source = await driveOf(drives, "none", Buffer.alloc(MIB, "source"));
    const own = newDrive("none", MIB);
    await drives.host.create(own, 1);
    staging = await makeStaging(volumes, own);
    const ids = uid === null ? null : new Uids({ first: uid + 200, last: uid + 299 }).fromEnd;
    const cages = new Cages({ uid, ids, loans: new Loans(volumes, ids), bounds });
    cage = await cages.copier(staging, source);
    await listen();
    await writeFile(join(marks, "targets.json"), JSON.stringify(await targets(others, shared)));
  });
  after(async () => {
    await cage.clear();
    await discardStaging(drives, staging);
    resume();
    await ended(drives, job);
    listener.close();
    for (const work of cleanups) await work();
  });

  async function openProbe(): Promise<void> {
    marks = join(drives.home, "marks");
    await mkdir(marks);
    await chmod(marks, 0o777);
    probe = join(drives.home, "probe");
    await copyFile(join(import.meta.dirname, "../../../testing/qemu/probe.py"), probe);
    await chmod(probe, 0o755);
  }

  async function listen(): Promise<void> {
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
  }

  async function targets(others: Volume, shared: Volume): Promise<Readonly<Record<string, unknown>>> {
    const { home, daemon, qmpSocketPath, nbdSocketPath } = drives;
    const path = (volume: Parameters<typeof volumeName>[0]) => join(home, volumeName(volume));
    const [general, own] = [await daemon(), await daemon(shared.uuid)];
    assert.ok(general !== null && own !== null);
    const secret = join(home, "master.key");
    await writeFile(secret, "key", { mode: 0o600 });
    const at = async (kind: string) => [kind, await readlink(`/proc/self/ns/${kind}`)];
    return {
      processes: {
        "another worker": await workerOf(process.pid, "qemu-img"),
        "the storage daemon": general.pid,
        "the storage daemon of a shared drive": own.pid,
        "the daemon": process.pid,
      },
      sockets: {
        "all drives' exports": nbdSocketPath(),
        "the storage daemon's commands": qmpSocketPath(),
        "the export of a shared drive": nbdSocketPath(shared.uuid),
        "the commands of a shared drive": qmpSocketPath(shared.uuid),
      },
      exports: { sockets: [nbdSocketPath(), nbdSocketPath(shared.uuid)], mine: "" },
      files: { "another's drive": path(others), "a shared drive": path(shared), "the master key": secret },
      folders: { "/root": "/root", "/etc": "/etc", "/var": "/var", "/sys": "/sys" },
      listeners: { "the machine's own address": ["127.0.0.1", (listener.address() as AddressInfo).port] },
      "read-only": { "what it reads": path(source) },
      written: { "what it fills": path(staging) },
      // Its language.
      environment: ["LC_ALL"],
      namespaces: Object.fromEntries(await Promise.all(NAMESPACES.map(at))),
    };
  }

  async function reached(): Promise<string[]> {
    const file = join(marks, "reached.json");
    const found: Record<string, string> = JSON.parse(await readFile(file, "utf8"));
    await rm(file);
    assert.ok(Object.keys(found).length >= 38, JSON.stringify(found));
    return Object.entries(found).flatMap(([what, outcome]) => (outcome === "reached" ? [what] : []));
  }

  test("reaches nothing of others, of the machine, or of itself without bound", async () => {
    const view = viewOf(drives.home, source, staging);
    const { child, done } = startWorker([PYTHON, probe], {
      ...{ cage, sandboxer, fileBytes: longestBytes(staging), signal: AbortSignal.timeout(60_000) },
      // What it is made of, and where it says what it found.
      view: {
        ...view,
        reads: [...(view.reads ?? []), "/usr/bin", probe],
        writes: [...(view.writes ?? []), marks],
      },
    });
    child.stdin.end();
    child.stdout.resume();
    await done;
    // To a plain user's own files nobody but that user has a way; a worker is that user.
    assert.deepEqual(await reached(), isRoot ? [] : ["what it fills for everybody"]);
  });

  test("reads what it copies, and writes on what it fills: these are its own", async () => {
    const view = viewOf(drives.home, source, staging);
    const program = `import sys
open(sys.argv[1], "rb").read(1)
open(sys.argv[2], "r+b").write(b"x")`;
    const paths = [source, staging].map((volume) => join(drives.home, volumeName(volume)));
    const { child, done } = startWorker([PYTHON, "-c", program, ...paths], {
      ...{ cage, sandboxer, view, signal: AbortSignal.timeout(60_000) },
    });
    child.stdin.end();
    await done;
  });

  test("reaches nothing of others by its uid and groups alone, where it is in no sandbox", root, async () => {
    const { uid, group } = cage;
    const [command = "", ...words] = confine({ uid, group, netns: null }, [PYTHON, probe]);
    const { status, stderr } = spawnSync(command, words, { stdio: ["ignore", "inherit", "pipe"] });
    assert.equal(status, 0, String(stderr));
    const found = await reached();
    const others =
      /^(memory|descriptors|environment|signal|socket|file|writing|an export|what it fills for)\b/;
    assert.deepEqual(
      found.filter((what) => others.test(what)),
      [],
    );
    assert.ok(found.includes("what it fills without bound"), "it may write on it");
  });

  test("would be seen to reach each of these: run by root, the probe reaches all", root, async () => {
    const all = spawnSync(PYTHON, [probe], { stdio: ["ignore", "inherit", "pipe"] });
    assert.equal(all.status, 0, String(all.stderr));
    const file = join(marks, "reached.json");
    const found: Record<string, string> = JSON.parse(await readFile(file, "utf8"));
    assert.deepEqual(
      Object.entries(found).filter(([, outcome]) => outcome !== "reached"),
      [],
    );
    await rm(file);
  });
});

test(
  "all of this holds where Lodge is a plain user's, as far as the machine lets them have views",
  root,
  (t) => runAsPlainUser(t, import.meta.filename, /✔ reaches nothing of others, of the machine/),
);
