import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inOwnMachine, MACHINE_ADDRESS } from "../../../testing/network/machine.ts";
import { runTool } from "../../../testing/run.ts";

if (await inOwnMachine(import.meta.filename)) {
  const home = mkdtempSync(join(tmpdir(), "lodge-pools-"));
  after(() => rmSync(home, { recursive: true }));
  const pool = (...words: string[]) => runTool("lodge", ["pool", ...words], { LODGE_HOME: home });

  test("a pool is added, listed and removed, whether the daemon runs or not", async () => {
    const line = "203.0.113.0/28 gateway 203.0.113.1 nameserver 192.0.2.53, 0 of 13 taken\n";
    const words = ["--gateway", "203.0.113.1", "--nameserver", "192.0.2.53"];
    const added = await pool("add", "203.0.113.0/28", ...words);
    assert.deepEqual(added, { code: 0, stdout: line, stderr: "" });
    assert.equal((await pool("list")).stdout, line);
    assert.deepEqual(await pool("remove", "203.0.113.0/28"), { code: 0, stdout: "", stderr: "" });
    assert.equal((await pool("list")).stdout, "");
  });

  const skip = process.getuid?.() !== 0;
  test("a pool that overlaps with a network of the machine is refused", { skip }, async () => {
    for (const network of ["198.51.100.64/28", "198.51.0.0/16"]) {
      const gateway = network.replace(/\d+\/\d+$/, "70");
      const { code, stderr } = await pool("add", network, "--gateway", gateway);
      assert.equal(code, 1);
      assert.match(stderr, /^lodge: 198\.51\.\S+ overlaps with 198\.51\.\S+, which this machine has or/);
    }
    assert.match(MACHINE_ADDRESS, /^198\.51\.100\./);
  });

  const refused: readonly [what: string, words: readonly string[], says: RegExp][] = [
    ["no network", ["add", "--gateway", "203.0.113.1"], /^lodge: pool add takes one NET, such as/],
    ["no gateway", ["add", "203.0.113.0/28"], /^lodge: --gateway takes an address from 203\.0\.113\.1 to/],
    ["an unknown flag", ["add", "203.0.113.0/28", "--router", "203.0.113.1"], /Unknown option '--router'/],
    ["two networks to remove", ["remove", "203.0.113.0/28", "203.0.114.0/28"], /takes one NET, as pool list/],
  ];
  for (const [what, words, says] of refused) {
    test(`${what} is refused as usage`, async () => {
      const { code, stdout, stderr } = await pool(...words);
      assert.deepEqual([code, stdout], [2, ""]);
      assert.match(stderr, says);
    });
  }

  test("a pool that is not there cannot be removed", async () => {
    const { code, stderr } = await pool("remove", "203.0.113.0/28");
    assert.deepEqual([code, stderr], [1, "lodge: there is no pool 203.0.113.0/28\n"]);
  });
}
