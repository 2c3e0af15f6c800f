/**
 * Which test files a run takes, and in which order: pure rules first, so that a mistake in them is told early, then those
 * with processes, of which what takes longest begins first: the last ones of a run are short then, and end together.
 */
import { globSync, readFileSync, statSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { LONG } from "./long.ts";
import { SUITES, type Suite } from "./suites.ts";

/** Pure rules and formats: their tests start no process, or none that lasts. */
const PURE = [
  "{scripts,testing,systems,bench}/**",
  "src/*",
  "src/{accounts,api,audit,base,billing,changes,console,download,drives,hosts,http,images,metering,metrics}/**",
  "src/{operations,operator,placement,resources,samples,servers,store,usage,webhooks}/**",
];

const SECONDS = join(import.meta.dirname, "seconds.json");

/** How many seconds the files that take longest took in a run on two processors, by their paths. */
export function knownSeconds(): ReadonlyMap<string, number> {
  return new Map(Object.entries(JSON.parse(readFileSync(SECONDS, "utf8")) as Record<string, number>));
}

/** The files of a run of everything that is tested at every change: what takes long is left out. */
export const everydayFiles = (root: string): string[] =>
  chosenFiles(root, []).filter((file) => !LONG.includes(file));

/** A suite's files below `root`, or those that are, lie below or match one of the words; in the order of the run. */
export function chosenFiles(
  root: string,
  words: readonly string[],
  suite: Suite = SUITES.everyday,
): string[] {
  const files = globSync(suite.files, { cwd: root, exclude: suite.except });
  const seconds = knownSeconds();
  const ordered = files
    .map((file) => ({
      ...{ file, stage: isPure(file) ? 0 : 1 },
      ...{ seconds: seconds.get(file) ?? 0, bytes: statSync(join(root, file)).size },
    }))
    // Of those that are not known to take long, the larger one takes longer by and large.
    .sort((a, b) => a.stage - b.stage || b.seconds - a.seconds || b.bytes - a.bytes)
    .map(({ file }) => file);
  return words.length === 0 ? ordered : ordered.filter((file) => words.some((word) => names(word, file)));
}

/** Whether a word of the command line names a file: as itself, as a folder above it, or as a pattern. */
export function names(word: string, file: string): boolean {
  const path = word.replace(/^\.\//, "").replace(/\/$/, "");
  return file === path || file.startsWith(`${path}/`) || matchesGlob(file, path);
}

/** Whether the file is of the first ones of a run. */
export function isPure(file: string): boolean {
  return PURE.some((pattern) => matchesGlob(file, pattern));
}
