/** The tests of state once more, on PostgreSQL: in a few files, so that they run side by side on a server each. */
import { test } from "node:test";
import { chooseEngine, lacking } from "./stores.ts";

/**
 * Has the tests of some files run on PostgreSQL; where there is none, they are reported as skipped.
 *
 * @param files what loads each of them
 */
export async function stateOnPostgres(files: readonly (() => Promise<unknown>)[]): Promise<void> {
  const lack = lacking("postgres");
  if (lack !== false) {
    test("the state tests hold on PostgreSQL", { skip: lack });
    return;
  }
  chooseEngine("postgres");
  for (const load of files) await load();
}
