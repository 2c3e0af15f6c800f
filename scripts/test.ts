/**
 * `npm test [FILE, FOLDER or PATTERN...]`: the checks, then all tests, or those named without the checks. The tests run
 * in a machine within the machine (see `test/seclusion.ts`), and nothing of them may be left afterwards. The last line
 * is always `N passed, N failed`.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { buildSampleImage } from "../src/cli/sample-image/build.ts";
import { chosenFiles } from "./test/files.ts";
import { endMarked } from "./test/leftovers.ts";
import type { Outcome } from "./test/outcome.ts";
import { seclusion } from "./test/seclusion.ts";

const ROOT = join(import.meta.dirname, "..");

/** What runs now, so that an interruption can end it. */
let child: ChildProcess | undefined;

/** Runs a command in the foreground, with a channel for messages; answers its exit code. */
async function runs(
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  onMessage?: (outcome: Outcome) => void,
) {
  const [program = "", ...args] = command;
  child = spawn(program, args, { cwd: ROOT, env, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  if (onMessage !== undefined) child.on("message", (message) => onMessage(message as Outcome));
  const [code] = (await once(child, "close")) as [number | null];
  child = undefined;
  return code;
}

/** The environment of the tests: a place for all their files, and a mark by which their processes are known. */
async function environment(folder: string, marker: string): Promise<NodeJS.ProcessEnv> {
  const temporary = join(folder, "tmp");
  await mkdir(temporary);
  // As open as a temporary folder is: guests run as users of their own.
  for (const open of [folder, temporary]) await chmod(open, 0o711);
  const { XDG_RUNTIME_DIR: _, ...inherited } = process.env;
  return {
    ...inherited,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
    TMPDIR: temporary,
    LODGE_TEST_RUN: marker,
    LODGE_SAMPLE_IMAGE: await sampleImage(join(folder, "sample.raw")),
  };
}

/** Builds the guest of the tests; without it those that need it fail, each with its own message. */
async function sampleImage(file: string): Promise<string> {
  try {
    await buildSampleImage(file, console.log);
    return file;
  } catch (error) {
    console.log(`The sample image cannot be built: ${(error as Error).message}`);
    return "";
  }
}

async function main(words: readonly string[]): Promise<Outcome> {
  const files = chosenFiles(ROOT, words);
  if (files.length === 0) {
    console.log(`There is no test file ${words.join(" ")}`);
    return { passed: 0, failed: 1 };
  }
  const checked = words.length > 0 || (await runs([process.execPath, "scripts/check.ts"], process.env)) === 0;

  const folder = await mkdtemp(join(tmpdir(), "lodge-"));
  const marker = `LODGE_TEST_RUN=${folder}`;
  const interrupted = () => child?.kill("SIGKILL");
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  try {
    const enter = seclusion();
    const inside = [process.execPath, join(import.meta.dirname, "test", "inside.ts"), ...files];
    let outcome: Outcome = { passed: 0, failed: 1 };
    await runs([...enter, ...inside], await environment(folder, folder), (reported) => {
      outcome = reported;
    });
    return { passed: outcome.passed, failed: outcome.failed + (checked ? 0 : 1) };
  } finally {
    await endMarked(marker);
    await rm(folder, { recursive: true, force: true });
  }
}

const { passed, failed } = await main(process.argv.slice(2));
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
