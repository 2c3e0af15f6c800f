/**
 * The packages of npm, as package-lock.json names them. They are laid out aside and put in place whole, so that a
 * failure or an interruption leaves what was there before, and a stamp tells whether they are what they should be.
 */
"use strict";
const { createHash } = require("node:crypto");
const { existsSync, readFileSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { join } = require("node:path");
const { fetchPackages } = require("./npm.cjs");
const { ROOT, RUNTIME } = require("./run.cjs");

const STAMP = join(RUNTIME, "setup.json");
const MODULES = join(ROOT, "node_modules");
const REPLACED = join(RUNTIME, "replaced");

/** npm's own note in `node_modules` of all that it put there; whoever changes that changes the note. */
const NOTE = join(MODULES, ".package-lock.json");

/**
 * What was installed: the digest of the lock file that named it, that of npm's note, and whether tools for the tests and
 * checks are among it.
 *
 * @typedef {{ lock: string, note: string, dev: boolean }} Stamp
 */

/**
 * Whether a stamp vouches for what is wanted now.
 *
 * @param {Stamp | undefined} stamp
 * @param {Stamp} wanted
 */
function vouches(stamp, wanted) {
  if (stamp === undefined || stamp.lock !== wanted.lock || stamp.note !== wanted.note) return false;
  return stamp.dev || !wanted.dev;
}

/** @param {boolean} dev */
function dependenciesAreCurrent(dev) {
  return existsSync(NOTE) && vouches(readStamp(), presentState(dev));
}

/**
 * Installs the packages; those for tests and checks too when they are asked for or were there before. Throws a
 * SetupError that says what npm said.
 *
 * @param {boolean} dev
 * @param {(line: string) => void} report
 */
function installDependencies(dev, report) {
  const withDev = dev || readStamp()?.dev === true;
  report(`installing npm packages${withDev ? ", with those for tests and checks" : ""}`);
  fetchPackages(ROOT, [withDev ? "--include=dev" : "--omit=dev"], (modules) => {
    rmSync(REPLACED, { recursive: true, force: true });
    if (existsSync(MODULES)) renameSync(MODULES, REPLACED);
    renameSync(modules, MODULES);
  });
  writeWhole(STAMP, `${JSON.stringify(presentState(withDev))}\n`);
  rmSync(REPLACED, { recursive: true, force: true });
}

/** @returns {Stamp | undefined} */
function readStamp() {
  try {
    return JSON.parse(readFileSync(STAMP, "utf8"));
  } catch {
    // Absent or damaged, it vouches for nothing.
    return undefined;
  }
}

/**
 * @param {boolean} dev
 * @returns {Stamp}
 */
function presentState(dev) {
  return { lock: digest(join(ROOT, "package-lock.json")), note: digest(NOTE), dev };
}

/** @param {string} file */
function digest(file) {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/**
 * @param {string} file
 * @param {string} text
 */
function writeWhole(file, text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

module.exports = { dependenciesAreCurrent, installDependencies, vouches };
