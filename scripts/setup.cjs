/**
 * The set-up: brings a fresh Debian machine to where Lodge runs, from nothing but some Node and npm. npm runs it before
 * `npm start`, with `--dev` before `npm test`, with `--images` too before `npm run test:images`, and with `--package` before
 * `npm run package`; `npm run bench -- peers` runs it with `--peers`. Without any of these it has the console built in the
 * background where that is due. When nothing is to be done it costs a few file reads.
 *
 * It is plain JavaScript for any Node from 18 on, with no dependencies, since it runs before there is anything else.
 * Outside of this checkout it changes nothing but through apt, and to keep what apt installs from starting services.
 */
"use strict";
const { spawnSync } = require("node:child_process");
const { mkdirSync } = require("node:fs");
const { join } = require("node:path");
const {
  buildInBackground,
  consoleBuildIsDue,
  consoleIsInstalled,
  installConsole,
} = require("./setup/console.cjs");
const { installPackages, missingPackages, noteMissing } = require("./setup/debian.cjs");
const { dependenciesAreCurrent, installDependencies } = require("./setup/dependencies.cjs");
const { choose, installRuntime, runtimeIsCurrent } = require("./setup/runtime.cjs");
const { RUNTIME, SetupError } = require("./setup/run.cjs");

const LOCK = join(RUNTIME, "setup.lock");

/** How flock says that another holds the lock (sysexits: try again later). */
const EXIT_LOCKED = 75;

/** @param {string} line */
const report = (line) => console.log(`Lodge set-up: ${line}`);

/** @param {readonly string[]} args */
function main(args) {
  const dev = args.includes("--dev");
  const images = args.includes("--images");
  const packaging = args.includes("--package");
  const peers = args.includes("--peers");
  const locked = args.includes("--locked");
  const root = process.getuid?.() === 0;
  const choice = choose(process);
  const missing = missingPackages({ root, ownRuntime: choice.own, dev, images, packaging, peers });
  if (!root && !locked) noteMissing(missing, report);

  const packagesAreDone = !root || missing.length === 0;
  const consoleIsDone = !(dev || packaging) || consoleIsInstalled();
  if (packagesAreDone && runtimeIsCurrent(choice) && dependenciesAreCurrent(dev) && consoleIsDone) {
    if (!dev && !packaging && !locked && consoleBuildIsDue()) buildInBackground();
    return 0;
  }
  if (!locked) {
    const status = runLocked(args);
    if (status === 0 && !dev && !packaging && consoleBuildIsDue()) buildInBackground();
    return status;
  }

  if (!packagesAreDone) installPackages(missing, report);
  if (!runtimeIsCurrent(choice)) installRuntime(choice, report);
  if (!dependenciesAreCurrent(dev)) installDependencies(dev, report);
  if (!consoleIsDone) installConsole(report);
  return 0;
}

/**
 * Runs the set-up again under a lock, so that two of them in one checkout come one after the other. The kernel gives
 * the lock back however its holder ends.
 *
 * @param {readonly string[]} args
 */
function runLocked(args) {
  mkdirSync(RUNTIME, { recursive: true });
  const command = [LOCK, process.execPath, __filename, ...args, "--locked"];
  // --close: what the set-up starts must not keep the lock when it outlives it.
  const flock = (/** @type {string[]} */ ...options) =>
    spawnSync("flock", ["--close", ...options, ...command], { stdio: "inherit" });
  let done = flock("--nonblock", "--conflict-exit-code", String(EXIT_LOCKED));
  if (done.status === EXIT_LOCKED) {
    report("waiting for another set-up of this checkout to end");
    done = flock();
  }
  if (done.error !== undefined) throw new SetupError("flock not found: install Debian's package util-linux");
  return done.status ?? 1;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  const message = error instanceof SetupError ? error.message : describe(error);
  console.error(`Lodge set-up failed: ${message}`);
  process.exitCode = 1;
}

/** @param {unknown} error */
function describe(error) {
  const { code, message, stack } = /** @type {NodeJS.ErrnoException} */ (error);
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") {
    return `${message}: run it as the user who owns this checkout`;
  }
  if (code === "ENOSPC") return `${message}: make room and run it again`;
  return stack ?? message;
}
