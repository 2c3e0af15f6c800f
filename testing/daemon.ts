/** The daemon's program, as it is run where it does not come up. */
import { join } from "node:path";
import { type Run, runToEnd } from "./run.ts";

export const MAIN = [process.execPath, join(import.meta.dirname, "../src/main.ts")] as const;

/** Runs a daemon that does not come up: what it says, and its exit code. */
export function failingStart(home: string, env: NodeJS.ProcessEnv = {}): Promise<Run> {
  return runToEnd(MAIN, "", { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0", LODGE_DATABASE: "", ...env });
}
