/** Which test files concern the store on PostgreSQL. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { chosenFiles } from "../test/files.ts";

/** Every one of them says what becomes of it where there is no PostgreSQL, by one of these functions of `testing/`. */
const SIGN = /\b(?:lacking|stateOnPostgres)\(/;

/** Of these one test asks for PostgreSQL, and nothing in it is of a version; all others take minutes, on SQLite. */
const APART = ["test/backup.test.ts", "test/monitoring.test.ts"];

/** The test that tells the version of the server which tests start. */
export const VERSION_TEST = "testing/postgres.test.ts";

/** The files of `npm test` below `root` that ask for PostgreSQL, and in which much depends on it. */
export function filesOnPostgres(root: string): string[] {
  return chosenFiles(root, []).filter(
    (file) => !APART.includes(file) && SIGN.test(readFileSync(join(root, file), "utf8")),
  );
}
