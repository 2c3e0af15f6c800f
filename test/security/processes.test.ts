/**
 * Every kind of process that a cloud starts, as the kernel sees it (proc(5)) while it does its work: who it is, what it may,
 * how much, and what it sees. One row a kind.
 */
import assert from "node:assert/strict";
import { readdir, readFile, readlink, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { openHome } from "../../src/home.ts";
import { parentOf } from "../../src/host/process/process.ts";
import { hasFilter } from "../../src/host/process/system-calls.ts";
import { HALT } from "../../src/host/qemu/boot-sector.ts";
import { type Cloud, openCloud } from "../../testing/cloud.ts";
import { diskOf } from "../../testing/guest/small.ts";
import { openFiles, processesWith, qemuPid, statusOf } from "../../testing/proc.ts";
import { hold, PACKER, worker } from "../../testing/workers.ts";

const MIB = 2 ** 20;
const SLOW_BYTES = 256 * MIB;
/** Its tables beside it. */
const LONGEST_OF_A_SMALL_DRIVE = 66 * MIB;
const NAMESPACES = ["mnt", "pid", "ipc", "uts", "cgroup", "net"];
const CAPABILITIES = { net_bind_service: 1n << 10n, net_admin: 1n << 12n };
const CAPABILITY_SETS = ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"];
/** What a view has at its root; `run` and `tmp` hold what is shown of the cloud's own folders. */
const SEEN = ["bin", "dev", "lib", "lib64", "proc", "run", "tmp", "usr"];

type Row = {
  readonly kind: string;
  readonly find: () => Promise<number>;
  /** Whether it has namespaces and a view of its own, and not the guests' network alone. */
  readonly isConfined: boolean;
  /** It is the sandboxer: outside of the sandbox, root without rights. */
  readonly isWatcher?: boolean;
  readonly capabilities?: bigint;
  /** The group by which it reads a file that it is lent; absent: it is in none but its own, and that of KVM. */
  readonly group?: () => Promise<number>;
  readonly environment: readonly string[];
  /** How many filters of system calls it is under. */
  readonly filters: number;
  /** The end of the longest file that it may write. */
  readonly fileBytes: number | "unlimited";
  readonly oomScore: number;
};

const kvmGroup = String((await stat("/dev/kvm").catch(() => null))?.gid ?? "");
const skip = process.getuid?.() === 0 ? false : "only root confines all that it starts";

describe("of the processes of a cloud", { skip }, () => {
  let cloud: Cloud;
  let runDir = "";
  let server = "";
  let shared = "";
  let slow = "";
  const resumes: (() => void)[] = [];

  before(async () => {
    cloud = await openCloud({ LODGE_TEST_NOTE: "nobody's but the daemon's" });
    ({ runDir } = openHome(cloud.home));
    const boot = await diskOf(cloud, HALT, {});
    shared = await drive({ "claim:type": "shared", size: "1M" });
    const made = await cloud.make("servers/create", {
      ...{ name: "s", cpu: 500, mem: 32, "ide:0:0": boot, boot: "ide:0:0", "block:0": shared },
      "nic:0:dhcp": "auto",
    });
    server = made.get("server") ?? "";
    slow = await drive({ size: SLOW_BYTES });
    const body = Buffer.alloc(4 * MIB, "bytes");
    for (let at = 0; at < 64 * MIB; at += body.length)
      await cloud.ask(`drives/${slow}/write/${at}`, { body });
    for (const [program, suffix] of [
      [PACKER, "/gzip"],
      ["qemu-img", ""],
    ] as const) {
      const target = await drive({ size: SLOW_BYTES });
      const held = hold(cloud.pid, program);
      await cloud.act(`drives/${target}/image/${slow}${suffix}`);
      resumes.push(await held);
    }
  });
  after(async () => {
    for (const resume of resumes) resume();
    await cloud?.close();
  });

  async function drive(keys: Readonly<Record<string, string | number>>): Promise<string> {
    const made = await cloud.make("drives/create", { name: "d", "encryption:cipher": "none", ...keys });
    return made.get("drive") ?? "";
  }

  const storageDaemon = async (...folder: readonly string[]) => {
    const socket = join(runDir, ...folder, "qmp.sock");
    const [pid] = await processesWith(`socket,id=qmp,path=${socket},server=on,wait=off`);
    return pid ?? 0;
  };
  const dnsmasq = async () => {
    const [pid] = await processesWith(`--pid-file=${join(runDir, "network", "dnsmasq", "pid")}`);
    return pid ?? 0;
  };

  const filters = hasFilter() ? 1 : 0;
  const sandbox = { isConfined: true, filters, oomScore: 0 };
  const memory = ["MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"];
  const rows: readonly Row[] = [
    {
      ...{ kind: "a server's QEMU", find: () => qemuPid(server), isConfined: true, environment: [] },
      ...{ filters: filters + 1, fileBytes: LONGEST_OF_A_SMALL_DRIVE, oomScore: 500 },
    },
    {
      ...{ kind: "the storage daemon", find: () => storageDaemon("blocks"), ...sandbox },
      ...{ environment: memory, fileBytes: "unlimited" },
    },
    {
      ...{
        kind: "the storage daemon of a shared drive",
        find: () => storageDaemon("shared", shared),
        ...sandbox,
      },
      ...{ environment: memory, fileBytes: MIB },
    },
    {
      ...{ kind: "what packs a drive", find: () => worker(cloud.pid, PACKER), ...sandbox },
      ...{ environment: ["LC_ALL"], fileBytes: "unlimited" },
    },
    {
      ...{ kind: "what copies a drive", find: () => worker(cloud.pid, "qemu-img"), ...sandbox },
      ...{ environment: ["LC_ALL", ...memory], fileBytes: SLOW_BYTES },
      group: async () => (await stat(join(cloud.home, "drives", `${slow}.raw`))).gid,
    },
    {
      ...{ kind: "the DHCP server", find: dnsmasq, isConfined: false, filters: 0, oomScore: 0 },
      ...{ capabilities: CAPABILITIES.net_bind_service | CAPABILITIES.net_admin, environment: [] },
      fileBytes: 64 * 1024,
    },
    {
      ...{ kind: "what watches over a QEMU", isConfined: false, isWatcher: true, filters: 0, oomScore: 0 },
      ...{
        find: async () => (await parentOf(await qemuPid(server))) ?? 0,
        environment: [],
        fileBytes: LONGEST_OF_A_SMALL_DRIVE,
      },
    },
  ];

  for (const row of rows) {
    it(`${row.kind} may and sees what it needs alone`, async () => {
      const pid = await row.find();
      assert.ok(pid > 1, "it runs");
      await judgeRights(pid, row);
      await judgeBounds(pid, row);
      await judgeSight(pid, row);
    });
  }

  async function judgeRights(
    pid: number,
    { kind, capabilities = 0n, group, filters, isWatcher = false }: Row,
  ): Promise<void> {
    const status = await statusOf(pid);
    assert.equal(status.get("NoNewPrivs"), "1");
    const sets = isWatcher ? CAPABILITY_SETS.filter((set) => set !== "CapBnd") : CAPABILITY_SETS;
    for (const set of sets) assert.equal(BigInt(`0x${status.get(set)}`), capabilities, `${kind}: ${set}`);
    assert.equal(status.get("Seccomp_filters"), String(filters));
    const groups = group === undefined ? `(${kvmGroup})?` : String(await group());
    assert.match(status.get("Groups") ?? "", new RegExp(`^${groups}$`));
    const uids = new Set([status.get("Uid"), status.get("Gid")].flatMap((ids) => ids?.split("\t") ?? []));
    assert.equal(uids.size, 1);
    assert.equal(uids.has("0"), isWatcher, "it is root");
  }

  async function judgeBounds(pid: number, { fileBytes, oomScore }: Row): Promise<void> {
    const limits = await readFile(`/proc/${pid}/limits`, "utf8");
    const limit = (name: string) => new RegExp(`^${name} +(\\S+) +(\\S+)`, "m").exec(limits)?.slice(1);
    assert.deepEqual(limit("Max core file size"), ["0", "0"]);
    const [soft = "", hard] = limit("Max file size") ?? [];
    assert.equal(soft, hard);
    if (fileBytes === "unlimited") assert.equal(soft, fileBytes);
    else assert.ok(Number(soft) <= fileBytes, `${soft} bytes`);
    assert.equal(Number(await readFile(`/proc/${pid}/oom_score_adj`, "utf8")), oomScore);
  }

  async function judgeSight(pid: number, { kind, environment, isConfined, isWatcher }: Row): Promise<void> {
    const environ = (await readFile(`/proc/${pid}/environ`, "utf8"))
      .split("\0")
      .filter((each) => each !== "");
    const names = environ
      .map((each) => each.slice(0, each.indexOf("=")))
      // Node hands the latter on by itself, where coverage is measured.
      .filter((name) => name !== "PWD" && name !== "NODE_V8_COVERAGE");
    assert.deepEqual(new Set(names), new Set(isWatcher ? ["PATH"] : environment));
    const shared = [];
    for (const namespace of NAMESPACES) {
      const [theirs, ours] = await Promise.all(
        [pid, "self"].map((each) => readlink(`/proc/${each}/ns/${namespace}`)),
      );
      if (theirs === ours) shared.push(namespace);
    }
    assert.deepEqual(shared, isConfined ? [] : NAMESPACES.filter((namespace) => namespace !== "net"));
    if (!isConfined) return;
    const root = await readdir(`/proc/${pid}/root`);
    assert.deepEqual(
      root.filter((name) => !SEEN.includes(name)),
      [],
    );
    const programs = await readdir(`/proc/${pid}/root/usr/bin`);
    assert.equal(programs.length, 2, `${kind}: ${programs}`);
    assert.ok(programs.includes("setpriv"));
    const home = await readdir(`/proc/${pid}/root${cloud.home}`).catch(() => []);
    assert.deepEqual(
      home.filter((name) => name !== "drives"),
      [],
    );
  }

  it("none has open what is not its own", async () => {
    for (const { kind, find } of rows) {
      const files = (await openFiles(await find())).filter((path) => !path.startsWith("/dev/"));
      // A program that is just being loaded has its libraries open.
      const isElsewhere = (path: string) => !/^\/(proc|usr\/lib)\//.test(path);
      const others = files.filter((path) => !path.startsWith(cloud.home) && isElsewhere(path));
      assert.deepEqual(others, [], kind);
      const own = files
        .filter((path) => path.startsWith(cloud.home))
        .map((path) => path.slice(cloud.home.length));
      assert.ok(
        own.every((path) => /^\/drives\/|^\/log\/storage-daemon.log$/.test(path)),
        `${kind}: ${own}`,
      );
    }
  });

  it("no two of them have one uid", async () => {
    const uids = rows
      .filter(({ isWatcher }) => !isWatcher)
      .map(async ({ find }) => (await statusOf(await find())).get("Uid"));
    assert.equal(new Set(await Promise.all(uids)).size, uids.length);
  });

  it("what works on drives is in control groups of its own", async (t) => {
    const groups: string[] = [];
    for (const { kind, find } of rows.filter(({ kind }) => /storage daemon|what (packs|copies)/.test(kind))) {
      const text = await readFile(`/proc/${await find()}/cgroup`, "utf8");
      const own = [...text.matchAll(/^\d+:(?:memory|pids|):\/lodge-[0-9a-f]{8}\/(\S+)$/gm)].map(
        ([, name]) => name,
      );
      if (own.length === 0) return t.skip("this machine sets no bounds");
      assert.equal(new Set(own).size, 1, kind);
      groups.push(own[0] ?? "");
    }
    assert.deepEqual(groups.slice(0, 2), ["drives", `drive-${shared}`]);
    assert.ok(groups.slice(2).every((name) => name.startsWith("worker-")));
    assert.equal(new Set(groups).size, 4);
  });

  it("a server's QEMU is in control groups of its own", async () => {
    const groups = await readFile(`/proc/${await qemuPid(server)}/cgroup`, "utf8");
    const doctor = (await cloud.tool("lodge", ["doctor"])).stdout;
    if (/CPU quotas\s+yes/i.test(doctor)) assert.ok(groups.includes(server), groups);
  });
});
