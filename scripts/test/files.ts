/** Which test files a run takes. */
import { globSync } from "node:fs";
import { matchesGlob } from "node:path";
import { SUITES, type Suite } from "./suites.ts";

/** A suite's files below `root`, or those that are, lie below or match one of the words; long ones come first. */
export function chosenFiles(
  root: string,
  words: readonly string[],
  suite: Suite = SUITES.everyday,
): string[] {
  const isOurs = (file: string) => suite.except === null || !matchesGlob(file, suite.except);
  const files = globSync(suite.files, { cwd: root }).filter(isOurs).sort(longFirst);
  return words.length === 0 ? files : files.filter((file) => words.some((word) => names(word, file)));
}

/** Whether a word of the command line names a file: as itself, as a folder above it, or as a pattern. */
export function names(word: string, file: string): boolean {
  const path = word.replace(/^\.\//, "").replace(/\/$/, "");
  return file === path || file.startsWith(`${path}/`) || matchesGlob(file, path);
}

/** What crosses modules, with real guests, takes longest; begun first, it ends together with the rest. */
function longFirst(one: string, other: string): number {
  const rank = (file: string) => (file.startsWith("test/") ? 0 : 1);
  return rank(one) - rank(other) || one.localeCompare(other);
}
