/** Starts on a bad day: homes and machines that are not as the last start left them. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openCloud } from "../testing/cloud.ts";
import { runToEnd } from "../testing/run.ts";

const MAIN = [process.execPath, join(import.meta.dirname, "../src/main.ts")] as const;

/** A daemon that does not come up: what it says, and its exit code. */
const start = (home: string, env: NodeJS.ProcessEnv = {}) =>
  runToEnd(MAIN, "", { LODGE_HOME: home, LODGE_LISTEN: "127.0.0.1:0", LODGE_DATABASE: "", ...env });

describe("a file that a power failure damaged", () => {
  test("and that is a preference only is made anew", async (t) => {
    const cloud = await openCloud();
    t.after(() => cloud.close());
    const kept = ["network.json", "accelerator.json"].map((name) => join(cloud.home, name));
    for (const text of ["", "{}", '{"subnet":"10.0.0.0/99"}', "\0\0\0\0"]) {
      await cloud.stop();
      for (const file of kept) await writeFile(file, text);
      await cloud.start();
      if (process.getuid?.() !== 0) continue;
      assert.match(cloud.logged, /network\.json is damaged|takes an IPv4 network/, text);
      assert.match(await readFile(join(cloud.home, "network.json"), "utf8"), /^\{"subnet":"1\S+\/20"/);
    }
  });

  for (const [name, text, says] of [
    ["identity.json", "", /identity\.json is damaged: .* backup/],
    ["master.key", "", /master\.key is damaged: .* backup/],
    ["lodge.db", "x".repeat(8192), /lodge\.db is damaged: .* backup/],
    ["database", "", /database does not say where the cloud's state is: start once with --database/],
    ["daemon.lock", "x".repeat(8192), /daemon\.lock is damaged: remove it/],
  ] as const) {
    test(`and that nobody can make anew is named, with what to do: ${name}`, async (t) => {
      const home = await mkdtemp(join(tmpdir(), "lodge-start-"));
      t.after(() => rm(home, { recursive: true }));
      await writeFile(join(home, name), text);
      const { code, stdout, stderr } = await start(home);
      assert.match(stderr, says);
      assert.doesNotMatch(stderr, /\n\s+at /, "no stack");
      assert.notEqual(code, 0);
      assert.equal(stdout, "");
      assert.equal(await readFile(join(home, name), "utf8"), text, "it is as it was");
    });
  }
});
