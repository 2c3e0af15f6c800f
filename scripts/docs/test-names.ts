/** What the tests of a file are called, found out without running any. */
import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { recorded } from "./recorded-tests.ts";

const RECORDED = new URL("./recorded-tests.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "node:test" ? { url: RECORDED, shortCircuit: true } : next(specifier, context),
});

/** A file tells its tests only the first time that it is imported. */
const found = new Map<string, ReadonlySet<string>>();

/**
 * The names of the tests of a file, without those of their suites; names that are made while a test runs are not there.
 * To be called for one file at a time.
 */
export async function testNames(file: string): Promise<ReadonlySet<string>> {
  const known = found.get(file);
  if (known !== undefined) return known;
  recorded.length = 0;
  await import(pathToFileURL(file).href);
  const names = new Set(recorded);
  found.set(file, names);
  return names;
}
