/**
 * The first bytes of a viewer to a server's screen (RFC 6143, 7.1). Nothing of Lodge reads them: QEMU does, as each server
 * has it. So few of all cases are these, and what is asked is that it lives, answers, and holds no more than before.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { programPath } from "../../src/host/process/programs.ts";
import { connectQmp, type Qmp } from "../../src/host/wire/qmp.ts";
import { type Closing, part } from "./part.ts";

const MOST_GROWTH_KIB = 64 * 1024;

const bytesOf = (...bytes: readonly number[]) => Buffer.from(bytes);
const VERSIONS = [
  "RFB 003.008\n",
  "RFB 003.007\n",
  "RFB 003.003\n",
  "RFB 003.889\n",
  "RFB 999.999\n",
  "RFB 3.8\n",
  "GET / HTTP/1.1\r\n",
];
/** The version, the choice of security, an answer to its challenge, ClientInit, and messages that follow. */
const sent = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(...VERSIONS).map((version) => Buffer.from(version)) },
      fc.uint8Array({ maxLength: 30 }).map((bytes) => Buffer.from(bytes)),
    ),
    fc.oneof(
      { weight: 4, arbitrary: fc.constant(bytesOf(2)) },
      fc.nat(255).map((type) => bytesOf(type)),
      fc.constant(Buffer.alloc(0)),
    ),
    fc.uint8Array({ minLength: 0, maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(0, 1, 255).map((shared) => bytesOf(shared)),
    fc.array(
      fc.oneof(
        fc.constantFrom(
          bytesOf(2, 0, 0xff, 0xff),
          bytesOf(6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff),
          bytesOf(3, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff),
        ),
        fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 4 },
    ),
  )
  .map(([version, security, answer, init, messages]) =>
    Buffer.concat([version, security, answer, init, ...messages]),
  );

/** A machine of nothing but a screen behind a password, and its monitor. */
async function screen({ after }: Closing): Promise<{ path: string; qmp: Qmp; child: ChildProcess }> {
  const dir = await mkdtemp(join(tmpdir(), "lodge-fuzz-"));
  const [path, monitor] = [join(dir, "vnc"), join(dir, "qmp")];
  const words = ["-nodefaults", "-machine", "q35", "-device", "VGA", "-S", "-m", "16"];
  const child = spawn(
    programPath("qemu-system-x86_64"),
    [
      ...words,
      "-vnc",
      `unix:${path},password=on,share=force-shared`,
      "-qmp",
      `unix:${monitor},server=on,wait=off`,
    ],
    { stdio: "ignore" },
  );
  after(async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    }
    await rm(dir, { recursive: true });
  });
  while (!existsSync(monitor) || !existsSync(path)) {
    assert(child.exitCode === null, "QEMU does not come up");
    await delay(20);
  }
  const qmp = await connectQmp(monitor);
  after(() => qmp.close());
  await qmp.execute("set_password", { protocol: "vnc", password: "secret" });
  return { path, qmp, child };
}

async function residentKib({ pid }: ChildProcess): Promise<number> {
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1]);
}

export const VNC = part<Buffer>({ name: "vnc", share: 1, growthMib: 32 }, async (closing) => {
  const { path, qmp, child } = await screen(closing);
  let firstKib: number | null = null;
  return {
    cases: sent,
    check: (bytes) =>
      new Promise<void>((resolve) => {
        const socket = connect(path);
        socket.on("error", () => {}).resume();
        socket.once("close", () => resolve());
        socket.end(bytes);
      }),
    async afterBatch() {
      await qmp.execute("query-status");
      firstKib ??= await residentKib(child);
      assert((await residentKib(child)) - firstKib < MOST_GROWTH_KIB, "QEMU has grown");
    },
  };
});
