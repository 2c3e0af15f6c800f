/**
 * Compares the promises of `docs/security.md` with the tests that show them (`test/security/promises.ts`): each is
 * shown by a test that there is. Exits with 1, naming each fault.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Evidence, PROMISES } from "../../test/security/promises.ts";

const ROOT = join(import.meta.dirname, "../..");

/** The numbers that the document gives its promises, in its order. */
export const numbersIn = (document: string): readonly string[] =>
  [...document.matchAll(/^- \*\*(S\d+)\*\* /gm)].map(([, number = ""]) => number);

/**
 * What is wrong: numbers out of order, promises that no test shows, and tests that are not there.
 *
 * @param textOf answers a file's text, null when there is none
 */
export function faultsOf(
  document: string,
  promises: Readonly<Record<string, readonly Evidence[]>>,
  textOf: (file: string) => string | null,
): readonly string[] {
  const numbers = numbersIn(document);
  const shown = Object.entries(promises);
  return [
    ...numbers.flatMap((number, at) => (number === `S${at + 1}` ? [] : [`${number} is not S${at + 1}`])),
    ...numbers.filter((number) => !promises[number]?.length).map((number) => `${number}: no test shows it`),
    ...shown.filter(([number]) => !numbers.includes(number)).map(([number]) => `${number} is no promise`),
    ...shown.flatMap(([number, evidence]) =>
      evidence
        .filter(([file, name]) => !(textOf(file) ?? "").includes(name))
        .map(([file, name]) => `${number}: there is no test "${name}" in ${file}`),
    ),
  ];
}

if (import.meta.main) {
  const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
  const textOf = (file: string) => (existsSync(join(ROOT, file)) ? read(file) : null);
  const faults = faultsOf(read("docs/security.md"), PROMISES, textOf);
  for (const fault of faults) console.log(`docs/security.md: ${fault}`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
