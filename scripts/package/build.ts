/** Building the package out of a checkout that was set up: the same files make the same package, byte by byte. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { PACKAGES } from "../setup/debian.cjs";
import { changelogOf, controlOf, debianVersion } from "./control.ts";
import { layTree, levelTree } from "./tree.ts";

/** What is run as the package comes and goes. */
const SCRIPTS = ["postinst", "prerm", "postrm"];
/** Linked with libraries that Debian's packages bring. */
const BINARIES = [
  "usr/lib/lodge/.runtime/node",
  `usr/lib/lodge/node_modules/better-sqlite3/prebuilds/linux-${process.arch}.node`,
];

export type BuildOptions = {
  readonly env?: NodeJS.ProcessEnv;
  /** How the files are packed; `none` is for who installs it at once. */
  readonly compression?: "xz" | "none";
};

/**
 * Builds the package of the checkout `root` into the folder `to`, and answers its file. Its times are `SOURCE_DATE_EPOCH`,
 * else that of the last commit. Nothing else is left in `to`. Errors: what a program that it takes said.
 */
export function buildPackage(root: string, to: string, options: BuildOptions = {}): string {
  const { env = process.env, compression = "xz" } = options;
  mkdirSync(to, { recursive: true });
  const work = mkdtempSync(join(to, ".building-"));
  try {
    const tree = join(work, "tree");
    const architecture = run(work, "dpkg", "--print-architecture");
    const epoch = Number(env.SOURCE_DATE_EPOCH || run(root, "git", "log", "-1", "--format=%ct"));
    const { version, description } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
      version: string;
      description: string;
    };
    run(root, process.execPath, "scripts/console.ts");
    layTree(root, tree, changelogOf(version, epoch));
    mkdirSync(join(tree, "DEBIAN"));
    for (const name of SCRIPTS) {
      cpSync(join(root, "packaging/debian", name), join(tree, "DEBIAN", name));
      chmodSync(join(tree, "DEBIAN", name), 0o755);
    }
    writeFileSync(join(tree, "DEBIAN/conffiles"), "/etc/lodge/lodge.env\n");
    writeFileSync(join(tree, "DEBIAN/md5sums"), md5sums(tree));
    const [installedKiB, libraries] = [sizeKiB(tree), librariesOf(work, tree)];
    const control = controlOf({
      version,
      description,
      architecture,
      installedKiB,
      libraries,
      needed: PACKAGES,
    });
    writeFileSync(join(tree, "DEBIAN/control"), control);
    levelTree(tree, epoch);
    const name = `lodge_${debianVersion(version)}_${architecture}.deb`;
    const packing = compression === "none" ? ["-Znone"] : ["-Zxz", "-z1", "--threads-max=1"];
    const words = ["--root-owner-group", ...packing, "--build", tree, join(work, name)];
    run(work, "env", `SOURCE_DATE_EPOCH=${epoch}`, "dpkg-deb", ...words);
    renameSync(join(work, name), join(to, name));
    return join(to, name);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What the binaries are linked with, as a package depends on it: all of it is in packages that are installed here. */
function librariesOf(work: string, tree: string): string {
  mkdirSync(join(work, "debian"));
  writeFileSync(join(work, "debian/control"), "Source: lodge\n\nPackage: lodge\nArchitecture: any\n");
  const binaries = BINARIES.map((file) => join(tree, file));
  return run(work, "dpkg-shlibdeps", "-O", "--warnings=0", ...binaries).replace(/^shlibs:Depends=/, "");
}

/** The sums by which `dpkg --verify` finds what was changed; settings are there to be. */
function md5sums(tree: string): string {
  return filesOf(tree)
    .filter((file) => !/^(?:DEBIAN|etc)\//.test(file) && lstatSync(join(tree, file)).isFile())
    .map(
      (file) =>
        `${createHash("md5")
          .update(readFileSync(join(tree, file)))
          .digest("hex")}  ${file}\n`,
    )
    .join("");
}

/** As deb-substvars(5) has it: of each file what it takes in KiB, and of all else one. */
function sizeKiB(tree: string): number {
  const sizes = filesOf(tree).map((file) => {
    const stat = lstatSync(join(tree, file));
    return stat.isFile() ? Math.ceil(stat.size / 1024) : 1;
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** All below a folder but what is behind its links. */
function filesOf(tree: string): string[] {
  const found: string[] = [];
  const look = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      found.push(relative(tree, path));
      if (entry.isDirectory()) look(path);
    }
  };
  look(tree);
  return found.sort();
}

function run(cwd: string, program: string, ...words: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ${words[0]}: ${error?.message ?? stderr.trim()}`);
  return stdout.trim();
}
