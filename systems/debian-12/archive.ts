/**
 * Where Debian 12's packages come from: the mirrors that this machine's apt has of it, and no other. How apt gets there
 * (proxies, certificates, clocks that are wrong) applies here too.
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

/** What to do where apt has none; MIRROR stands for one of the operator's choice. */
const NO_MIRROR =
  "apt of this machine has no mirror of Debian 12 itself: add a line such as " +
  '"deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] MIRROR bookworm main" to a file of ' +
  "/etc/apt/sources.list.d, and run apt-get update";

/** Settings of apt's that say how it fetches, not what. */
const FETCHING = /^Acquire::(?:https?|ftp|Check-|Retries|ForceIPv)/;

const TARGET = "$(ORIGIN) $(CODENAME) $(COMPONENT) $(ARCHITECTURE) $(REPO_URI) $(RELEASE) $(FILENAME)";

/** Asks apt. Errors: it knows no Debian 12, with what to do. */
export async function findArchive(): Promise<Archive> {
  const [targets, settings] = await Promise.all([
    run("apt-get", ["indextargets", "--format", TARGET, "Identifier: Packages"]),
    run("apt-config", ["dump", "Acquire"]),
  ]);
  return archiveOf(targets, settings, stamp);
}

/** Reads what apt said; `stampOf` tells whether a list of packages has changed. Errors: there is no mirror in it. */
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
  if (!sources.some((line) => !/-(updates|security) main$/.test(line))) throw new Error(NO_MIRROR);
  return {
    sources,
    options: settings.split("\n").filter((line) => FETCHING.test(line)),
    state: hash.digest("hex"),
  };
}

function stamp(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? "none" : `${stat.size} ${stat.mtimeMs}`;
}
