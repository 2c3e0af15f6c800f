/** The servers of others that take and give images, each with a folder and a socket of its own, ended by its caller. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdir, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../testing/until.ts";
import type { Carrier } from "./carried.ts";
import { seconds } from "./ratio.ts";
import { tool } from "./twin.ts";

export type Peer = Carrier & { readonly name: "virsh" | "nginx"; end(): Promise<void> };

/** Where Debian has libvirt's drivers; the storage driver is all that is loaded, so that nothing is asked of the system. */
const STORAGE_DRIVER = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_storage.so";

/** Starts a libvirtd with one pool, which is a folder. */
export async function startLibvirt(dir: string, sizeBytes: number): Promise<Peer> {
  const home = join(dir, "libvirt");
  const [drivers, pool, socket] = ["drivers", "pool", "libvirt-sock"].map((name) => join(home, name)) as [
    ...[string, string, string],
  ];
  await mkdir(drivers, { recursive: true });
  await mkdir(pool);
  await symlink(STORAGE_DRIVER, join(drivers, "libvirt_driver_storage.so"));
  const settings = [`unix_sock_dir = "${home}"`, 'auth_unix_rw = "none"', 'log_outputs = "3:stderr"', ""];
  await writeFile(join(home, "libvirtd.conf"), settings.join("\n"));
  const words = ["-f", join(home, "libvirtd.conf"), "-p", join(home, "pid")];
  const daemon = await started("libvirtd", words, socket, { LIBVIRT_DRIVER_DIR: drivers });
  const virsh = (...command: readonly string[]) =>
    tool(["virsh", "-q", "-c", `storage:///system?socket=${socket}`, ...command]);
  await virsh("pool-create-as", "bench", "dir", "--target", pool);
  await virsh("vol-create-as", "bench", "image.raw", `${sizeBytes}b`, "--format", "raw");
  return {
    name: "virsh",
    upBy: "virsh vol-upload",
    downBy: "virsh vol-download",
    async upload(image) {
      // Onto a volume that holds nothing, as ours goes onto a drive that does.
      await virsh("vol-delete", "--pool", "bench", "image.raw");
      await virsh("vol-create-as", "bench", "image.raw", `${sizeBytes}b`, "--format", "raw");
      return seconds(() => virsh("vol-upload", "--pool", "bench", "image.raw", image));
    },
    async download(file) {
      await rm(file, { force: true });
      return seconds(() => virsh("vol-download", "--pool", "bench", "image.raw", file));
    },
    async end() {
      await virsh("pool-destroy", "bench");
      await ended(daemon);
    },
  };
}

/** Starts an nginx that stores what is PUT (ngx_http_dav_module). */
export async function startNginx(dir: string): Promise<Peer> {
  const home = join(dir, "nginx");
  const [files, socket] = [join(home, "files"), join(home, "socket")];
  await mkdir(files, { recursive: true });
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const settings = [
    ...["daemon off;", "worker_processes 1;", `pid ${join(home, "pid")};`, "error_log stderr;"],
    ...(process.getuid?.() === 0 ? ["user root;"] : []),
    ...["events {}", "http {", "access_log off;", "client_max_body_size 0;"],
    ...temporary.map((name) => `${name}_temp_path ${join(home, name)};`),
    `server { listen unix:${socket}; root ${files}; dav_methods PUT; }`,
    "}",
    "",
  ];
  await writeFile(join(home, "nginx.conf"), settings.join("\n"));
  const words = ["-e", "stderr", "-p", home, "-c", join(home, "nginx.conf")];
  const daemon = await started("/usr/sbin/nginx", words, socket);
  const curl = (...command: readonly string[]) =>
    tool(["curl", "-sf", "--unix-socket", socket, "http://localhost/image.raw", ...command]);
  return {
    name: "nginx",
    upBy: "curl -T to nginx",
    downBy: "curl -o from nginx",
    async upload(image) {
      await rm(join(files, "image.raw"), { force: true });
      return seconds(() => curl("-T", image));
    },
    async download(file) {
      await rm(file, { force: true });
      return seconds(() => curl("-o", file));
    },
    end: () => ended(daemon),
  };
}

/** Starts a program and answers once its socket is there. Errors: it ended before that. */
async function started(
  program: string,
  words: readonly string[],
  socket: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ChildProcess> {
  const child = spawn(program, words, { stdio: "ignore", env: { ...process.env, ...env } });
  await once(child, "spawn");
  await until(`${program} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
    return access(socket).then(
      () => true,
      () => null,
    );
  });
  return child;
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exit = once(child, "exit");
  child.kill();
  await exit;
}
