/** Debian's packages that Lodge runs, which of them are missing, and how they come. */
"use strict";
const { existsSync, mkdirSync, readdirSync, writeFileSync } = require("node:fs");
const { delimiter, dirname, join } = require("node:path");
const { SetupError, run } = require("./run.cjs");

/**
 * A package, the program (or, with a slash, the file, whose path may have one folder called `*`) that shows it to be
 * there, and what it is there for.
 *
 * @typedef {{ name: string, shownBy: string, use: "drives and servers" | "bridges" | "sample image" | "own Node" | "tests" | "whole images" | "package" | "peers" }} Package
 */

const MULTIARCH = { x64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };

/** @type {readonly Package[]} */
const PACKAGES = [
  { name: "qemu-system-x86", shownBy: "qemu-system-x86_64", use: "drives and servers" },
  { name: "qemu-system-common", shownBy: "qemu-storage-daemon", use: "drives and servers" },
  { name: "qemu-utils", shownBy: "qemu-img", use: "drives and servers" },
  { name: "isal", shownBy: "igzip", use: "drives and servers" },
  { name: "pigz", shownBy: "pigz", use: "drives and servers" },
  { name: "bubblewrap", shownBy: "bwrap", use: "drives and servers" },
  { name: "xorriso", shownBy: "xorrisofs", use: "drives and servers" },
  { name: "iproute2", shownBy: "ip", use: "bridges" },
  { name: "nftables", shownBy: "nft", use: "bridges" },
  { name: "dnsmasq-base", shownBy: "dnsmasq", use: "bridges" },
  { name: "mtools", shownBy: "mcopy", use: "sample image" },
  { name: "syslinux", shownBy: "syslinux", use: "sample image" },
  { name: "cpio", shownBy: "cpio", use: "sample image" },
  { name: "lz4", shownBy: "lz4", use: "sample image" },
  { name: "kmod", shownBy: "modprobe", use: "sample image" },
  { name: "cryptsetup-bin", shownBy: "cryptsetup", use: "tests" },
  { name: "busybox", shownBy: "busybox", use: "tests" },
  { name: "isolinux", shownBy: "/usr/lib/ISOLINUX/isolinux.bin", use: "tests" },
  { name: "syslinux-common", shownBy: "/usr/lib/syslinux/modules/bios/ldlinux.c32", use: "tests" },
  { name: "gvncviewer", shownBy: "gvnccapture", use: "tests" },
  { name: "openssl", shownBy: "openssl", use: "tests" },
  { name: "systemd", shownBy: "systemd-analyze", use: "tests" },
  { name: "strace", shownBy: "strace", use: "tests" },
  { name: "postgresql", shownBy: "/usr/lib/postgresql/*/bin/initdb", use: "tests" },
  { name: "pgbouncer", shownBy: "/usr/sbin/pgbouncer", use: "tests" },
  { name: "prometheus", shownBy: "promtool", use: "tests" },
  { name: "nginx", shownBy: "/usr/sbin/nginx", use: "tests" },
  { name: "caddy", shownBy: "caddy", use: "tests" },
  { name: "bash", shownBy: "bash", use: "tests" },
  { name: "zsh", shownBy: "zsh", use: "tests" },
  { name: "fish", shownBy: "fish", use: "tests" },
  { name: "php-cli", shownBy: "php", use: "tests" },
  { name: "php-curl", shownBy: "/usr/lib/php/*/curl.so", use: "tests" },
  { name: "chromium-headless-shell", shownBy: "chromium-headless-shell", use: "tests" },
  {
    name: "python3-libcloud",
    shownBy: "/usr/lib/python3/dist-packages/libcloud/compute/drivers/elastichosts.py",
    use: "tests",
  },
  // The Node that comes from npm is linked with it; Debian's minimal system is without.
  {
    name: "libatomic1",
    shownBy: `/usr/lib/${MULTIARCH[/** @type {"x64"} */ (process.arch)]}/libatomic.so.1`,
    use: "own Node",
  },
  { name: "mmdebstrap", shownBy: "mmdebstrap", use: "whole images" },
  { name: "e2fsprogs", shownBy: "mkfs.ext4", use: "whole images" },
  { name: "fdisk", shownBy: "sfdisk", use: "whole images" },
  { name: "openssh-client", shownBy: "ssh", use: "whole images" },
  { name: "dpkg-dev", shownBy: "dpkg-shlibdeps", use: "package" },
  { name: "libvirt-daemon", shownBy: "/usr/sbin/libvirtd", use: "peers" },
  { name: "libvirt-clients", shownBy: "virsh", use: "peers" },
  { name: "curl", shownBy: "curl", use: "peers" },
];

/** What does not work, of the uses without which the rest does. */
const DISPENSABLE = {
  "sample image": '"lodge sample-image" will not work',
  tests: "some tests will fail",
  "whole images": '"npm run test:images" will not work',
  package: '"npm run package" will not work',
  peers: '"npm run bench -- peers" will not work',
};

/** A user who is not root has the system's programs outside of the search path. */
const SEARCH_PATH = [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];

/** @param {string} program */
function isThere(program) {
  if (!program.includes("/")) return SEARCH_PATH.some((dir) => existsSync(join(dir, program)));
  const [before = "", after] = program.split("/*/");
  if (after === undefined) return existsSync(program);
  return existsSync(before) && readdirSync(before).some((name) => existsSync(join(before, name, after)));
}

/** Packages that start a service of their name, which only the tests have a use for. */
const SERVICES = ["pgbouncer", "prometheus", "nginx", "caddy"];

/** Read by the package postgresql as it is installed (pg_createcluster(8)). */
const CLUSTER_SETTINGS = "/etc/postgresql-common/createcluster.d/lodge.conf";

/**
 * The packages that this user of this machine lacks.
 *
 * @param {{ root: boolean, ownRuntime: boolean, dev: boolean, images: boolean, packaging: boolean, peers: boolean }} of Bridges are root's alone; the own Node's libraries matter only with it.
 * @param {(shownBy: string) => boolean} present
 */
function missingPackages({ root, ownRuntime, dev, images, packaging, peers }, present = isThere) {
  const wanted = {
    "drives and servers": true,
    "sample image": true,
    bridges: root,
    "own Node": ownRuntime,
    tests: dev,
    "whole images": images,
    package: packaging,
    peers,
  };
  return PACKAGES.filter(({ use, shownBy }) => wanted[use] && !present(shownBy));
}

/**
 * Says what follows from packages that are missing to one who may not install them. Throws a SetupError when nothing
 * works without them.
 *
 * @param {readonly Package[]} missing
 * @param {(line: string) => void} report
 */
function noteMissing(missing, report) {
  if (missing.length === 0) return;
  const command = `apt-get install --no-install-recommends ${missing.map(({ name }) => name).join(" ")}`;
  const needed = missing.filter(({ use }) => !(use in DISPENSABLE)).map(({ shownBy }) => shownBy);
  if (needed.length > 0) throw new SetupError(`${needed.join(", ")} not found. As root, run: ${command}`);
  const lacks = Object.entries(DISPENSABLE).filter(([use]) => missing.some((each) => each.use === use));
  report(`${lacks.map(([, lack]) => lack).join(", and ")} until root runs: ${command}`);
}

/**
 * Installs packages; root only. Throws a SetupError that says what apt said.
 *
 * @param {readonly Package[]} missing
 * @param {(line: string) => void} report
 */
function installPackages(missing, report) {
  const names = missing.map(({ name }) => name);
  if (!isThere("apt-get")) {
    throw new SetupError(
      `this is not Debian: install what it has as ${names.join(", ")}, then run this again`,
    );
  }
  report(`installing Debian's packages ${names.join(" ")}`);
  if (names.includes("postgresql")) keepFromMakingCluster();
  apt("update");
  apt("install", "--yes", "--no-install-recommends", ...names);
  for (const service of SERVICES) if (names.includes(service)) stopService(service);
  const [still] = missing.filter(({ shownBy }) => !isThere(shownBy));
  if (still !== undefined)
    throw new SetupError(`apt installed ${still.name}, but ${still.shownBy} is not there`);
}

/** The tests have servers of their own: one of the system's, which the package makes and starts, would be nobody's. */
function keepFromMakingCluster() {
  if (existsSync(CLUSTER_SETTINGS)) return;
  mkdirSync(dirname(CLUSTER_SETTINGS), { recursive: true });
  writeFileSync(CLUSTER_SETTINGS, "create_main_cluster = false\n");
}

/** @param {string} name Of a service that a package has started, now and at every start of the machine. */
function stopService(name) {
  if (!existsSync("/run/systemd/system")) return;
  run(`systemctl disable ${name}`, ["systemctl", "disable", "--now", name], {
    advice: `See to the service ${name}, then run this again.`,
  });
}

/** @param {readonly [string, ...string[]]} words */
function apt(...words) {
  // apt waits for others who hold its lock on packages, but not on its lists: set-ups side by side take turns here.
  const turn = ["flock", "--close", "/var/lib/apt"];
  const options = ["--quiet", "-o", "DPkg::Lock::Timeout=600", "-o", "Acquire::Retries=3"];
  run(`apt-get ${words[0]}`, [...turn, "apt-get", ...options, ...words], {
    env: { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C.UTF-8" },
    advice: "See to the network and to apt's sources, then run this again.",
  });
}

module.exports = { PACKAGES, installPackages, missingPackages, noteMissing };
