/**
 * `npm run console`: builds the console where its sources changed since. What is built is put in place whole, with each file
 * compressed and a list of them (`src/console/site.ts`), so that a daemon that runs serves the one or the other.
 */
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, extname, join } from "node:path";
import { constants, gzipSync } from "node:zlib";
import {
  CONSOLE,
  consoleIsBuilt,
  consoleIsInstalled,
  installConsole,
  sourcesDigest,
} from "./setup/console.cjs";

const DIST = join(CONSOLE, "dist");
const FRESH = join(CONSOLE, "dist.new");
const REPLACED = join(CONSOLE, "dist.old");

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
};

const report = (line: string) => console.log(`Lodge console: ${line}`);

function build(): void {
  const sources = sourcesDigest();
  const vite = join(CONSOLE, "node_modules", "vite", "bin", "vite.js");
  const done = spawnSync(process.execPath, [vite, "build", "--outDir", FRESH, "--logLevel", "warn"], {
    cwd: CONSOLE,
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
  });
  if (done.status !== 0) throw new Error("vite could not build it: see above");
  const files = globSync("**/*.*", { cwd: FRESH }).sort();
  for (const file of files) {
    const packed = gzipSync(readFileSync(join(FRESH, file)), { level: constants.Z_BEST_COMPRESSION });
    writeFileSync(join(FRESH, `${file}.gz`), packed);
    rmSync(join(FRESH, file));
  }
  const list = files.map((path) => ({ path, type: typeOf(path) }));
  writeFileSync(join(FRESH, "files.json"), `${JSON.stringify({ sources, files: list }, null, 1)}\n`);
  rmSync(REPLACED, { recursive: true, force: true });
  try {
    renameSync(DIST, REPLACED);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  renameSync(FRESH, DIST);
  rmSync(REPLACED, { recursive: true, force: true });
}

function typeOf(path: string): string {
  const type = TYPES[extname(path)];
  if (type === undefined) throw new Error(`of which type is ${path}?`);
  return type;
}

try {
  if (!consoleIsInstalled()) installConsole(report);
  if (!consoleIsBuilt()) {
    const startMs = performance.now();
    build();
    report(`built in ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  }
} catch (error) {
  report((error as Error).message);
  process.exitCode = 1;
}
