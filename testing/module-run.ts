/** A module that a test writes, run in a process of its own: node:test itself minds what is uncaught in the test's. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";

/** The URL of a file of the checkout, as a word of such a module. */
export const moduleUrl = (file: string): string =>
  JSON.stringify(new URL(`../${file}`, import.meta.url).href);

/**
 * Runs the module, and answers what it has put in `said`, as JSON. Errors: it said nothing, as one whose promises do not
 * settle.
 */
export async function saidByModule(source: string, words: readonly string[] = []): Promise<unknown> {
  const module = `let said;\n${source}\nconsole.log(JSON.stringify(said));`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", module, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return JSON.parse(await text(child.stdout));
}
