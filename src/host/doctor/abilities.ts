/** What a machine is able to do: which programs it has, and how guests are run and kept apart by them. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { missingPrograms } from "../process/programs.ts";
import { findSandboxer } from "../process/sandbox.ts";
import { findAccelerator } from "../qemu/accelerator.ts";
import { coreMhz } from "../quota/core-mhz.ts";
import { openCpuQuota } from "../quota/cpu-quota.ts";
import type { Examined, Found } from "./found.ts";

const isRoot = () => process.getuid?.() === 0;

export function programs(): Found {
  const missing = missingPrograms(isRoot());
  if (missing.length === 0) return { state: "all there" };
  return {
    state: `not installed: ${missing.map(({ program }) => program).join(", ")}`,
    follows: [...new Set(missing.map(({ lack }) => lack))].join("; "),
    todo: `apt-get install ${[...new Set(missing.map(({ debian }) => debian))].join(" ")}`,
  };
}

export async function acceleration({ scratch, uid }: Examined): Promise<Found> {
  const { accelerator, reason } = await findAccelerator({
    program: "qemu-system-x86_64",
    uid,
    cacheFile: join(scratch, "accelerator.json"),
  });
  if (accelerator === "kvm") return { state: `yes: ${reason}` };
  return {
    state: `no: ${reason}`,
    follows: "guests are emulated, ten to fifty times slower",
    todo: /permission denied/i.test(reason)
      ? "let a group other than root's read and write /dev/kvm: chgrp kvm /dev/kvm; chmod 660 /dev/kvm"
      : "turn on virtualization in the firmware, or, in a virtual machine, nested virtualization on its host",
  };
}

export async function quotas({ group }: Examined): Promise<Found> {
  const megahertz = await coreMhz();
  const cores = `${availableParallelism()} cores of ${megahertz} MHz`;
  const quota = await openCpuQuota({ group, coreMhz: megahertz });
  if (quota !== null) {
    await quota.close();
    return { state: `yes: by control groups, on ${cores}` };
  }
  return {
    state: `no: no control group of the cpu controller can be made (${cores})`,
    follows: "the key cpu is kept and answered, and limits nothing",
    todo: "start Lodge as root, with control groups mounted under /sys/fs/cgroup",
  };
}

export function separation(): Found {
  if (isRoot()) return { state: "yes: QEMU runs as a user of its own" };
  return {
    state: "no: Lodge does not run as root",
    follows: "a guest that breaks out of QEMU is you",
    todo: "start Lodge as root",
  };
}

export async function sandbox(): Promise<Found> {
  const { obstacle } = await findSandboxer();
  if (obstacle === null) return { state: "yes: QEMU sees nothing of the machine but what it uses" };
  const missing = obstacle.endsWith("not installed");
  const namespaces =
    "start Lodge as root, or let users make user namespaces: sysctl kernel.unprivileged_userns_clone=1, " +
    "kernel.apparmor_restrict_unprivileged_userns=0, user.max_user_namespaces=1000";
  return {
    state: `no: ${obstacle}`,
    follows: "a guest that breaks out of its QEMU sees the whole machine, as far as its uid may read it",
    todo: missing ? "apt-get install bubblewrap" : isRoot() ? "see to what bwrap says" : namespaces,
  };
}
