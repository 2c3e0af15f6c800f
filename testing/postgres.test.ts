import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { postgresPrograms } from "./postgres.ts";
import { lacking, sharedPostgres } from "./stores.ts";

test("the server that tests start is of the programs chosen", { skip: lacking("postgres") }, async (t) => {
  const server = await sharedPostgres();
  const [version = ""] = (await server.psql("show server_version")).split(" ");
  // `npm run test:postgres` reads this line, so that its table tells what ran and not what was to run.
  t.diagnostic(`PostgreSQL ${version}`);
  const { stdout } = await promisify(execFile)(join(postgresPrograms() ?? "", "postgres"), ["--version"]);
  assert.equal(stdout.split(" ")[2]?.trim(), version);
});

test("programs are chosen by a folder, or by a version that Debian's packages installed", () => {
  assert.equal(postgresPrograms("/opt/pg/bin"), "/opt/pg/bin");
  assert.equal(postgresPrograms("16"), "/usr/lib/postgresql/16/bin");
});
