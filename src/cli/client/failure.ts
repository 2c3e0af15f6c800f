/** How a tool ends when it does not succeed: one clear line, and an exit status. */
import { inOneLine } from "../../base/one-line.ts";
import { bytesOfText } from "../terminal/byte-text.ts";
import { OutputFailure, outliveOutputs, type Printed } from "../terminal/outputs.ts";

/** The tool was called wrongly: exit status 2. Every other error is a failure: exit status 1. */
export class UsageFailure extends Error {
  override readonly name = "UsageFailure";
}

/**
 * Runs a tool to its end. What it throws becomes one line on standard error and an exit status.
 *
 * @param printed what the tool writes to standard output
 */
export async function runTool(name: string, printed: Printed, run: () => Promise<void>): Promise<void> {
  // What a cloud or a file name says is not to steer the terminal.
  const tell = ({ message }: Error, hint = "") =>
    process.stderr.write(bytesOfText(`${name}: ${inOneLine(message)}${hint}\n`));
  outliveOutputs(printed, tell);
  try {
    await run();
  } catch (error) {
    const wrongCall = error instanceof UsageFailure;
    process.exitCode = wrongCall ? 2 : 1;
    // It is told at the end.
    if (error instanceof OutputFailure) return;
    tell(error as Error, wrongCall ? ` (${name} --help tells more)` : "");
  }
}
