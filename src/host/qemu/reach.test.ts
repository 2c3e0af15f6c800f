/**
 * What a QEMU that was taken over would reach: a probe is launched in its place, as the same uid in the same view, and tries
 * all that was ever found open. The same probe, run by root beside them, reaches each: so each of these can be seen. Where
 * Lodge is a plain user's, all have that user's uid, and views in namespaces of users: the same tests hold.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { chmod, copyFile, open, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { runAsPlainUser } from "../../../testing/plain-user.ts";
import { finish, guestDrive, guestSpec, type TestHost, testHost } from "../../../testing/qemu/guest.ts";
import { longAnd } from "../../../testing/share.ts";
import { driveOf, MIB } from "../../../testing/volumes/copies.ts";
import { type Fixture, noExporter, openFixture } from "../../../testing/volumes/drives.ts";
import type { ServerSpec, Volume } from "../host.ts";
import { run } from "../process/process.ts";
import { findSandboxer } from "../process/sandbox.ts";
import { runDirectory } from "./run-directory.ts";
import type { QemuServerHost } from "./server-host.ts";

const PASSPHRASE = "the passphrase of the other's drive";
type Targets = Readonly<Record<string, unknown>>;

const THE_SHARED = "the export of a drive that it may share";
const CALLS = ["tracing", "a new process", "a namespace", "a mount"];
const NAMESPACES = ["ipc", "mnt", "pid", "uts"] as const;
const isRoot = process.getuid?.() === 0;
const root = { skip: isRoot ? false : "only root reaches all that there is" };
const views = (await findSandboxer()).bwrap === null ? "this user gets no views here" : false;

describe("a QEMU that was taken over", { skip: views }, () => {
  let machine: TestHost;
  let host: QemuServerHost;
  let victim: ServerSpec;
  let probe: string;
  let pid: number;
  let drives: Fixture;
  let shared: Volume;
  let all: Targets;

  const cleanups: (() => Promise<void>)[] = [];
  before(async () => {
    machine = await testHost();
    host = await machine.open();
    const drive = { ...(await guestDrive(machine.home, randomUUID())), secret: PASSPHRASE };
    victim = guestSpec(randomUUID(), drive);
    await host.launch(victim, 1);
    const { process: qemu } = await machine.traces(victim.uuid);
    assert.ok(qemu !== null);
    pid = qemu.pid;
    probe = join(machine.home, "probe");
    await copyFile(join(import.meta.dirname, "../../../testing/qemu/probe.py"), probe);
    await chmod(probe, 0o755);
    drives = await openFixture({ after: (work: () => Promise<void>) => void cleanups.unshift(work) });
    const stored = await driveOf(drives, "none", Buffer.alloc(MIB, "theirs"));
    await keepOpen(stored);
    const others = await driveOf(drives, "none", Buffer.alloc(MIB, "shared by others"));
    shared = await driveOf(drives, "none", Buffer.alloc(MIB, "shared"));
    for (const [server, volume] of [
      [victim.uuid, others],
      ["another", shared],
    ] as const)
      await share(server, volume);
    const daemon = await drives.daemon();
    assert.ok(daemon !== null);
    const { sockets, path } = runDirectory(machine.servers, victim.uuid);
    const at = async (kind: string) => [kind, await readlink(`/proc/self/ns/${kind}`)];
    const secret = join(machine.home, "master.key");
    await writeFile(secret, "key", { mode: 0o600 });
    const targets = {
      processes: { "another QEMU": pid, "the storage daemon": daemon.pid, "the daemon": process.pid },
      sockets: {
        "another's operator": sockets.operator,
        "another's exports": sockets.nbd,
        // The serial port beside it is the daemon's already, and whoever else connects there waits.
        "another's screen": sockets.console,
        "all drives' exports": drives.nbdSocketPath(),
        "the export of a drive that others share": drives.nbdSocketPath(others.uuid),
        [THE_SHARED]: drives.nbdSocketPath(shared.uuid),
      },
      exports: {
        sockets: [shared.uuid, others.uuid, undefined].map(drives.nbdSocketPath),
        mine: shared.uuid,
      },
      files: {
        "another's drive": join(machine.home, "drives", `${drive.uuid}.raw`),
        "a drive that no server has": join(drives.home, "drives", `${stored.uuid}.raw`),
        "another's record": join(path, "record.json"),
        "the master key": secret,
        "the machine's passwords": "/etc/passwd",
      },
      folders: {
        "another server's": path,
        drives: join(machine.home, "drives"),
        "/usr/sbin": "/usr/sbin",
        "/var": "/var",
        "/root": "/root",
        "/sys": "/sys",
      },
      namespaces: Object.fromEntries(await Promise.all(NAMESPACES.map(at))),
    };
    await aimAt(targets);
    all = targets;
  });
  after(async () => {
    for (const work of cleanups) await work();
    await finish(host, victim.uuid);
    await machine.close();
  });

  const share = (server: string, volume: Volume) =>
    drives.host.attach(server, { volume, shared: true, readOnly: false, nodeName: "n" }, noExporter);

  /** By a write that goes on until the end. */
  async function keepOpen(volume: Volume): Promise<void> {
    const begun = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    async function* bytes() {
      begun.resolve();
      yield Buffer.from("theirs");
      await held.promise;
    }
    const written = drives.host.write(volume, 0, bytes());
    cleanups.unshift(async () => {
      held.resolve();
      await written;
    });
    await begun.promise;
  }

  const aimAt = (targets: Targets) => writeFile(join(machine.marks, "targets.json"), JSON.stringify(targets));

  async function reached(): Promise<Record<string, string>> {
    const file = join(machine.marks, "reached.json");
    const found = JSON.parse(await readFile(file, "utf8"));
    await rm(file);
    return found;
  }

  test("reaches nothing of others, of the machine, or of itself without bound", async () => {
    const other = await machine.open({ program: probe });
    const spec = guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));
    // It ends, as no QEMU does.
    await assert.rejects(other.launch(spec, 1), { code: "launch_failed" });
    const found = await reached();
    assert.ok(Object.keys(found).length >= 38, JSON.stringify(found));
    const open = Object.entries(found).filter(([, outcome]) => outcome === "reached");
    assert.deepEqual(open, []);
  });

  test("reaches no more where its server shares a drive: that drive, and none of those that others use or share", async () => {
    const other = await machine.open({ program: probe, attachments: drives.host });
    const spec = guestSpec(randomUUID(), shared);
    const devices = spec.devices.map((device) => ({ ...device, shared: true }));
    await assert.rejects(other.launch({ ...spec, devices }, 1), { code: "launch_failed" });
    const found = await reached();
    const open = Object.entries(found).flatMap(([what, outcome]) => (outcome === "reached" ? [what] : []));
    assert.deepEqual(open, [`socket: ${THE_SHARED}`]);
  });

  for (const call of CALLS) {
    test(`is ended where it begins ${call}, and would be answered without a sandbox`, async () => {
      await aimAt({ ...all, call });
      const other = await machine.open({ program: probe });
      const spec = guestSpec(randomUUID(), await guestDrive(machine.home, randomUUID()));
      await assert.rejects(other.launch(spec, 1), { code: "launch_failed" });
      assert.deepEqual(await reached(), { call: "begun" });
      if (isRoot) {
        await run(["/usr/bin/python3", probe]);
        assert.deepEqual(await reached(), { call: "reached" });
      }
      await aimAt(all);
    });
  }

  test(
    "would be seen to reach each of these: by a probe without a sandbox, all are reached",
    root,
    async () => {
      const drive = await open(join(machine.home, "drives", "own.raw"), "w+");
      const { status, stderr } = spawnSync("/usr/bin/python3", [probe], {
        stdio: ["ignore", "inherit", "pipe", drive.fd],
      });
      await drive.close();
      assert.equal(status, 0, String(stderr));
      const found = await reached();
      const closed = Object.entries(found).filter(([, outcome]) => outcome !== "reached");
      assert.deepEqual(closed, []);
    },
  );

  test("finds no passphrase at the descriptors of another, whoever it is: it was read and is gone", async () => {
    let files = 0;
    for (const fd of await readdir(`/proc/${pid}/fd`)) {
      const descriptor = `/proc/${pid}/fd/${fd}`;
      if (!(await stat(descriptor)).isFile()) continue;
      files++;
      assert.ok(!(await readFile(descriptor, "latin1")).includes(PASSPHRASE));
    }
    // The drive's two, and what the passphrase was in.
    assert.equal(files, 3);
  });
});

test(
  "all of this holds where Lodge is a plain user's, as far as the machine lets them have views",
  longAnd(root),
  (t) => runAsPlainUser(t, import.meta.filename, /✔ reaches no more where its server shares a drive/),
);
