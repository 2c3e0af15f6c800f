/** Runs one of the tools as a process of its own, for the tests. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";

export type Ended = { readonly stdout: string; readonly stderr: string; readonly status: number | null };

/** Runs `src/cli/client/TOOL.ts` to its end, with `input` on its standard input. */
export async function runBin(
  tool: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string | Uint8Array = "",
): Promise<Ended> {
  const script = join(import.meta.dirname, "..", "src", "cli", "client", `${tool}.ts`);
  const child = spawn(process.execPath, [script, ...args], { env: { PATH: process.env.PATH, ...env } });
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { stdout, stderr, status };
}
