/**
 * Checks the console's budgets, on what is built of its sources as they are: what a first visit loads, and each part that comes when
 * it is needed. Exits with 1, naming what is too large.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

const ROOT = join(import.meta.dirname, "../..");
const DIST = join(ROOT, "console", "dist");

const KB = 1000;
const FIRST_LOAD_BYTES = 250 * KB;
const PART_BYTES = 85 * KB;

const ASSET = /(?:\/console\/|\.\/)((?:assets\/)?[\w-]+-[\w-]{8}\.(?:js|css))/g;
/** What a script imports at once; what it imports when needed is written as a call. */
const IMPORT = /(?:\bfrom|\bimport) ?["'`]\.\/([\w.-]+\.js)["'`]/g;

const textOf = (path: string) => gunzipSync(readFileSync(join(DIST, `${path}.gz`))).toString();
const bytesOf = (path: string) => statSync(join(DIST, `${path}.gz`)).size;

/** The page, and all scripts and styles that it names, and they. */
function firstLoad(): ReadonlySet<string> {
  const named = [...textOf("index.html").matchAll(ASSET)].map(([, path = ""]) => path);
  const found = new Set<string>(["index.html"]);
  const follow = (path: string) => {
    if (found.has(path)) return;
    found.add(path);
    if (!path.endsWith(".js")) return;
    for (const [, other = ""] of textOf(path).matchAll(IMPORT)) follow(`assets/${other}`);
  };
  for (const path of named) follow(path);
  return found;
}

if (import.meta.main) {
  execFileSync(process.execPath, ["scripts/console.ts"], { cwd: ROOT, stdio: "inherit" });
  const first = firstLoad();
  const { files } = JSON.parse(readFileSync(join(DIST, "files.json"), "utf8")) as {
    files: { path: string }[];
  };
  const firstBytes = [...first].reduce((sum, path) => sum + bytesOf(path), 0);
  const faults = [
    ...(firstBytes > FIRST_LOAD_BYTES
      ? [`a first visit loads ${firstBytes} bytes: at most ${FIRST_LOAD_BYTES} are allowed`]
      : []),
    ...files
      .filter(({ path }) => !first.has(path) && bytesOf(path) > PART_BYTES)
      .map(({ path }) => `${path} has ${bytesOf(path)} bytes: at most ${PART_BYTES} are allowed`),
  ];
  for (const fault of faults) console.log(fault);
  console.log(`a first visit loads ${firstBytes} bytes in ${first.size} files`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
