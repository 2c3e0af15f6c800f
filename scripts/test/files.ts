/** Which test files a run takes, and in which order: the cheap ones first, so that a mistake is told early. */
import { globSync, statSync } from "node:fs";
import { join, matchesGlob } from "node:path";
import { SUITES, type Suite } from "./suites.ts";

const GUESTS = ["test/guest/**", "test/example.test.ts", "test/{images,package}/**"];

/** Pure rules and formats: their tests start no process, or none that lasts. */
const PURE = [
  "{scripts,testing,systems,bench}/**",
  "src/*",
  "src/{base,api,http,placement,operations,store,accounts,drives,servers,resources}/**",
];

/** The stages of a run. A file belongs to the first that has a pattern for it and does not leave it to a later one. */
const STAGES: readonly { readonly files: readonly string[]; readonly except: readonly string[] }[] = [
  { files: PURE, except: [] },
  { files: ["test/state/**"], except: [] },
  // The parts of a host and the tools, with real processes.
  { files: ["src/**"], except: [] },
  // Whole clouds.
  { files: ["test/**"], except: GUESTS },
  { files: GUESTS, except: [] },
];

/** A suite's files below `root`, or those that are, lie below or match one of the words; in the order of the run. */
export function chosenFiles(
  root: string,
  words: readonly string[],
  suite: Suite = SUITES.everyday,
): string[] {
  const files = globSync(suite.files, { cwd: root, exclude: suite.except });
  const ordered = files
    .map((file) => ({ file, stage: stageOf(file), bytes: statSync(join(root, file)).size }))
    // Within a stage the larger file first: the last ones of a run are short then, and end together.
    .sort((one, other) => one.stage - other.stage || other.bytes - one.bytes)
    .map(({ file }) => file);
  return words.length === 0 ? ordered : ordered.filter((file) => words.some((word) => names(word, file)));
}

/** Whether a word of the command line names a file: as itself, as a folder above it, or as a pattern. */
export function names(word: string, file: string): boolean {
  const path = word.replace(/^\.\//, "").replace(/\/$/, "");
  return file === path || file.startsWith(`${path}/`) || matchesGlob(file, path);
}

/** The number of a file's stage. */
export function stageOf(file: string): number {
  const matches = (patterns: readonly string[]) => patterns.some((pattern) => matchesGlob(file, pattern));
  return STAGES.findIndex(({ files, except }) => matches(files) && !matches(except));
}
