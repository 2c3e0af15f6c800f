/**
 * `npm run test:postgres -- [--version N]... [FILE, FOLDER or PATTERN...]`: the tests of the store once more, on each
 * version of PostgreSQL that npm can bring besides Debian's (`postgres/packages/`), or on those named; or the tests
 * named, those of state on PostgreSQL. Each version's run is one of `scripts/test.ts`. A table of versions comes last, and
 * the last line is always `N passed, N failed`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { filesOnPostgres, VERSION_TEST } from "./postgres/files.ts";
import { cachedPackages, layOut, offeredVersions } from "./postgres/programs.ts";
import { type Result, resultOf, table } from "./postgres/result.ts";

const ROOT = join(import.meta.dirname, "..");
const CACHE = join(ROOT, ".cache", "postgres");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { version: { type: "string", multiple: true, default: [] } },
});
const offered = offeredVersions();
const unknown = values.version.filter((version) => !offered.includes(version));
if (unknown.length > 0) throw new Error(`there is no ${unknown}: there are ${offered.join(", ")}`);
const versions = values.version.length === 0 ? offered : values.version;
const files = positionals.length === 0 ? filesOnPostgres(ROOT) : [VERSION_TEST, ...positionals];

/** What runs now, so that an interruption can end it; then no other version is begun. */
let child: ChildProcess | undefined;
let isInterrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    isInterrupted = true;
    child?.kill(signal);
  });
}

/** Runs the files on a version, showing what that prints. */
async function runOn(version: string, packages: string): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "lodge-postgres-"));
  try {
    const env = {
      ...process.env,
      LODGE_TEST_POSTGRES: layOut(packages, version, folder),
      LODGE_TEST_ENGINE: "postgres",
    };
    child = spawn(process.execPath, [join(import.meta.dirname, "test.ts"), ...files], {
      cwd: ROOT,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const closed = once(child, "close") as Promise<[number | null]>;
    const lines: string[] = [];
    if (child.stdout !== null) {
      for await (const line of createInterface({ input: child.stdout })) {
        console.log(line);
        lines.push(line);
      }
    }
    const [code] = await closed;
    return resultOf(version, lines, code);
  } finally {
    child = undefined;
    rmSync(folder, { recursive: true, force: true });
  }
}

const packages = cachedPackages(CACHE, console.log);
const results: Result[] = [];
for (const version of versions) {
  if (isInterrupted) break;
  results.push(await runOn(version, packages));
}
for (const line of table(results)) console.log(line);
const isGood =
  results.length === versions.length && results.every(({ passed, failed }) => passed > 0 && failed === 0);
process.exitCode = isGood ? 0 : 1;
