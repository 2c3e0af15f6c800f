/**
 * The console's own packages, and its build. Only what builds or tests the console needs them; `npm start` has it built in the
 * background, by a process of its own, where its sources are new.
 */
"use strict";
const { spawn } = require("node:child_process");
const { createHash } = require("node:crypto");
const {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} = require("node:fs");
const { join } = require("node:path");
const { fetchPackages } = require("./npm.cjs");
const { ROOT, RUNTIME } = require("./run.cjs");

const CONSOLE = join(ROOT, "console");
const MODULES = join(CONSOLE, "node_modules");
const REPLACED = join(RUNTIME, "replaced-console");
/** Says for which lock file the packages are. */
const STAMP = join(MODULES, ".lodge-lock");
const LOCK_FILE = join(CONSOLE, "package-lock.json");
const LIST = join(CONSOLE, "dist", "files.json");
const LOG = join(RUNTIME, "console.log");

/** What the built files are made of, below the checkout. */
const SOURCES = [
  "console/src/",
  "console/index.html",
  "console/package-lock.json",
  "console/tsconfig.json",
  "console/vite.config.ts",
  "src/servers/can.ts",
  "src/drives/can.ts",
];

function consoleIsInstalled() {
  // What is made from a checkout may come without it.
  if (!existsSync(LOCK_FILE)) return true;
  try {
    return readFileSync(STAMP, "utf8") === lockDigest();
  } catch {
    return false;
  }
}

/**
 * Throws a SetupError that says what npm said.
 *
 * @param {(line: string) => void} report
 */
function installConsole(report) {
  report("installing the console's npm packages");
  fetchPackages(
    CONSOLE,
    ["--include=dev"],
    (modules) => {
      rmSync(REPLACED, { recursive: true, force: true });
      if (existsSync(MODULES)) renameSync(MODULES, REPLACED);
      renameSync(modules, MODULES);
    },
    "console-aside-",
  );
  writeFileSync(STAMP, lockDigest());
  rmSync(REPLACED, { recursive: true, force: true });
}

/** The digest of all that the build is made of. */
function sourcesDigest() {
  const hash = createHash("sha256");
  const files = SOURCES.flatMap((source) => filesOf(source)).sort();
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(ROOT, file)))
      .update("\0");
  return hash.digest("hex");
}

/** @param {string} source @returns {readonly string[]} */
function filesOf(source) {
  if (!source.endsWith("/")) return existsSync(join(ROOT, source)) ? [source] : [];
  return readdirSync(join(ROOT, source), { withFileTypes: true }).flatMap((entry) =>
    filesOf(`${source}${entry.name}${entry.isDirectory() ? "/" : ""}`),
  );
}

/** Whether what is built is of the sources as they are. */
function consoleIsBuilt() {
  try {
    return JSON.parse(readFileSync(LIST, "utf8")).sources === sourcesDigest();
  } catch {
    return false;
  }
}

function consoleBuildIsDue() {
  return existsSync(LOCK_FILE) && !consoleIsBuilt();
}

/** Has the console built by a process that is not waited for, and that makes way for all others. One builds at a time. */
function buildInBackground() {
  mkdirSync(RUNTIME, { recursive: true });
  const log = openSync(LOG, "a");
  const flock = ["flock", "--nonblock", join(RUNTIME, "console.lock")];
  const build = [join(ROOT, "scripts", "node"), join(ROOT, "scripts", "console.ts")];
  const child = spawn("nice", ["-n", "19", ...flock, ...build], {
    cwd: ROOT,
    detached: true,
    stdio: ["ignore", log, log],
  });
  // Without it the API is there all the same.
  child.on("error", () => {});
  child.unref();
  closeSync(log);
}

function lockDigest() {
  return createHash("sha256").update(readFileSync(LOCK_FILE)).digest("hex");
}

module.exports = {
  CONSOLE,
  buildInBackground,
  consoleBuildIsDue,
  consoleIsBuilt,
  consoleIsInstalled,
  installConsole,
  sourcesDigest,
};
