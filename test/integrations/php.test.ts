import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { runToEnd } from "../../testing/run.ts";

const ROOT = join(import.meta.dirname, "../..");
const FOLDER = join(ROOT, "integrations");

test("PHP takes every file of the integrations, and of the programs that stand in for the host programs", async () => {
  const files = [...globSync("**/*.php", { cwd: FOLDER }).map((file) => join(FOLDER, file))];
  files.push(
    ...globSync("*.php", { cwd: import.meta.dirname }).map((file) => join(import.meta.dirname, file)),
  );
  assert.ok(files.length >= 9, `${files.length}`);
  for (const file of files) {
    const { code, stdout } = await runToEnd(["php", "-l", file]);
    assert.equal(code, 0, stdout);
  }
});

test("each module has the client beside it that both share", () => {
  const client = readFileSync(join(FOLDER, "php/LodgeClient.php"), "utf8");
  for (const place of ["whmcs/modules/servers/lodge", "fossbilling/library/Server"])
    assert.equal(readFileSync(join(FOLDER, place, "LodgeClient.php"), "utf8"), client);
});
