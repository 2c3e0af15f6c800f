/** What the monitor asks of a QEMU that does as the test says: its process is a real one, its QMP is not. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { identify } from "../process/process.ts";
import { type Qmp, QmpError, type QmpEvent } from "../wire/qmp.ts";
import { Monitor } from "./monitor.ts";
import { runDirectory } from "./run-directory.ts";

/** A wait that does not end is a failure. */
const ends = { timeout: 30_000 };

/** Once it is asked to quit, it writes out what it holds, which takes longer than one that does not answer would get. */
const STAND_IN = `
process.on("SIGTERM", () => setTimeout(() => {
  require("node:fs").writeFileSync("held", "written out");
  process.exit();
}, 800));
console.log("ready");
setInterval(() => {}, 60_000);
`;

type Execute = (command: string) => unknown;

/** A monitor of a stand-in for QEMU, which works in `dir`; `tell` has it tell an event. */
async function monitored(t: TestContext, execute: Execute) {
  const dir = await mkdtemp(join(tmpdir(), "lodge-monitor-"));
  const child = spawn(process.execPath, ["-e", STAND_IN], { cwd: dir, stdio: ["ignore", "pipe", "inherit"] });
  t.after(async () => {
    monitor.leave();
    child.kill("SIGKILL");
    await rm(dir, { recursive: true });
  });
  await once(child.stdout, "data");
  const identity = await identify(child.pid ?? 0);
  assert.ok(identity !== null);
  const uuid = randomUUID();
  const directory = runDirectory(dir, uuid);
  await mkdir(directory.path);
  const closed = Promise.withResolvers<void>();
  const qmp: Qmp = {
    execute: async <T>(command: string) => execute(command) as T,
    closed: closed.promise,
    fault: null,
    close: () => closed.resolve(),
  };
  let tell = (_event: QmpEvent) => {};
  const connect = async (onEvent: typeof tell) => {
    tell = onEvent;
    return qmp;
  };
  const { promise: lost, resolve: isLost } = Promise.withResolvers<unknown>();
  const monitor = new Monitor({
    record: {
      ...{ uuid, generation: 1, started: 1, devices: [], taps: [] },
      ...{ vnc: null, description: null },
    },
    ...{ directory, identity, disk: dir, netDev: null, connect, counters: null },
    onChange() {},
    log: ({ message, err }) => message === "a server's QEMU does not answer" && isLost(err),
  });
  await monitor.open(connect);
  return {
    ...{ monitor, dir, lost },
    tell: (event: string) => tell({ event, data: {}, timestamp: { seconds: 0, microseconds: 0 } }),
  };
}

test("a QEMU that answers is asked to quit, and has the time to write out what it holds", ends, async (t) => {
  const { monitor, dir } = await monitored(t, (command) =>
    command === "query-blockstats" ? [] : { status: "running" },
  );
  await monitor.end();
  assert.equal(await readFile(join(dir, "held"), "utf8"), "written out");
});

test("a guest that is paused since the disk was full goes on when the disk has room", ends, async (t) => {
  let status = "running";
  const { promise: goesOn, resolve } = Promise.withResolvers<void>();
  const { tell } = await monitored(t, (command) => {
    if (command === "cont") {
      status = "running";
      resolve();
    }
    return command === "query-blockstats" ? [] : { status };
  });
  status = "io-error";
  tell("STOP");
  await goesOn;
  assert.equal(status, "running");
});

test("what a QEMU says of before it was told to go on changes nothing afterwards", ends, async (t) => {
  const [asked, said] = [Promise.withResolvers<void>(), Promise.withResolvers<unknown>()];
  const { monitor, tell } = await monitored(t, (command) => {
    if (command !== "query-status") return [];
    asked.resolve();
    return said.promise;
  });
  tell("STOP");
  await asked.promise;
  await monitor.begin();
  said.resolve({ status: "prelaunch" });
  await nextTurn();
  assert.equal(monitor.runState, "active");
  assert.equal(monitor.isPrelaunch, false);
});

test("a flood of events has the state looked at twenty times a second, and no more", ends, async (t) => {
  let looks = 0;
  const enough = Promise.withResolvers<void>();
  const { tell } = await monitored(t, (command) => {
    if (command === "query-status" && ++looks === 8) enough.resolve();
    return command === "query-blockstats" ? [] : { status: "running" };
  });
  const sinceMs = performance.now();
  const flood = setInterval(() => {
    for (let told = 0; told < 100; told++) tell("STOP");
  }, 1);
  await enough.promise.finally(() => clearInterval(flood));
  // The first may have come at once, and one when it was connected.
  assert(performance.now() - sinceMs > 5 * 50);
});

test("a QEMU that refuses to tell its state is one that does not answer", ends, async (t) => {
  const { monitor, tell, lost } = await monitored(t, (command) => {
    if (command === "query-status") throw new QmpError(command, "GenericError", "no");
    return command === "query-blockstats" ? [] : { status: "running" };
  });
  tell("STOP");
  assert.match(String(await lost), /^Nonsense: server .* talks nonsense: query-status: no/);
  assert.equal(monitor.isResponsive, false);
});
