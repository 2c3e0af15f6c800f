/** Running a program to its end, for the tests. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";

/** The folder of the programs. */
export const BIN = join(import.meta.dirname, "..", "bin");

export type Run = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** Runs a command in this environment and `env`, with `input` on its standard input. */
export function runToEnd(
  command: readonly string[],
  input: string | Uint8Array = "",
  env: NodeJS.ProcessEnv = {},
): Promise<Run> {
  return run(command, input, { ...process.env, ...env });
}

/** What finds the programs, and has Node start them quickly (`scripts/test.ts`). */
function ofPrograms(): NodeJS.ProcessEnv {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE };
}

/** Runs a program of `bin/`, in the environment `env` alone. */
export function runTool(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Uint8Array = "",
): Promise<Run> {
  return run([join(BIN, name), ...args], input, { ...ofPrograms(), ...env });
}

/** Runs a program of `bin/` as `runTool` does, with nobody who reads one of its outputs: it is empty then. */
export function runUnread(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  unread: "stdout" | "stderr",
): Promise<Run> {
  return run([join(BIN, name), ...args], "", { ...ofPrograms(), ...env }, unread);
}

async function run(
  command: readonly string[],
  input: string | Uint8Array,
  env: NodeJS.ProcessEnv,
  unread?: "stdout" | "stderr",
): Promise<Run> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env });
  // In this very turn: no program is so quick that it has written by now.
  if (unread !== undefined) child[unread].destroy();
  // A program that does not read its input may close it; its exit code tells the rest.
  child.stdin.on("error", () => child.stdin.destroy());
  child.stdin.end(input);
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    unread === "stdout" ? "" : text(child.stdout),
    unread === "stderr" ? "" : text(child.stderr),
  ]);
  return { code, stdout, stderr };
}
