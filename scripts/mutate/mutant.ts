/** A planted bug: a small patch of one file, and the tests that must not pass with it. */
import { stripTypeScriptTypes } from "node:module";

export type Mutant = {
  /** What the bug does, in a few words; no other mutant has them. */
  readonly name: string;
  /** The file that is patched, from the checkout. */
  readonly file: string;
  /** Text that occurs once in it, and what stands there instead. */
  readonly find: string;
  readonly replace: string;
  /** Test files, of which at least one fails. */
  readonly tests: readonly string[];
  /** How many steps of the simulation find it, where that is more than its test takes. */
  readonly steps?: number;
};

/** The text with the bug in it. Errors: the text to find is not there once, or what comes of it is no code of TypeScript's. */
export function planted(text: string, { name, file, find, replace }: Mutant): string {
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`"${name}" does not apply: ${file} has its text ${places} times`);
  const changed = text.replace(find, () => replace);
  if (changed === text) throw new Error(`"${name}" changes nothing`);
  // What of JSX is no code, the console's build says.
  if (file.endsWith(".php") || file.endsWith(".tsx")) return changed;
  try {
    stripTypeScriptTypes(changed);
  } catch (cause) {
    throw new Error(`"${name}" makes no code of ${file}`, { cause });
  }
  return changed;
}
