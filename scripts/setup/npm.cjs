/** Fetching packages with npm: aside, whole, and exactly as a lock file names them. */
"use strict";
const { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");
const { RUNTIME, run } = require("./run.cjs");

/** How folders begin in which packages are laid out. */
const ASIDE = "aside-";

/**
 * Lays out what the lock file in the folder `from` names and gives that `node_modules` to `take`, which moves what it
 * wants from there; the rest is removed. Throws a SetupError that says what npm said.
 *
 * @param {string} from
 * @param {readonly string[]} options
 * @param {(modules: string) => void} take
 * @param {string} prefix How the folder aside begins: one set-up removes what another of the same prefix left.
 */
function fetchPackages(from, options, take, prefix = ASIDE) {
  mkdirSync(RUNTIME, { recursive: true });
  removeAbandoned(prefix);
  const aside = mkdtempSync(join(RUNTIME, prefix));
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(from, file), join(aside, file));
  // No package's script runs: what Lodge uses comes with its binaries, and a compiler is not at hand. It is not `npm ci`,
  // which refuses a lock file that leaves out packages for other kinds of machine; registries do not hold all of them.
  const quiet = [
    "--ignore-scripts",
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--loglevel=error",
  ];
  run("npm install", ["npm", "install", `--prefix=${aside}`, "--prefer-offline", ...quiet, ...options], {
    cwd: aside,
    advice: "See to the network and to npm's configuration, then run this again.",
  });
  take(join(aside, "node_modules"));
  rmSync(aside, { recursive: true, force: true });
}

/**
 * Removes what interrupted set-ups left.
 *
 * @param {string} prefix
 */
function removeAbandoned(prefix) {
  for (const name of readdirSync(RUNTIME).filter((name) => name.startsWith(prefix))) {
    try {
      rmSync(join(RUNTIME, name), { recursive: true, force: true });
    } catch {
      // The npm of an interrupted set-up may not have noticed yet and still be writing: a later one removes it.
    }
  }
}

module.exports = { fetchPackages };
