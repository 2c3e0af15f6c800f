/** What a cloud has on its machine while it is quiet: that which its active servers need, and nothing else. */
import assert from "node:assert/strict";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseUuid } from "../../src/base/ids.ts";
import { NAMESPACES } from "../../src/host/network/namespace.ts";
import { isSandboxer } from "../../src/host/process/sandbox.ts";
import { serversFolder } from "../../src/host/qemu/run-directory.ts";
import { groupsIn } from "../../src/host/quota/control-group.ts";
import { findHierarchy } from "../../src/host/quota/hierarchy.ts";
import { until } from "../until.ts";

export type MachineOptions = {
  readonly id: string;
  readonly home: string;
  readonly runDir: string;
  /** The daemon's process. */
  readonly daemon: number;
  readonly drives: readonly string[];
  readonly active: readonly string[];
};

/** How long what ends may take until nothing is to be seen of it. */
const GONE_MS = 20_000;

/** Errors: what is there that should not be, or the other way round. */
export async function assertMachine(options: MachineOptions): Promise<void> {
  let last: unknown;
  const look = async () => {
    try {
      await agree(options);
      return true;
    } catch (error) {
      last = error;
      return null;
    }
  };
  await until("the machine has what it should", look, GONE_MS).catch(() => {
    throw last;
  });
}

async function agree(options: MachineOptions): Promise<void> {
  const { id, home, runDir, drives, active } = options;
  const files = (await readdir(join(home, "drives"))).map((name) => name.replace(/\.(raw|qcow2)$/, ""));
  assert.deepEqual(files.sort(), [...drives].sort(), "the files of drives");
  assert.deepEqual(await readdir(join(home, "scratch")).catch(() => []), [], "scratch files");
  const unfinished = (await readdir(home)).filter((name) => name.endsWith(".new"));
  assert.deepEqual(unfinished, [], "unfinished files");
  const runs = (await readdir(serversFolder(runDir))).filter((name) => parseUuid(name) === name);
  assert.deepEqual(runs.sort(), [...active].sort(), "run directories");
  const uids = await Promise.all(
    runs.map(async (uuid) => (await stat(join(serversFolder(runDir), uuid, "sockets"))).gid),
  );
  assert.equal(new Set(uids).size, uids.length, "a uid a server");
  await assertProcesses(options);
  for (const controller of ["cpu", "memory", "pids"] as const) {
    const hierarchy = await findHierarchy("/proc/mounts", controller);
    if (hierarchy === null) continue;
    const groups = await groupsIn(join(hierarchy.root, `lodge-${id}`)).catch(() => []);
    assert.deepEqual(groups.filter(parseUuid).sort(), [...active].sort(), `control groups for ${controller}`);
  }
  const spaces = (await readdir(NAMESPACES)).filter(
    (name) => name.includes("probe") || name === `lodge-${id}`,
  );
  assert.deepEqual(spaces, [`lodge-${id}`], "network namespaces");
  const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").filter((line) => line.includes(runDir));
  assert.deepEqual(mounts, [], "mounts");
}

const STORAGE = "the storage daemon";

/** Of every process that names the cloud's folders it is known what it is there for. */
async function assertProcesses({ home, runDir, daemon, active }: MachineOptions): Promise<void> {
  const found: string[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number)) {
    if (pid === daemon || pid === process.pid) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
    const text = words.join(" ");
    if (!text.includes(`${runDir}/`) && !text.includes(`${home}/`)) continue;
    if (!isSandboxer(words)) found.push(kindOf(words, text));
  }
  const expected = active.map((uuid) => `QEMU ${uuid}`);
  const rest = found.filter((each) => !expected.includes(each));
  assert.deepEqual(
    found.filter((each) => expected.includes(each)).sort(),
    expected.sort(),
    "processes of servers",
  );
  const storage = rest.filter((each) => each.startsWith(STORAGE));
  const others = rest.filter((each) => !storage.includes(each));
  assert.deepEqual(others, ["dnsmasq"], "processes beside those of servers");
  assert.equal(new Set(storage).size, storage.length, `at most one of each: ${storage}`);
}

function kindOf(words: readonly string[], text: string): string {
  const program = words.find((word) => /qemu-system|qemu-storage-daemon|dnsmasq$/.test(word)) ?? "";
  if (program.includes("dnsmasq")) return "dnsmasq";
  // There is one for all drives that the API alone uses, and one for each that servers share.
  if (program.includes("qemu-storage-daemon")) {
    return `${STORAGE} of ${/\/shared\/([0-9a-f-]{36})\//.exec(text)?.[1] ?? "all"}`;
  }
  const server = /\/servers\/([0-9a-f-]{36})\//.exec(text)?.[1];
  return program.includes("qemu-system") && server !== undefined ? `QEMU ${server}` : text;
}
