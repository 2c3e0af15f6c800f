import assert from "node:assert/strict";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { confine, run } from "./process.ts";
import { missingPrograms, ProgramMissing, programPath } from "./programs.ts";

function withPath(t: TestContext, path: string): void {
  const { PATH } = process.env;
  process.env.PATH = path;
  t.after(() => {
    process.env.PATH = PATH;
  });
}

async function folderWith(t: TestContext, program: string, mode: number): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "lodge-programs-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, program), "#!/bin/sh\necho ours\n");
  await chmod(join(folder, program), mode);
  return folder;
}

test("an administrator's programs are found where PATH does not lead to them", async (t) => {
  withPath(t, "/nowhere");
  for (const program of ["nft", "dnsmasq"]) assert.match(programPath(program), /^\/.*sbin\//);
  assert.match(await run(["nft", "-v"]), /^nftables/);
  assert.deepEqual(missingPrograms(), []);
  const command = confine({ uid: 65_534, netns: "a" }, ["nft", "-v"]);
  assert.deepEqual(
    command.filter((word) => ["nsenter", "setpriv", "nft"].includes(word)),
    [],
    "none is left to be looked for",
  );
});

test("a program comes from where PATH says first, and a path is taken as it is", async (t) => {
  const folder = await folderWith(t, "pigz", 0o755);
  withPath(t, `relative:${folder}:/usr/bin`);
  assert.equal(programPath("pigz"), join(folder, "pigz"));
  assert.equal(await run(["pigz"]), "ours\n");
  assert.equal(programPath("/nowhere/pigz"), "/nowhere/pigz");
  assert.equal(programPath("./pigz"), "./pigz");
});

test("what is no program is passed over, and so for root is what others could have put there", async (t) => {
  for (const mode of [0o644, ...(process.getuid?.() === 0 ? [0o777, 0o775] : [])]) {
    const folder = await folderWith(t, "pigz", mode);
    withPath(t, `${folder}:/usr/bin:/bin`);
    assert.match(programPath("pigz"), /^\/(usr\/)?bin\/pigz$/, mode.toString(8));
  }
});

test("one that is missing is an error that says what to install", async (t) => {
  withPath(t, "/nowhere");
  assert.throws(() => programPath("lodge-has-no-such"), ProgramMissing);
  await assert.rejects(run(["lodge-has-no-such"]), {
    code: "ENOENT",
    message: "lodge-has-no-such is not installed",
  });
  assert.match(
    new ProgramMissing("dnsmasq").message,
    /^dnsmasq is not installed: apt-get install dnsmasq-base$/,
  );
});
