/**
 * Checks that no file names the host of a registry of packages or images: packages come from where the machine's own apt and
 * npm are set up to take them, and examples say MIRROR. Exits with 1, naming each place.
 */
import { globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** What is not of the checkout itself. */
const APART = ["**/node_modules", ".git", ".runtime", ".cache", "dist"];
/** Longer than any text of ours. */
const MOST_BYTES = 4 * 2 ** 20;

/** In parts, as this file must name none either. */
const HOSTS: readonly (readonly string[])[] = [
  ...["deb", "security", "ftp", "snapshot", "httpredir"].map((name) => [name, "debian", "org"]),
  ...["archive", "security", "ports"].map((name) => [name, "ubuntu", "com"]),
  ...["registry", "www"].map((name) => [name, "npmjs", "org"]),
  ["registry", "npmjs", "com"],
  ["registry", "yarnpkg", "com"],
  ["deb", "nodesource", "com"],
  ["nodejs", "org/dist"],
  ["nodejs", "org/download"],
  ["pypi", "org"],
  ["files", "pythonhosted", "org"],
  ["proxy", "golang", "org"],
  ["docker", "io"],
  ["ghcr", "io"],
  ["quay", "io"],
  ["gcr", "io"],
];

/** A repository's downloads, which are packages too. */
const DOWNLOADS = new RegExp(["github", "com/[^/]{1,99}/[^/]{1,99}/releases"].join("\\."));

const NAMES = new RegExp(
  `(?<![\\w.-])(?:${HOSTS.map((parts) => parts.join("\\.")).join("|")})(?![\\w-]|\\.\\w)`,
);

/** What registries the lines of a text name, each with the number of its line. */
export function registriesIn(text: string): readonly string[] {
  return text.split("\n").flatMap((line, at) => {
    const [named] = NAMES.exec(line) ?? DOWNLOADS.exec(line) ?? [];
    return named === undefined ? [] : [`${at + 1}: ${named}`];
  });
}

/** Each place of the checkout that names one. */
function faults(): readonly string[] {
  const files = globSync(["**/{*,.*}", ".*/**"], { cwd: ROOT, exclude: APART }).sort();
  return files.flatMap((file) => {
    const { size, mode } = statSync(join(ROOT, file));
    if ((mode & 0o170_000) !== 0o100_000 || size > MOST_BYTES) return [];
    return registriesIn(readFileSync(join(ROOT, file), "utf8")).map((place) => `${file}:${place}`);
  });
}

if (import.meta.main) {
  for (const fault of faults()) {
    console.log(`${fault} is a registry's host: take the machine's own, and say MIRROR`);
    process.exitCode = 1;
  }
}
