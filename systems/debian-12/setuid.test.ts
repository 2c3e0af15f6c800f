import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ensureSetuid } from "./build.ts";

test("where no file can be setuid, a whole system is refused before it is begun, with what to do", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "lodge-setuid-"));
  t.after(() => rmSync(folder, { recursive: true }));
  ensureSetuid(folder);
  assert.deepEqual(readdirSync(folder), []);
  const forbidden = () => {
    throw Object.assign(new Error("operation not permitted"), { code: "EPERM" });
  };
  assert.throws(() => ensureSetuid(folder, forbidden), /^Error: no file can be setuid here.*in a shell/);
});
