/**
 * The Node that runs Lodge: the machine's own where it is recent enough, else one that npm brings into the checkout.
 * `.runtime/node` leads to it, and `scripts/node` runs that.
 */
"use strict";
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const { join } = require("node:path");
const { hasPlace, makePlace } = require("./compiled.cjs");
const { fetchPackages } = require("./npm.cjs");
const { RUNTIME, SetupError } = require("./run.cjs");

/** From here on Node runs TypeScript as it is. */
const OLDEST_MAJOR = 24;

/** A lock file apart from the main one: only a machine whose own Node is too old fetches what it names. */
const MANIFEST = join(__dirname, "node");

const LINK = join(RUNTIME, "node");

/**
 * Where `.runtime/node` is to lead, and whether that is the checkout's own Node.
 *
 * @typedef {{ target: string, own: false } | { target: string, own: true, version: string, package: string }} Choice
 */

/**
 * @param {{ version: string, arch: string, execPath: string }} running The Node that runs the set-up.
 * @param {Readonly<Record<string, string>>} offered The versions by package that can be installed.
 * @returns {Choice} Throws a SetupError when none fits.
 */
function choose({ version, arch, execPath }, offered = offeredRuntimes()) {
  if (Number.parseInt(version.slice(1), 10) >= OLDEST_MAJOR) return { target: execPath, own: false };
  const name = `node-linux-${arch}`;
  const newer = offered[name];
  if (newer === undefined) {
    throw new SetupError(
      `this machine's Node is ${version}, and none is known for ${arch}: install ${OLDEST_MAJOR} or later`,
    );
  }
  return { target: `node-${newer}/node`, own: true, version: newer, package: name };
}

/** @returns {Record<string, string>} */
function offeredRuntimes() {
  return JSON.parse(fs.readFileSync(join(MANIFEST, "package.json"), "utf8")).optionalDependencies;
}

/** @param {Choice} choice */
function runtimeIsCurrent({ target }) {
  try {
    return fs.readlinkSync(LINK) === target && fs.existsSync(LINK) && hasPlace();
  } catch {
    return false;
  }
}

/**
 * Makes `.runtime/node` lead to the choice, with a place for what it compiles, installing it first when it is the checkout's own.
 *
 * @param {Choice} choice
 * @param {(line: string) => void} report
 */
function installRuntime(choice, report) {
  if (choice.own && !fs.existsSync(join(RUNTIME, choice.target))) {
    report(`installing Node ${choice.version} into this checkout, beside this machine's ${process.version}`);
    fetchPackages(MANIFEST, [], (modules) => take(join(modules, choice.package), `node-${choice.version}`));
  }
  makePlace();
  const link = `${LINK}.link`;
  fs.rmSync(link, { force: true });
  fs.symlinkSync(choice.target, link);
  fs.renameSync(link, LINK);
}

/**
 * Takes the program and its licence out of the npm package; the headers and manuals beside them stay behind.
 *
 * @param {string} brought
 * @param {string} name
 */
function take(brought, name) {
  // npm passes over an optional package that it cannot fetch, without a word.
  if (!fs.existsSync(brought)) {
    throw new SetupError(
      "npm could not fetch Node. See to the network and to npm's configuration, then run this again.",
    );
  }
  const folder = join(brought, name);
  fs.mkdirSync(folder);
  fs.renameSync(join(brought, "bin", "node"), join(folder, "node"));
  fs.renameSync(join(brought, "LICENSE"), join(folder, "LICENSE"));
  checkItRuns(join(folder, "node"));
  removeOlder();
  fs.renameSync(folder, join(RUNTIME, name));
}

/** @param {string} node */
function checkItRuns(node) {
  const { status, stderr, error } = spawnSync(node, ["--version"], { encoding: "utf8" });
  if (status === 0) return;
  const said = error?.message ?? stderr.trim();
  throw new SetupError(
    `the installed Node does not run here (${said}): install Node ${OLDEST_MAJOR} or later`,
  );
}

function removeOlder() {
  for (const name of fs.readdirSync(RUNTIME)) {
    if (/^node-\d/.test(name)) fs.rmSync(join(RUNTIME, name), { recursive: true, force: true });
  }
}

module.exports = { choose, installRuntime, runtimeIsCurrent };
