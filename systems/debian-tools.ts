/** Debian's programs that images are made with: whether they are there, and how they are run. */
import { spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";

/** Programs, each with the package that brings it. */
export type Tools = Readonly<Record<string, string>>;

/** A user who is not root has the system's programs (`modprobe`) outside of the search path. */
const SEARCH_PATH = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin"].filter(Boolean);

/** Output of which more than this is not kept. */
const OUTPUT_LIMIT_BYTES = 2 ** 24;

/** Throws one line that names the packages to install when programs are missing. */
export function requireTools(tools: Tools, searchPath: readonly string[] = SEARCH_PATH): void {
  const missing = Object.keys(tools).filter((tool) => !isThere(tool, searchPath));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((tool) => tools[tool]))].join(" ");
  throw new Error(
    `${missing.join(", ")} not found: install Debian's packages with apt-get install ${packages}`,
  );
}

/** Whether a program can be run. */
export function isThere(tool: string, searchPath: readonly string[] = SEARCH_PATH): boolean {
  return searchPath.some((dir) => isExecutable(join(dir, tool)));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export type RunOptions = {
  /** What errors call the program; its own name when nothing is said. */
  readonly name?: string | undefined;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Breaks the program off (SIGTERM), so that it can still clean up. */
  readonly signal?: AbortSignal | undefined;
  /** Called with each line of the program's messages. */
  readonly onMessage?: (line: string) => void;
};

/** Runs a program and answers what it printed. Errors: one line, with the first complaint (`E:`) or the last word. */
export async function run(
  program: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  options.signal?.throwIfAborted();
  // Whoever runs it may be killed: nothing goes on for them.
  const child = spawn("setpriv", ["--pdeathsig", "KILL", program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...options.env, PATH: SEARCH_PATH.join(delimiter), LC_ALL: "C" },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
  });
  const end = () => child.kill("SIGTERM");
  options.signal?.addEventListener("abort", end);
  let printed = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    if (printed.length < OUTPUT_LIMIT_BYTES) printed += text;
  });
  let complaint = "";
  let said = "";
  createInterface(child.stderr).on("line", (line) => {
    if (line.startsWith("E: ")) complaint ||= line.slice(3).trim();
    if (line.trim() !== "") said = line.trim();
    options.onMessage?.(line);
  });
  try {
    const ended = await new Promise<number | string | null>((resolve, reject) => {
      child.once("error", reject).once("close", (code, signal) => resolve(code ?? signal));
    });
    options.signal?.throwIfAborted();
    if (ended !== 0) throw new Error(complaint || said || `it ended with ${ended}`);
    return printed;
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new Error(`${options.name ?? program} failed: ${(error as Error).message}`, { cause: error });
  } finally {
    options.signal?.removeEventListener("abort", end);
  }
}
