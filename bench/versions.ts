/** Two versions of Lodge measured in turns, so that a row that became slower is seen before it lands. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runToEnd } from "../testing/run.ts";
import { compare, linesOf, type Row, rowsOf } from "./rows.ts";

const ROOT = join(import.meta.dirname, "..");
const CONSOLE = "console/node_modules";
const ROUNDS = 3;

/**
 * Runs parts of the bench on a commit and on the checkout as it is, each of them first every other time; answers lines of
 * a table. Errors: no commit of the name; a run that failed, with what it said.
 */
export async function compareWith(commit: string, parts: readonly string[]): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), "lodge-bench-"));
  try {
    layOut(commit, folder);
    const before: Row[][] = [];
    const now: Row[][] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const turns: [string, Row[][]][] = [
        [folder, before],
        [ROOT, now],
      ];
      for (const [root, runs] of round % 2 === 0 ? turns : turns.reverse()) {
        runs.push(await rowsIn(root, parts));
      }
    }
    return linesOf(compare(before, now));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Makes the commit's files, with the packages that it asks for, in the folder. */
function layOut(commit: string, folder: string): void {
  const files = execFileSync("git", ["archive", commit], { cwd: ROOT, maxBuffer: 2 ** 30 });
  execFileSync("tar", ["-x", "-C", folder], { input: files });
  symlinkSync(join(ROOT, ".runtime"), join(folder, ".runtime"));
  // The console's, which the browser of the bench is of.
  if (existsSync(join(folder, "console"))) symlinkSync(join(ROOT, CONSOLE), join(folder, CONSOLE));
  const [own, its] = [ROOT, folder].map((root) => readFileSync(join(root, "package-lock.json"), "utf8"));
  if (own === its) symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  else {
    // As the set-up installs them, and for its reason not by `npm ci`.
    const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    execFileSync("npm", ["install", "--prefer-offline", ...quiet], {
      cwd: folder,
      stdio: ["ignore", 2, 2],
    });
  }
}

async function rowsIn(root: string, parts: readonly string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await runToEnd([process.execPath, join(root, "bench/run.ts"), ...parts]);
  if (code !== 0) throw new Error(`the bench of ${root} failed: ${stderr}`);
  return rowsOf(stdout);
}
