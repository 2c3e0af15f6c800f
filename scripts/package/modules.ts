/** The packages of npm that Lodge runs with, out of a checkout's `node_modules`: those that its lock file does not name for development. */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";

type Lock = {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean; readonly devOptional?: boolean }>>;
};

/** The folders below the checkout, such as `node_modules/zod`. */
export function modulesOf(lock: Lock): readonly string[] {
  return Object.entries(lock.packages).flatMap(([folder, { dev, devOptional }]) =>
    folder === "" || dev || devOptional ? [] : [folder],
  );
}

/** What a package has for who works on it: its tests, papers, pages and programs, and the types of what it brings. */
const FOR_AUTHORS =
  /\/(?:tests?|docs?|benchmarks?|examples?|bin|bin\.[cm]?js|\.[^/]*)(?:\/|$)|\.(?:map|html|sh|d\.[cm]?ts)$|(?<!licen[cs]e)\.md$/i;
/** What another is compiled with that comes compiled. */
const FOR_COMPILERS = /^node_modules\/node-addon-api(?:\/|$)/;

/**
 * Whether a file or folder is one that somebody reads who runs the packages. Of better-sqlite3 that is neither the sources
 * that it was compiled from nor what it is for other machines.
 */
export function isRead(path: string, arch: string): boolean {
  const [, name, folder, file = ""] =
    /^node_modules\/(better-sqlite3)\/([^/]+)(?:\/([^/]+))?/.exec(path) ?? [];
  if (name === undefined) return !FOR_AUTHORS.test(path) && !FOR_COMPILERS.test(path);
  if (folder === "prebuilds") return file === "" || file === `linux-${arch}.node`;
  return ["lib", "package.json", "LICENSE"].includes(folder ?? "");
}

/** Copies them from the checkout `root` into the folder `to`. Errors: one is not installed. */
export function copyModules(root: string, to: string, arch: string = process.arch): void {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as Lock;
  for (const folder of modulesOf(lock)) {
    const from = join(root, folder);
    if (!existsSync(from)) throw new Error(`${folder} is not installed: run "npm run setup"`);
    const filter = (source: string) => {
      const below = source.slice(from.length);
      return !below.split(sep).includes("node_modules") && isRead(folder + below, arch);
    };
    cpSync(from, join(to, folder), { recursive: true, dereference: true, filter });
  }
}
