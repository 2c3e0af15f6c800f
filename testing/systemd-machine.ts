/**
 * A machine of a test's own that systemd runs: namespaces in which this machine's files are seen, and what is written stays
 * in memory. All of it ends with its first process.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Run, runToEnd } from "./run.ts";
import { until } from "./until.ts";

const ROOT = resolve(import.meta.dirname, "..");

const NAMESPACES = ["--mount", "--pid", "--cgroup", "--net", "--ipc", "--uts", "--fork", "--kill-child"];

/** As a service has it (systemd.exec(5)). */
const ENVIRONMENT = [
  "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  "HOME=/root",
  "LC_ALL=C",
];

/** Makes the machine's root in the folder `$1`, with the folders behind it as they are here, and starts systemd in it. */
const BOOT = `
set -e
folder=$1; shift
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/changes" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay overlay -o lowerdir=/,upperdir="$folder/changes",workdir="$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for each in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$each"; done
chmod 1777 "$root/tmp"
for each; do mkdir -p "$root$each"; mount --bind "$each" "$root$each"; done
mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
for each in null zero full random urandom tty net/tun kvm; do
  [ -e "/dev/$each" ] || continue
  touch "$root/dev/$each"
  mount --bind "/dev/$each" "$root/dev/$each"
done
# What waits for networks that there are none of here.
for each in systemd-networkd NetworkManager; do
  ln -sf /dev/null "$root/etc/systemd/system/$each-wait-online.service"
done
ip link set lo up
cd "$root"
exec env -i PATH="$PATH" container=lodge chroot "$root" /lib/systemd/systemd --system --unit=basic.target
`;

/** Why there can be none here, or null. */
export function systemdObstacle(): string | null {
  if (process.getuid?.() !== 0) return "needs root";
  const programs = ["unshare", "nsenter", "/lib/systemd/systemd"];
  const missing = programs.find((program) => spawnSync(program, ["--version"]).status !== 0);
  return missing === undefined ? null : `needs ${missing}`;
}

export class SystemdMachine {
  readonly #folder: string;
  readonly #unshare: ChildProcess;
  #first = 0;

  private constructor(folder: string, unshare: ChildProcess) {
    this.#folder = folder;
    this.#unshare = unshare;
  }

  static async boot(): Promise<SystemdMachine> {
    const folder = mkdtempSync(join(tmpdir(), "lodge-systemd-"));
    // A checkout may be a mount of its own, and have its parts elsewhere.
    const parts = ["", "node_modules", ".runtime"].map((name) => realpathSync(join(ROOT, name)));
    const words = [...NAMESPACES, "--", "sh", "-c", BOOT, "sh", folder, ...new Set(parts)];
    const unshare = spawn("unshare", words, { stdio: ["ignore", "ignore", "inherit"] });
    const machine = new SystemdMachine(folder, unshare);
    try {
      await machine.#booted();
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  /** Runs a command in it, as root, with nothing of this process's environment. */
  run(...command: readonly string[]): Promise<Run> {
    const enter = ["nsenter", `--target=${this.#first}`, ..."mpCniurw".split("").map((each) => `-${each}`)];
    return runToEnd([...enter, "--", "env", "--ignore-environment", ...ENVIRONMENT, ...command]);
  }

  /** The same; answers what it printed. Errors: it did not end with 0, and what it said. */
  async say(...command: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...command);
    if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}: ${stdout}${stderr}`);
    return stdout.trimEnd();
  }

  async close(): Promise<void> {
    if (this.#unshare.exitCode === null && this.#unshare.signalCode === null) {
      const exit = once(this.#unshare, "exit");
      this.#unshare.kill("SIGKILL");
      await exit;
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #booted(): Promise<void> {
    await until("systemd runs", async () => {
      if (this.#unshare.exitCode !== null)
        throw new Error(`the machine ended with ${this.#unshare.exitCode}`);
      const children = `/proc/${this.#unshare.pid}/task/${this.#unshare.pid}/children`;
      this.#first = Number((await readFile(children, "utf8")).trim());
      const name = await readFile(`/proc/${this.#first}/comm`, "utf8").catch(() => "");
      if (name.trim() !== "systemd") return null;
      const { stdout } = await this.run("systemctl", "is-system-running");
      return ["running", "degraded"].includes(stdout.trim()) ? true : null;
    });
  }
}
