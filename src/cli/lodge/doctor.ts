/**
 * `lodge doctor`: what this machine can do for a cloud: each ability found out by trying, and for each lack what follows from it and
 * what to do about it.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { availableParallelism, freemem, tmpdir, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { fileSystemOf } from "../../base/file-system.ts";
import { findHome, homeDirectory, UID_RANGE } from "../../home.ts";
import { bridgingObstacles, forwardingObstacles } from "../../host/network/obstacles.ts";
import { missingPrograms } from "../../host/process/programs.ts";
import { findSandboxer } from "../../host/process/sandbox.ts";
import { findAccelerator } from "../../host/qemu/accelerator.ts";
import { readCertificate } from "../../host/qemu/vnc/certificate.ts";
import { coreMhz } from "../../host/quota/core-mhz.ts";
import { openCpuQuota } from "../../host/quota/cpu-quota.ts";
import { judgeSocketBuffers, WMEM_DEFAULT } from "./socket-buffers.ts";
import { parseHome, print } from "./subcommand.ts";

/** A line of the table; what follows and what to do are said only where something is lacking. */
type Finding = {
  readonly what: string;
  readonly state: string;
  readonly follows?: string;
  readonly todo?: string;
};

const GIB = 2 ** 30;
/** Below these a cloud starts, but is of little use. */
const LITTLE_DISK_BYTES = 10 * GIB;
const LITTLE_MEMORY_BYTES = GIB;

/** Prints the table. Errors: `usage`. */
export async function run(args: readonly string[]): Promise<void> {
  print(...(await examine(homeDirectory(parseHome(args).home))));
}

/** The table as lines of text. */
async function examine(home: string): Promise<string[]> {
  const root = process.getuid?.() === 0;
  const scratch = await mkdtemp(join(tmpdir(), "lodge-doctor-"));
  try {
    return table([
      programs(root),
      await acceleration(scratch, root),
      await network(home),
      await quotas(scratch),
      separation(root),
      await sandbox(root),
      await screens(home),
      await disk(home),
      await socketBuffers(),
      memory(),
    ]);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function programs(root: boolean): Finding {
  const missing = missingPrograms(root);
  if (missing.length === 0) return { what: "Programs", state: "all there" };
  return {
    what: "Programs",
    state: `not installed: ${missing.map(({ program }) => program).join(", ")}`,
    follows: [...new Set(missing.map(({ lack }) => lack))].join("; "),
    todo: `apt-get install ${[...new Set(missing.map(({ debian }) => debian))].join(" ")}`,
  };
}

async function acceleration(scratch: string, root: boolean): Promise<Finding> {
  const { accelerator, reason } = await findAccelerator({
    program: "qemu-system-x86_64",
    uid: root ? UID_RANGE.first : null,
    cacheFile: join(scratch, "accelerator.json"),
  });
  if (accelerator === "kvm") return { what: "KVM", state: `yes: ${reason}` };
  return {
    what: "KVM",
    state: `no: ${reason}`,
    follows: "guests are emulated, ten to fifty times slower",
    todo: /permission denied/i.test(reason)
      ? "let a group other than root's read and write /dev/kvm: chgrp kvm /dev/kvm; chmod 660 /dev/kvm"
      : "turn on virtualization in the firmware, or, in a virtual machine, nested virtualization on its host",
  };
}

async function network(home: string): Promise<Finding> {
  const obstacles = await bridgingObstacles();
  if (obstacles.length > 0) {
    return {
      what: "Network",
      state: `user-mode: ${sentence(obstacles.map(({ lack }) => lack))}`,
      follows:
        "guests are reached by forwarded ports on loopback addresses, do not reach each other, and have no VLANs",
      todo: sentence(obstacles.map(({ remedy }) => remedy)),
    };
  }
  const finding = { what: "Network", state: "bridges: every guest has an address of its own" };
  // Only a cloud that has been started has an uplink that a firewall could close.
  const uplink = `lodge-${findHome(home)?.id ?? "*"}`;
  const closed = await forwardingObstacles(uplink);
  if (closed.length === 0) return finding;
  return {
    what: "Network",
    state: `${finding.state}; but ${sentence(closed.map(({ lack }) => lack))}`,
    follows: "guests do not reach the world beyond this machine",
    todo: sentence(closed.map(({ remedy }) => remedy)),
  };
}

const sentence = (parts: readonly string[]) => parts.join("; ").replaceAll("\n", " ");

async function quotas(scratch: string): Promise<Finding> {
  const megahertz = await coreMhz();
  const cores = `${availableParallelism()} cores of ${megahertz} MHz`;
  const quota = await openCpuQuota({ group: `lodge-doctor-${scratch.slice(-6)}`, coreMhz: megahertz });
  if (quota !== null) {
    await quota.close();
    return { what: "CPU quotas", state: `yes: by control groups, on ${cores}` };
  }
  return {
    what: "CPU quotas",
    state: `no: no control group of the cpu controller can be made (${cores})`,
    follows: "the key cpu is kept and answered, and limits nothing",
    todo: "start Lodge as root, with control groups mounted under /sys/fs/cgroup",
  };
}

function separation(root: boolean): Finding {
  if (root) return { what: "Separate uid", state: "yes: QEMU runs as a user of its own" };
  return {
    what: "Separate uid",
    state: "no: Lodge does not run as root",
    follows: "a guest that breaks out of QEMU is you",
    todo: "start Lodge as root",
  };
}

async function sandbox(root: boolean): Promise<Finding> {
  const what = "Sandbox";
  const { obstacle } = await findSandboxer();
  if (obstacle === null) return { what, state: "yes: QEMU sees nothing of the machine but what it uses" };
  const missing = obstacle.endsWith("not installed");
  const namespaces =
    "start Lodge as root, or let users make user namespaces: sysctl kernel.unprivileged_userns_clone=1, " +
    "kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces=1000";
  return {
    what,
    state: `no: ${obstacle}`,
    follows: "a guest that breaks out of its QEMU sees the whole machine, as far as its uid may read it",
    todo: missing ? "apt-get install bubblewrap" : root ? "see to what bwrap says" : namespaces,
  };
}

async function screens(home: string): Promise<Finding> {
  const what = "VNC over TLS";
  const todo = `see to tls/cert.pem and tls/key.pem in ${home}`;
  try {
    const certificate = await readCertificate(home);
    if (certificate === null)
      return { what, state: "yes, without a certificate: viewers cannot tell whom they reach" };
    const until = certificate.until.toISOString().slice(0, 10);
    if (certificate.until.getTime() > Date.now()) {
      return { what, state: `yes: with a certificate for ${certificate.names}, until ${until}` };
    }
    return {
      what,
      state: `the certificate ran out on ${until}`,
      follows: "viewers refuse it, or warn",
      todo,
    };
  } catch (error) {
    const follows = "servers with vnc:tls on do not start";
    return { what, state: `no: ${(error as Error).message}`, follows, todo };
  }
}

async function disk(home: string): Promise<Finding> {
  let dir = home;
  while (!existsSync(dir)) dir = dirname(dir);
  const { freeBytes } = await fileSystemOf(dir);
  const finding = { what: "Free disk", state: `${gib(freeBytes)} for ${home}` };
  if (freeBytes >= LITTLE_DISK_BYTES) return finding;
  return {
    ...finding,
    follows: "a drive is made only where its whole size fits; others are 507 full",
    todo: "put LODGE_HOME on a larger disk",
  };
}

async function socketBuffers(): Promise<Finding> {
  const setting = await readFile(WMEM_DEFAULT, "utf8").catch(() => null);
  return { what: "Socket buffers", ...judgeSocketBuffers(setting) };
}

function memory(): Finding {
  const finding = { what: "Free memory", state: `${gib(freemem())} of ${gib(totalmem())}` };
  if (freemem() >= LITTLE_MEMORY_BYTES) return finding;
  return { ...finding, follows: "few servers can run at once", todo: "end what else takes memory" };
}

const gib = (bytes: number) => `${(bytes / GIB).toFixed(1)} GiB`;

function table(findings: readonly Finding[]): string[] {
  const width = Math.max(...findings.map(({ what }) => what.length)) + 2;
  const indent = " ".repeat(width);
  return findings.flatMap(({ what, state, follows, todo }) => [
    what.padEnd(width) + state,
    ...(follows === undefined ? [] : [`${indent}so ${follows}`]),
    ...(todo === undefined ? [] : [`${indent}to change it: ${todo}`]),
  ]);
}
