/** The tests of state once more, on PostgreSQL: in a few files, so that they run side by side on a server each. */
import { describe, test } from "node:test";
import { shareOf } from "./share.ts";
import { chooseEngine, lacking } from "./stores.ts";

/**
 * How many tests of a file run at once. Each waits for most of its time: for an answer of the server's, of which it asks
 * thousands one after the other, and for its turn on a busy machine.
 */
const AT_ONCE = 4;

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
  await describe("on PostgreSQL", { concurrency: AT_ONCE }, async () => {
    for (const load of shareOf(files, files.length)) await load();
  });
}
