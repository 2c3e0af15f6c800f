/**
 * Where Debian 12's packages come from: the mirrors that this machine's apt has of it, else Debian's own. How apt gets
 * there (proxies, certificates, clocks that are wrong) applies here too.
 */
import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import { run } from "../debian-tools.ts";

export type Archive = {
  /** Lines of a `sources.list`. */
  readonly sources: readonly string[];
  /** Lines of an `apt.conf`. */
  readonly options: readonly string[];
  /** Changes when apt has learned of other packages. */
  readonly state: string;
};

const SUITES = ["bookworm", "bookworm-updates", "bookworm-security"];

const PUBLIC_SOURCES = [
  "deb http://deb.debian.org/debian bookworm main",
  "deb http://deb.debian.org/debian bookworm-updates main",
  "deb http://deb.debian.org/debian-security bookworm-security main",
];

/** Settings of apt's that say how it fetches, not what. */
const FETCHING = /^Acquire::(?:https?|ftp|Check-|Retries|ForceIPv)/;

const TARGET = "$(ORIGIN) $(CODENAME) $(COMPONENT) $(ARCHITECTURE) $(REPO_URI) $(RELEASE) $(FILENAME)";

/** Asks apt. Errors: none of its own; where apt knows no Debian 12, it is the public archive. */
export async function findArchive(): Promise<Archive> {
  const [targets, settings] = await Promise.all([
    run("apt-get", ["indextargets", "--format", TARGET, "Identifier: Packages"]),
    run("apt-config", ["dump", "Acquire"]),
  ]);
  return archiveOf(targets, settings, stamp);
}

/** Reads what apt said; `stampOf` tells whether a list of packages has changed. */
export function archiveOf(targets: string, settings: string, stampOf: (file: string) => string): Archive {
  const sources: string[] = [];
  const hash = createHash("sha256");
  for (const line of targets.split("\n")) {
    const [origin, codename = "", component, architecture, uri, release, ...file] = line.split(" ");
    if (origin !== "Debian" || !SUITES.includes(codename)) continue;
    if (component !== "main" || architecture !== "amd64") continue;
    sources.push(`deb ${uri} ${release} main`);
    hash.update(`${uri}\0${release}\0${stampOf(file.join(" "))}\0`);
  }
  // A mirror of the updates alone makes no system.
  const whole = sources.some((line) => !/-(updates|security) main$/.test(line));
  return {
    sources: whole ? sources : PUBLIC_SOURCES,
    options: settings.split("\n").filter((line) => FETCHING.test(line)),
    state: hash.digest("hex"),
  };
}

function stamp(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.size} ${stat.mtimeMs}`;
}
