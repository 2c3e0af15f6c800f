/**
 * `npm run mutate [WORD...]`: plants the bugs of `mutate/mutants/`, all or those whose name or file has one of the words,
 * one at a time in a copy of the checkout, runs the tests that are to catch each, and names those that were not caught;
 * `--jobs N` has N copies at work side by side. Fails when there is one, when a bug cannot be planted any more, and when its
 * tests fail without it, whose last lines are told then.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { copyOfCheckout } from "./mutate/copy.ts";
import { type Mutant, planted } from "./mutate/mutant.ts";
import { MUTANTS } from "./mutate/mutants/index.ts";

const ROOT = join(import.meta.dirname, "..");

/** For the tests of one bug without it. */
const SOUND_LIMIT_MS = 1_200_000;
/** With it they have so much of what they took without, and this at least: a bug that lets them hang is caught by that. */
const LIMIT_FACTOR = 3;
const LEAST_LIMIT_MS = 180_000;

/** The runs of tests that are under way, so that an interruption can end them. */
const running = new Set<ChildProcess>();
/** What of a run's output is shown where it is the tests that are at fault. */
const SHOWN_LINES = 60;

type Verdict = "passed" | "failed" | "did not end";

/** What came of a run of tests, and the last lines of what it wrote. */
type Run = { readonly verdict: Verdict; readonly said: readonly string[] };

type Tests = { readonly tests: readonly string[]; readonly steps?: number };

/**
 * Runs test files in the folder as `npm test` does, the simulation with so many steps where they are given.
 *
 * @param until `end`: it is to say why a test failed, which it does once all are through; `failure`: that one has is enough
 */
async function testIn(
  folder: string,
  { tests: files, steps }: Tests,
  limitMs: number,
  until: "end" | "failure",
): Promise<Run> {
  const child = spawn(process.execPath, ["scripts/test.ts", ...files], {
    cwd: folder,
    env: steps === undefined ? process.env : { ...process.env, LODGE_SIMULATION_STEPS: String(steps) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running.add(child);
  const said: string[] = [];
  let verdict: Verdict | undefined;
  const end = (early: Verdict) => {
    verdict ??= early;
    // The run ends its own: what it started, and its folder.
    child.kill("SIGTERM");
  };
  const timer = setTimeout(() => end("did not end"), limitMs);
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (process.env.LODGE_TEST_VERBOSE) console.log(line);
    if (said.push(line) > SHOWN_LINES) said.shift();
    if (until === "failure" && /^\s*✖ /.test(line)) end("failed");
  });
  const [code] = await once(child, "close");
  clearTimeout(timer);
  running.delete(child);
  return { verdict: verdict ?? (code === 0 ? "passed" : "failed"), said };
}

type Sound = (folder: string, tests: Tests) => Promise<Run & { readonly tookMs: number }>;

/** What came of tests without any bug, asked once, in the copy of whoever asks first, and how long they took. */
function soundness(): Sound {
  const known = new Map<string, ReturnType<Sound>>();
  const ask: Sound = async (folder, tests) => {
    const startMs = performance.now();
    const ran = await testIn(folder, tests, SOUND_LIMIT_MS, "end");
    return { ...ran, tookMs: performance.now() - startMs };
  };
  return (folder, asked) => {
    const key = [...asked.tests, asked.steps].join(" ");
    const answer = known.get(key) ?? ask(folder, asked);
    known.set(key, answer);
    return answer;
  };
}

/** Plants the bug in the copy, and answers why it counts as a fault of the tests or of the list; null when caught. */
async function faultOf(folder: string, mutant: Mutant, sound: Sound): Promise<string | null> {
  const file = join(folder, mutant.file);
  const original = await readFile(file, "utf8");
  let changed: string;
  try {
    changed = planted(original, mutant);
  } catch (error) {
    return (error as Error).message;
  }
  const { verdict, said, tookMs } = await sound(folder, mutant);
  if (verdict !== "passed") return [`without it ${mutant.tests.join(" ")} ${verdict}:`, ...said].join("\n");
  await writeFile(file, changed);
  try {
    const limitMs = Math.max(LEAST_LIMIT_MS, LIMIT_FACTOR * tookMs);
    return (await testIn(folder, mutant, limitMs, "failure")).verdict === "passed" ? "was not caught" : null;
  } finally {
    await writeFile(file, original);
  }
}

const { values: flags, positionals: words } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: "string", default: "1" } },
});
const chosen = MUTANTS.filter(
  ({ name, file }) => words.length === 0 || words.some((word) => name.includes(word) || file.includes(word)),
);
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted = true;
    for (const child of running) child.kill("SIGTERM");
  });
}
const sound = soundness();
const waiting = chosen.values();
let caught = 0;

/** Takes one bug after the other of those that wait, in a copy of its own. */
async function work(): Promise<void> {
  await using copy = await copyOfCheckout(ROOT);
  for (const mutant of waiting) {
    const start = performance.now();
    const fault = await faultOf(copy.folder, mutant, sound);
    if (interrupted) break;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(
      `${fault === null ? "✔" : "✖"} ${mutant.name} (${seconds} s)${fault === null ? "" : `: ${fault}`}`,
    );
    if (fault === null) caught += 1;
  }
}

const jobs = Number(flags.jobs);
if (!Number.isInteger(jobs) || jobs < 1)
  throw new Error("--jobs takes how many copies are at work: 1 or more");
await Promise.all(Array.from({ length: jobs }, work));
console.log(interrupted ? "interrupted" : `${caught} of ${chosen.length} planted bugs were caught`);
process.exitCode = caught === chosen.length && chosen.length > 0 ? 0 : 1;
