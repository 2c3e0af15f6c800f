/**
 * The promises of `docs/security.md` about processes, files and keys, of a real cloud with a guest that runs. Which test
 * shows which promise says `security/promises.ts`.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import Database from "better-sqlite3";
import { openKeyring } from "../src/base/keyring.ts";
import { type Home, openHome, UID_RANGE } from "../src/home.ts";
import { identify } from "../src/host/process/process.ts";
import { HALT } from "../src/host/qemu/boot-sector.ts";
import { type Cloud, openCloud } from "../testing/cloud.ts";
import { diskOf, runDirectoryOf } from "../testing/guest/small.ts";
import { openFiles, processesWith, statusOf, wordsOf } from "../testing/proc.ts";
import { until } from "../testing/until.ts";
import { hold, PACKER, worker } from "../testing/workers.ts";

const needsRoot = process.getuid?.() === 0 ? {} : { skip: "only root changes to another uid" };

/** What a user may call things: an end of every syntax that a value could slip into. */
const HOSTILE = `a,file=/etc/passwd;"'$(touch pwned)\`|&<>\\ --x`;
const VNC_PASSWORD = "s3cr,t=";
const MARK = "what the drive holds, in the clear. ";

/** Zeroes; to compress them takes seconds. */
const SLOW_BYTES = 256 * 2 ** 20;

const CAPABILITIES = ["CapInh", "CapPrm", "CapEff", "CapAmb"];

describe("a cloud with a guest", () => {
  let cloud: Cloud;
  let home: Home;
  let qemu = 0;
  let storage = 0;
  let sharing = 0;
  const made = { boot: "", shared: "", other: "", plain: "", slow: "", server: "" };

  before(async () => {
    cloud = await openCloud({ LODGE_TEST_NOTE: "not a secret" });
    home = openHome(cloud.home);
    made.boot = await diskOf(cloud, HALT, { name: HOSTILE, tags: "a;b $(c)", "user:n": HOSTILE });
    made.shared = await marked({ "claim:type": "shared" });
    made.other = await marked({});
    made.plain = await marked({ "encryption:cipher": "none" });
    const slow = await cloud.make("drives/create", {
      ...{ name: "slow", size: SLOW_BYTES, "encryption:cipher": "none" },
    });
    made.slow = slow.get("drive") ?? "";
    const server = await cloud.make("servers/create", {
      ...{ name: HOSTILE, cpu: 500, mem: 32, "user:n": HOSTILE, "ide:0:0": made.boot, boot: "ide:0:0" },
      ...{ "block:0": made.shared, "nic:0:dhcp": "auto", vnc: "auto", "vnc:password": VNC_PASSWORD },
    });
    made.server = server.get("server") ?? "";
    qemu = await only(`${made.server}`);
    storage = await storageDaemon("blocks");
    sharing = await storageDaemon("shared", made.shared);
  });
  after(() => cloud?.close());

  async function marked(keys: Readonly<Record<string, string>>): Promise<string> {
    const drive = await cloud.make("drives/create", { name: "marked", size: "1M", ...keys });
    const uuid = drive.get("drive") ?? "";
    const body = Buffer.alloc(2 ** 20, MARK);
    assert.equal((await cloud.ask(`drives/${uuid}/write`, { body })).status, 204);
    return uuid;
  }

  const storageDaemon = (...folder: readonly string[]) =>
    only(`socket,id=qmp,path=${join(home.runDir, ...folder, "qmp.sock")},server=on,wait=off`);

  async function only(word: string): Promise<number> {
    const pids = await processesWith(word);
    assert.equal(pids.length, 1, `one process has ${word} in its command line`);
    return pids[0] ?? 0;
  }

  /** The key of a drive as the database keeps it. */
  function wrappedKey(drive: string): string {
    const database = new Database(home.file("lodge.db"), { readonly: true });
    try {
      const row = database.prepare("select wrapped_secret from drives where uuid = ?").get(drive);
      return (row as { wrapped_secret: string }).wrapped_secret;
    } finally {
      database.close();
    }
  }

  const keyOf = (drive: string) => openKeyring(home.masterKey).unwrap(drive, wrappedKey(drive));

  /** All that is in the files of the database. */
  async function databaseText(): Promise<string> {
    let text = "";
    for (const name of await readdir(cloud.home)) {
      if (name.startsWith("lodge.db")) text += await readFile(join(cloud.home, name), "latin1");
    }
    return text;
  }

  const driveFile = async (uuid: string) => {
    const name = (await readdir(join(cloud.home, "drives"))).find((file) => file.startsWith(uuid));
    return join(cloud.home, "drives", name ?? "none");
  };

  it(
    "runs each QEMU and the storage daemons as uids of their own, in no other group",
    needsRoot,
    async () => {
      const own = home.uid ?? 0;
      assert.ok(own >= UID_RANGE.first && own < UID_RANGE.last);
      const uids = [qemu, storage, sharing].map(async (pid) =>
        Number((await statusOf(pid)).get("Uid")?.split("\t")[0]),
      );
      const [servers = 0, drives, ofShared = 0] = await Promise.all(uids);
      assert.equal(drives, own);
      for (const uid of [servers, ofShared]) assert.ok(uid > own && uid <= own + 4096, String(uid));
      assert.notEqual(servers, ofShared);
      const kvmGroup = String((await stat("/dev/kvm").catch(() => null))?.gid ?? "");
      const whose = new Map([
        [qemu, servers],
        [storage, own],
        [sharing, ofShared],
      ]);
      for (const [pid, uid] of whose) {
        const status = await statusOf(pid);
        const four: string = Array.from({ length: 4 }, () => uid).join("\t");
        assert.equal(status.get("Uid"), four);
        assert.equal(status.get("Gid"), four);
        assert.match(status.get("Groups") ?? "", new RegExp(`^(${kvmGroup})?$`));
      }
    },
  );

  it("gives QEMU, the storage daemons and what images drives no way to privileges", needsRoot, async () => {
    const imaging = await imageHeld();
    try {
      for (const pid of [qemu, storage, sharing, imaging.pid]) {
        const status = await statusOf(pid);
        assert.equal(status.get("NoNewPrivs"), "1");
        for (const set of CAPABILITIES) assert.equal(status.get(set), "0000000000000000", set);
      }
    } finally {
      await imaging.end();
    }
  });

  /** Begins an imaging that takes a while, and holds it in the middle; answers its process. */
  async function imageHeld(): Promise<{ readonly pid: number; end(): Promise<void> }> {
    const target = (
      await cloud.make("drives/create", { name: "target", size: SLOW_BYTES, "encryption:cipher": "none" })
    ).get("drive");
    await cloud.act(`drives/${target}/image/${made.slow}/gzip`);
    const resume = await hold(cloud.pid, PACKER);
    return {
      pid: await worker(cloud.pid, PACKER),
      async end() {
        resume();
        await until("it is imaged", async () =>
          (await cloud.info(`drives/${target}/info`)).has("claimed") ? null : true,
        );
      },
    };
  }

  it("runs QEMU under a filter of system calls that denies processes, privileges and resource control", async () => {
    const status = await statusOf(qemu);
    assert.equal(status.get("Seccomp"), "2");
    const words = await wordsOf(qemu);
    const sandbox = words
      .split("\n")
      .at(words.split("\n").indexOf("-sandbox") + 1)
      ?.split(",");
    assert.equal(sandbox?.[0], "on");
    for (const denied of ["obsolete", "elevateprivileges", "spawn", "resourcecontrol"]) {
      assert.ok(sandbox?.includes(`${denied}=deny`), denied);
    }
  });

  it(
    "lets the uid of the drives read nothing of the cloud but them, and that of QEMU not even these",
    needsRoot,
    async () => {
      const own = home.uid ?? 0;
      const reads = (file: string, uid: number) =>
        spawnSync("head", ["-c", "1", file], { uid, gid: uid, cwd: "/" }).status === 0;
      const servers = Number((await statusOf(qemu)).get("Uid")?.split("\t")[0]);
      for (const drive of [made.boot, made.plain]) {
        assert.equal(reads(await driveFile(drive), own), true);
        assert.equal(reads(await driveFile(drive), servers), false);
      }
      for (const name of await readdir(cloud.home)) {
        if (!/^(lodge\.db|master\.key|env)/.test(name)) continue;
        for (const uid of [own, servers]) assert.equal(reads(join(cloud.home, name), uid), false, name);
      }
    },
  );

  it("has no secret and nothing that a user wrote in the command line or environment of a process", async () => {
    const secrets = [made.boot, made.shared, made.other].map(keyOf);
    const masterKey = home.masterKey.toString("hex");
    const userSecret = cloud.auth.slice(cloud.auth.indexOf(":") + 1);
    const imaging = await imageHeld();
    try {
      for (const pid of [cloud.pid, qemu, storage, sharing, imaging.pid]) {
        const words = await wordsOf(pid);
        for (const text of [...secrets, masterKey, userSecret, VNC_PASSWORD, HOSTILE, "passwd", "pwned"]) {
          assert.ok(!words.includes(text), `${text} in ${words}`);
        }
      }
    } finally {
      await imaging.end();
    }
  });

  it("answers what a user wrote as they wrote it, and runs none of it", async () => {
    for (const path of [`servers/${made.server}/info`, `drives/${made.boot}/info`]) {
      const info = await cloud.info(path);
      assert.equal(info.get("name"), HOSTILE);
      assert.equal(info.get("user:n"), HOSTILE);
    }
    for (const folder of [cloud.home, process.cwd(), join(cloud.home, "drives")]) {
      assert.ok(!(await readdir(folder)).includes("pwned"));
    }
  });

  it("lets QEMU open the drives that its server claims alone, a shared one through a storage daemon of its own", async () => {
    const files = (await openFiles(qemu)).filter((path) => path.startsWith(cloud.home));
    assert.deepEqual(new Set(files), new Set([await driveFile(made.boot)]));
    const shared = (await openFiles(sharing)).filter((path) => path.startsWith(join(cloud.home, "drives")));
    assert.deepEqual(new Set(shared), new Set([await driveFile(made.shared)]));
    assert.ok(!(await openFiles(storage)).includes(await driveFile(made.shared)));
  });

  it("bounds a server's CPU from its start on", async (t) => {
    const doctor = (await cloud.tool("lodge", ["doctor"])).stdout;
    const coreMhz = /CPU quotas\s+yes.* (\d+) MHz/i.exec(doctor)?.[1];
    if (coreMhz === undefined) return t.skip("this machine has no CPU quotas");
    const groups = await readFile(`/proc/${qemu}/cgroup`, "utf8");
    const v1 = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(.+)$/m.exec(groups)?.[1];
    const text = v1?.includes(made.server)
      ? await readFile(`/sys/fs/cgroup/cpu${v1}/cpu.cfs_quota_us`, "utf8")
      : await readFile(`/sys/fs/cgroup${/^0::(.+)$/m.exec(groups)?.[1]}/cpu.max`, "utf8");
    assert.equal(Number.parseInt(text, 10), Math.round((500 / Number(coreMhz)) * 100_000));
  });

  it("keeps secrets, the database and drives in files for their owners alone", needsRoot, async () => {
    const mode = async (file: string) => (await stat(file)).mode & 0o777;
    const names = await readdir(cloud.home);
    for (const name of ["master.key", "env", "lodge.db", "lodge.db-wal", "lodge.db-shm"]) {
      assert.ok(names.includes(name), name);
      assert.equal(await mode(join(cloud.home, name)), 0o600, name);
    }
    const drives = await readdir(join(cloud.home, "drives"));
    assert.ok(drives.length >= 4);
    const sharer = Number((await statusOf(sharing)).get("Gid")?.split("\t")[0]);
    for (const name of drives) {
      const { uid, gid } = await stat(join(cloud.home, "drives", name));
      const isShared = name.startsWith(made.shared);
      assert.deepEqual(
        [await mode(join(cloud.home, "drives", name)), uid, gid],
        isShared ? [0o660, home.uid, sharer] : [0o600, home.uid, home.uid],
        name,
      );
    }
    assert.equal(await mode(join(home.runDir, "blocks")), 0o700);
    assert.equal((await mode(dirname(runDirectoryOf(cloud, made.server).sockets.qmp))) & 0o077, 0);
  });

  it("shows on the disk nothing of what was written on an encrypted drive", async () => {
    const holds = async (drive: string) => (await readFile(await driveFile(drive))).includes(MARK);
    assert.equal(await holds(made.plain), true, "a drive without cipher does");
    for (const drive of [made.shared, made.other]) assert.equal(await holds(drive), false);
  });

  it("gives each drive a key of its own, kept wrapped alone", async () => {
    const keys = [made.boot, made.shared, made.other].map(keyOf);
    assert.equal(new Set(keys).size, 3);
    const text = await databaseText();
    for (const key of keys) {
      assert.match(key, /^[0-9a-f]{64}$/);
      assert.ok(!text.includes(key));
      assert.ok(!text.includes(Buffer.from(key, "hex").toString("base64")));
    }
  });

  it("keeps of a user's secret its hash alone", async () => {
    const secret = cloud.auth.slice(cloud.auth.indexOf(":") + 1);
    assert.equal(Buffer.from(secret, "base64url").length, 32);
    const text = await databaseText();
    assert.ok(text.includes(createHash("sha256").update(secret).digest("hex")));
    assert.ok(!text.includes(secret));
  });

  it("ends what images drives with the daemon", async () => {
    const { pid } = await imageHeld();
    await cloud.kill();
    await until("it has ended", async () => (await identify(pid)) === null || null);
    await cloud.start();
  });
});
