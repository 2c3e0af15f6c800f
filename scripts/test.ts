/**
 * `npm test [FILE, FOLDER or PATTERN...]`: the checks, then the tests of every change with the coverage of `src/`: all files, and of
 * what takes long a share (`testing/share.ts`); `npm run test:all` takes all of that, too. Where any are named, all tests of
 * those alone, without the checks and the coverage; `--coverage` measures the coverage for them too. `--minutes N` ends the run
 * after so long. The tests run in a machine within the machine (see `test/seclusion.ts`), the cheap ones first (see
 * `test/files.ts`), and nothing of them may be left afterwards. The last line is always `N passed, N failed`.
 *
 * `npm run test:images [...]` and `npm run test:package [...]` are the same for suites of their own, without the checks (see
 * `test/suites.ts`).
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { buildSampleImage } from "../systems/sample/build.ts";
import { cachedDebianImage } from "./test/debian-image.ts";
import { chosenFiles, everydayFiles } from "./test/files.ts";
import { endMarked } from "./test/leftovers.ts";
import { isGood, lastLines, type Outcome } from "./test/outcome.ts";
import { seclusion } from "./test/seclusion.ts";
import { SUITES, type SuiteName } from "./test/suites.ts";

const ROOT = join(import.meta.dirname, "..");

const DEBIAN_IMAGES = join(ROOT, ".cache", "debian-12");

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
async function environment(suite: SuiteName, folder: string, marker: string): Promise<NodeJS.ProcessEnv> {
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
    // Each program that a test starts would strip and compile the same sources once more, most of what a start costs.
    NODE_COMPILE_CACHE: join(folder, "compiled"),
    LODGE_SAMPLE_IMAGE: await built("sample", async () => {
      const file = join(folder, "sample.raw");
      await buildSampleImage(file, console.log);
      return file;
    }),
    ...(suite === "images" && {
      LODGE_DEBIAN_IMAGE: await built("Debian 12", () => cachedDebianImage(DEBIAN_IMAGES, console.log)),
    }),
  };
}

/** Builds an image and answers its file; without it the tests that need it fail, each with its own message. */
async function built(name: string, build: () => Promise<string>): Promise<string> {
  try {
    return await build();
  } catch (error) {
    console.log(`The ${name} image cannot be built: ${(error as Error).message}`);
    return "";
  }
}

/** What is run: the suite, its files by the words, and the flags that are handed on. */
type Request = {
  readonly suite: SuiteName;
  readonly words: readonly string[];
  readonly handed: string[];
  /** Whether a run of all files takes all of what takes long. */
  readonly takesAll: boolean;
};

async function main({ suite, words, handed, takesAll }: Request): Promise<Outcome> {
  const isEveryday = words.length === 0 && suite === "everyday";
  const isShare = isEveryday && !takesAll;
  const files = isShare ? everydayFiles(ROOT) : chosenFiles(ROOT, words, SUITES[suite]);
  if (files.length === 0) {
    console.log(`There is no test file ${words.join(" ")}`);
    return { passed: 0, failed: 1, notRun: [] };
  }
  const checked = !isEveryday || (await runs([process.execPath, "scripts/check.ts"], process.env)) === 0;
  const flags = [...handed, ...(isEveryday ? ["--whole", "--coverage"] : [])];

  const folder = await mkdtemp(join(tmpdir(), "lodge-"));
  const marker = `LODGE_TEST_RUN=${folder}`;
  const interrupted = () => child?.kill("SIGKILL");
  process.on("SIGINT", interrupted).on("SIGTERM", interrupted);
  try {
    // Tests in a browser look at it where it is built; those that find none fail, each with its own message.
    await runs([process.execPath, "scripts/console.ts"], process.env);
    const enter = seclusion();
    const inside = [
      process.execPath,
      join(import.meta.dirname, "test", "inside.ts"),
      ...flags,
      suite,
      ...files,
    ];
    let outcome: Outcome = { passed: 0, failed: 1, notRun: [] };
    const env = {
      ...(await environment(suite, folder, folder)),
      LODGE_TEST_SHARE: isShare ? "1" : "",
    };
    await runs([...enter, ...inside], env, (reported) => {
      outcome = reported;
    });
    return { ...outcome, failed: outcome.failed + (checked ? 0 : 1) };
  } finally {
    await endMarked(marker);
    await rm(folder, { recursive: true, force: true });
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    images: { type: "boolean", default: false },
    package: { type: "boolean", default: false },
    coverage: { type: "boolean", default: false },
    minutes: { type: "string" },
  },
});
const outcome = await main({
  suite: values.images ? "images" : values.package ? "package" : "everyday",
  takesAll: values.all,
  words: positionals,
  handed: [
    ...(values.coverage ? ["--coverage"] : []),
    ...(values.minutes === undefined ? [] : [`--minutes=${values.minutes}`]),
  ],
});
for (const line of lastLines(outcome)) console.log(line);
process.exitCode = isGood(outcome) ? 0 : 1;
