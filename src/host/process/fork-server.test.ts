import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { runToEnd } from "../../../testing/run.ts";
import { until } from "../../../testing/until.ts";
import { within } from "../../base/deadline.ts";
import { findProcesses } from "./find.ts";
import { type Fork, fork } from "./fork-server.ts";
import { identify } from "./process.ts";

/** How long a program may take here that takes no time. */
const ENDS_MS = 60_000;

const begin = async (words: readonly string[], given: Partial<Fork> = {}) => {
  const [out, err]: [Buffer[], Buffer[]] = [[], []];
  const { ended, kill } = await fork({
    ...{ command: words, folder: "/", environment: process.env, input: "" },
    ...{ onOutput: (bytes: Buffer) => out.push(bytes), onError: (bytes: Buffer) => err.push(bytes) },
    ...given,
  });
  const told = ended.then((end) => ({ ...end, out: `${Buffer.concat(out)}`, err: `${Buffer.concat(err)}` }));
  const outcome = within(ENDS_MS, `the end of ${words.join(" ")}`, told);
  return { outcome, kill };
};
const shell = (script: string, given: Partial<Fork> = {}) => begin(["/bin/sh", "-c", script], given);

const RUN = JSON.stringify(new URL("./process.ts", import.meta.url).pathname);

const SCRIPT = [process.execPath, "--input-type=module", "-e"];

describe("the fork server", () => {
  test("runs a program in its folder and environment, and hands on what it reads and writes, byte for byte", async () => {
    const { outcome } = await shell('pwd; echo "$MARK"; cat; printf "\\000\\377" >&2; exit 7', {
      ...{ folder: "/usr", environment: { MARK: "a=b" }, input: "read\0this" },
    });
    assert.deepEqual(await outcome, {
      ...{ code: 7, signal: null, out: "/usr\na=b\nread\0this", err: "\0\ufffd" },
    });
  });

  test("tells a signal, and what could not be started", async () => {
    assert.equal((await (await shell("kill -TERM $$")).outcome).signal, "SIGTERM");
    await assert.rejects((await begin(["/nowhere/program"])).outcome, { code: "ENOENT" });
    await assert.rejects((await begin(["/etc/passwd"])).outcome, { code: "EACCES" });
    await assert.rejects((await shell("true", { folder: "/nowhere" })).outcome, { code: "ENOENT" });
  });

  test("takes no NUL for the end of a word, and leaves out what the environment has no value for", async () => {
    for (const given of [
      { command: ["/bin/echo", "a\0b"] },
      { environment: { A: "a\0B=b" } },
      { folder: "/\0" },
    ])
      await assert.rejects(shell("true", given), /^Error: a NUL stands in the words/);
    const { outcome } = await shell("env", { environment: { A: undefined, B: "b" } });
    assert.deepEqual((await outcome).out.match(/^[AB]=.*$/gm), ["B=b"]);
  });

  test("starts programs where a folder is gone, and with the rights of files of its process's beginning", async () => {
    const script = `import { mkdtempSync, rmdirSync } from "node:fs";
      import { run } from ${RUN};
      const folder = mkdtempSync("/tmp/lodge-gone-");
      process.chdir(folder);
      rmdirSync(folder);
      process.umask(0o177);
      console.log((await run(["sh", "-c", "umask"])).trim());`;
    const { stdout, stderr } = await runToEnd(["sh", "-c", 'umask 027; exec "$@"', "-", ...SCRIPT, script]);
    assert.equal(stdout, "0027\n", stderr);
  });

  test("is held up by none that reads nothing, says nothing, writes much, or closes its output and goes on", async () => {
    const long = "x".repeat(2 ** 20);
    const held = [
      await shell("sleep 60", { input: long }),
      await shell("exec >/dev/null 2>&1; sleep 60"),
      await shell("while :; do echo much; done | head -c 20000000"),
    ];
    const { outcome } = await shell("wc -c", { input: long });
    assert.equal((await outcome).out.trim(), String(2 ** 20));
    for (const { kill } of held) kill();
    const [first, second] = await Promise.all(held.map((each) => each.outcome));
    assert.deepEqual([first?.signal, second?.signal], ["SIGKILL", "SIGKILL"]);
  });

  test("runs a hundred at once, each with its own output", async () => {
    const all = await Promise.all(Array.from({ length: 100 }, (_, each) => shell(`echo ${each}`)));
    const said = await Promise.all(all.map(async ({ outcome }) => (await outcome).out));
    assert.deepEqual(
      said,
      said.map((_, each) => `${each}\n`),
    );
  });

  test("that was killed is told to who waits, and the next has another", async () => {
    const mark = `${process.pid}-held`;
    const { outcome } = await shell(`: ${mark}; sleep 600`);
    const refused = assert.rejects(outcome, /^Error: the fork server has ended$/);
    const { pid } = await until("it runs", async () => {
      const [found] = await findProcesses((words) => (words.at(-1)?.includes(mark) ? mark : null));
      return found?.identity;
    });
    const [, parent = ""] = /^PPid:\s+(\d+)$/m.exec(await readFile(`/proc/${pid}/status`, "utf8")) ?? [];
    process.kill(Number(parent), "SIGKILL");
    await refused;
    const isGone = async () => ((await identify(pid)) === null ? true : null);
    await until("it is gone, too", isGone, ENDS_MS);
    assert.equal((await (await shell("echo again")).outcome).out, "again\n");
  });

  test("that cannot be started for want of descriptors is told, and started once there are some", async () => {
    const script = `import { closeSync, openSync } from "node:fs";
      import { run } from ${RUN};
      const open = [];
      try {
        for (;;) open.push(openSync("/dev/null"));
      } catch {}
      const { code } = await run(["true"]).catch((error) => error);
      for (const fd of open) closeSync(fd);
      console.log(code, (await run(["echo", "then"])).trim());`;
    const { stdout } = await runToEnd(["prlimit", "--nofile=128", "--", ...SCRIPT, script]);
    assert.equal(stdout, "EMFILE then\n");
  });

  test("ends with the process that it is of, and keeps that from ending only while somebody waits", async () => {
    const script = `import { run } from ${RUN};
      const parent = run(["sh", "-c", "echo $PPID; sleep 0.1"]);
      console.log((await parent).trim());`;
    const { code, stdout } = await runToEnd([...SCRIPT, script]);
    assert.equal(code, 0);
    assert.match(stdout, /^\d+\n$/);
    await until("it has ended", async () =>
      (await readFile(`/proc/${stdout.trim()}/cmdline`, "utf8").catch(() => "")) === "" ? true : null,
    );
  });
});
