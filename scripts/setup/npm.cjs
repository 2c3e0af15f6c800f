/** Fetching packages with npm: aside, whole, and exactly as a lock file names them. */
"use strict";
const { copyFileSync, mkdirSync, rmSync } = require("node:fs");
const { join } = require("node:path");
const { RUNTIME, run } = require("./run.cjs");

const ASIDE = join(RUNTIME, "aside");

/**
 * Lays out what the lock file in the folder `from` names and gives that `node_modules` to `take`, which moves what it
 * wants from there; the rest is removed. Throws a SetupError that says what npm said.
 *
 * @param {string} from
 * @param {readonly string[]} options
 * @param {(modules: string) => void} take
 */
function fetchPackages(from, options, take) {
  rmSync(ASIDE, { recursive: true, force: true });
  mkdirSync(ASIDE);
  for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(from, file), join(ASIDE, file));
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
  run("npm install", ["npm", "install", `--prefix=${ASIDE}`, "--prefer-offline", ...quiet, ...options], {
    cwd: ASIDE,
    advice: "See to the network and to npm's configuration, then run this again.",
  });
  take(join(ASIDE, "node_modules"));
  rmSync(ASIDE, { recursive: true, force: true });
}

module.exports = { fetchPackages };
