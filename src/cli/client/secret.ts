/** Asks for a secret on the terminal, without echo. */
import { openSync } from "node:fs";
import { ReadStream } from "node:tty";
import { UsageFailure } from "./failure.ts";

/** What the keys are as bytes that a terminal sends when it is in raw mode. */
const KEYS = {
  interrupt: "\x03",
  endOfInput: "\x04",
  backspace: "\x08",
  enter: "\r",
  newline: "\n",
  erase: "\x7f",
};

/**
 * Asks on the terminal itself, so that standard input and output may be files.
 *
 * Errors: `UsageFailure` when there is no terminal, or when the asking is broken off.
 */
export async function askSecret(prompt: string): Promise<string> {
  const terminal = openTerminal();
  terminal.setRawMode(true);
  terminal.setEncoding("utf8");
  process.stderr.write(prompt);
  try {
    return await readLine(terminal);
  } finally {
    terminal.setRawMode(false);
    terminal.destroy();
    process.stderr.write("\n");
  }
}

function openTerminal(): ReadStream {
  try {
    return new ReadStream(openSync("/dev/tty", "r+"));
  } catch (error) {
    throw new UsageFailure(
      "EHAUTH holds no secret API key and there is no terminal to ask for it: export EHAUTH=<user uuid>:<secret API key>",
      { cause: error },
    );
  }
}

async function readLine(terminal: AsyncIterable<string>): Promise<string> {
  let line = "";
  for await (const typed of terminal) {
    for (const key of typed) {
      if (key === KEYS.enter || key === KEYS.newline) return line;
      if (key === KEYS.interrupt || key === KEYS.endOfInput)
        throw new UsageFailure("no secret API key was given");
      line = key === KEYS.backspace || key === KEYS.erase ? line.slice(0, -1) : line + key;
    }
  }
  throw new UsageFailure("no secret API key was given");
}
