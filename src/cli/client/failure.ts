/** How a tool ends when it does not succeed: one clear line, and an exit status. */

import { inOneLine } from "../../base/one-line.ts";

/** The tool was called wrongly: exit status 2. Every other error is a failure: exit status 1. */
export class UsageFailure extends Error {
  override readonly name = "UsageFailure";
}

/** Runs a tool to its end. What it throws becomes one line on standard error and an exit status. */
export async function runTool(name: string, run: () => Promise<void>): Promise<void> {
  // Whoever reads the output may have had enough (`| head`): that is no failure of ours.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  try {
    await run();
  } catch (error) {
    const wrongCall = error instanceof UsageFailure;
    const line = inOneLine((error as Error).message);
    process.stderr.write(`${name}: ${line}${wrongCall ? ` (${name} --help tells more)` : ""}\n`);
    process.exitCode = wrongCall ? 2 : 1;
  }
}
