/**
 * `npm run mutate [WORD...]`: plants the bugs of `mutate/mutants/` one at a time, all or those whose name or file has
 * one of the words, in a copy of the checkout, runs the tests that are to catch each, and names those that were not
 * caught. Fails when there is one, when a bug cannot be planted any more, and when its tests fail without it, whose last
 * lines are told then.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { copyOfCheckout } from "./mutate/copy.ts";
import { type Mutant, planted } from "./mutate/mutant.ts";
import { MUTANTS } from "./mutate/mutants/index.ts";

const ROOT = join(import.meta.dirname, "..");

/** For the tests of one bug without it. */
const SOUND_LIMIT_MS = 1_200_000;
/** With it they have so much of what they took without, and this at least: a bug that lets them hang is caught by that. */
const LIMIT_FACTOR = 3;
const LEAST_LIMIT_MS = 180_000;

/** The run of tests that is under way, so that an interruption can end it. */
let running: ChildProcess | undefined;

type Verdict = "passed" | "failed" | "did not end";

/** How a run of tests ended, and the last lines of what it said. */
type Ran = { readonly verdict: Verdict; readonly tail: readonly string[] };

/** Enough for the errors of a few tests and for what the run says at its end. */
const TAIL_LINES = 80;

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
): Promise<Ran> {
  const child = spawn(process.execPath, ["scripts/test.ts", ...files], {
    cwd: folder,
    env: steps === undefined ? process.env : { ...process.env, LODGE_SIMULATION_STEPS: String(steps) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  running = child;
  let verdict: Verdict | undefined;
  const end = (early: Verdict) => {
    verdict ??= early;
    // The run ends its own: what it started, and its folder.
    child.kill("SIGTERM");
  };
  const timer = setTimeout(() => end("did not end"), limitMs);
  const tail: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    if (process.env.LODGE_TEST_VERBOSE) console.log(line);
    tail.push(line);
    if (tail.length > TAIL_LINES) tail.shift();
    if (until === "failure" && /^\s*✖ /.test(line)) end("failed");
  });
  const [code] = await once(child, "close");
  clearTimeout(timer);
  return { verdict: verdict ?? (code === 0 ? "passed" : "failed"), tail };
}

type Sound = (tests: Tests) => Promise<Ran & { readonly tookMs: number }>;

/** The verdict of tests without any bug, asked once, and how long they took. */
function soundness(folder: string): Sound {
  const known = new Map<string, ReturnType<Sound>>();
  const ask: Sound = async (tests) => {
    const startMs = performance.now();
    const ran = await testIn(folder, tests, SOUND_LIMIT_MS, "end");
    return { ...ran, tookMs: performance.now() - startMs };
  };
  return (asked) => {
    const key = [...asked.tests, asked.steps].join(" ");
    const answer = known.get(key) ?? ask(asked);
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
  const { verdict, tail, tookMs } = await sound(mutant);
  if (verdict !== "passed") return [`without it ${mutant.tests.join(" ")} ${verdict}`, ...tail].join("\n");
  await writeFile(file, changed);
  try {
    const limitMs = Math.max(LEAST_LIMIT_MS, LIMIT_FACTOR * tookMs);
    const withIt = await testIn(folder, mutant, limitMs, "failure");
    return withIt.verdict === "passed" ? "was not caught" : null;
  } finally {
    await writeFile(file, original);
  }
}

const words = process.argv.slice(2);
const chosen = MUTANTS.filter(
  ({ name, file }) => words.length === 0 || words.some((word) => name.includes(word) || file.includes(word)),
);
await using copy = await copyOfCheckout(ROOT);
let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    interrupted = true;
    running?.kill("SIGTERM");
  });
}
const sound = soundness(copy.folder);
let faults = 0;
for (const mutant of chosen) {
  if (interrupted) break;
  const start = performance.now();
  const fault = await faultOf(copy.folder, mutant, sound);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `${fault === null ? "✔" : "✖"} ${mutant.name} (${seconds} s)${fault === null ? "" : `: ${fault}`}`,
  );
  if (fault !== null) faults += 1;
}
console.log(
  interrupted ? "interrupted" : `${chosen.length - faults} of ${chosen.length} planted bugs were caught`,
);
process.exitCode = faults === 0 && chosen.length > 0 && !interrupted ? 0 : 1;
