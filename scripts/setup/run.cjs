/** Running a step's command: what it prints goes to a log, and what went wrong comes out as one line. */
"use strict";
const { spawnSync } = require("node:child_process");
const { closeSync, openSync, readFileSync } = require("node:fs");
const { join } = require("node:path");

/** The checkout. */
const ROOT = join(__dirname, "..", "..");

/** Where the set-up keeps what it makes, besides `node_modules`. */
const RUNTIME = join(ROOT, ".runtime");

const LOG = join(RUNTIME, "setup.log");

/** Lines in which apt and npm say what is wrong; npm's codes and the place of its own log are left out. */
const COMPLAINT = /^(?:E: |npm (?:error|ERR!) (?!code |errno |syscall |path |type |A complete log))(.+)$/m;

/** An error that is told in one line, with what to do about it. */
class SetupError extends Error {}

/**
 * Runs a command to its end, without input. Throws a SetupError with its first complaint when it fails.
 *
 * @param {string} what How an error names the command.
 * @param {readonly string[]} command
 * @param {{ cwd?: string, env?: Record<string, string>, advice: string }} options `advice` is what to do about a failure.
 */
function run(what, command, { cwd = ROOT, env = {}, advice }) {
  const log = openSync(LOG, "w");
  const [program = "", ...args] = command;
  const done = spawnSync(program, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", log, log],
  });
  closeSync(log);
  if (done.status === 0) return;
  const said = done.error?.message ?? firstComplaint(readFileSync(LOG, "utf8"));
  throw new SetupError(`${what}: ${said}. ${advice} (all it said: ${LOG})`);
}

/**
 * @param {string} output
 * @returns {string}
 */
function firstComplaint(output) {
  const complaint = COMPLAINT.exec(output)?.[1] ?? output.trim().split("\n").at(-1);
  return (complaint || "it failed without a word").trim().replace(/\.$/, "");
}

module.exports = { ROOT, RUNTIME, SetupError, firstComplaint, run };
