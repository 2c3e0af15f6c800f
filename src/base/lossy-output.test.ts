import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { until } from "../../testing/until.ts";
import { LossyOutput } from "./lossy-output.ts";

const notice = (lost: number) => `lost ${lost}`;

/** A named pipe: a reader that does not wait, and a writer. */
function pipe(t: TestContext): { reader: number; writer: number } {
  const dir = mkdtempSync(join(tmpdir(), "lodge-output-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const file = join(dir, "pipe");
  execFileSync("mkfifo", [file]);
  const reader = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = openSync(file, "w");
  t.after(() => closeSync(writer));
  return { reader, writer };
}

test("lines are written in their order", (t) => {
  const dir = mkdtempSync(join(tmpdir(), "lodge-output-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const fd = openSync(join(dir, "log"), "w");
  const output = new LossyOutput(fd, notice);
  for (let line = 0; line < 100; line++) output.write(`${line}\n`);
  closeSync(fd);
  assert.deepEqual(
    readFileSync(join(dir, "log"), "utf8").split("\n"),
    [...Array(100).keys()].map(String).concat(""),
  );
});

test("a full disk costs the lines, and throws nothing", () => {
  const fd = openSync("/dev/full", "w");
  const output = new LossyOutput(fd, notice);
  for (let line = 0; line < 10; line++) output.write("line\n");
  closeSync(fd);
});

test("a reader that has gone costs the lines, and throws nothing", (t) => {
  const { reader, writer } = pipe(t);
  closeSync(reader);
  const output = new LossyOutput(writer, notice);
  for (let line = 0; line < 10; line++) output.write("line\n");
});

test("a reader that takes nothing holds nobody up; what fits the buffer comes later, and how many lines were lost", async (t) => {
  const { reader, writer } = pipe(t);
  t.after(() => closeSync(reader));
  const output = new LossyOutput(writer, notice);
  // 3 MiB: a pipe takes 64 KiB, the buffer 1 MiB.
  const text = "x".repeat(1023);
  for (let line = 0; line < 3 * 1024; line++) output.write(`${text}\n`);
  const taken = Buffer.alloc(64 * 1024);
  let read = "";
  const take = () => {
    try {
      for (;;) read += taken.toString("latin1", 0, readSync(reader, taken));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "EAGAIN");
    }
  };
  await until("all that waited is written", async () => {
    take();
    return read.length > 1024 * 1024 ? true : null;
  });
  output.write("last\n");
  await until("it is said", async () => {
    take();
    return read.includes("last\n") ? true : null;
  });
  const lines = read.split("\n").slice(0, -1);
  assert.equal(lines.pop(), "last");
  const lost = Number(/^lost (\d+)$/.exec(lines.find((line) => line.startsWith("lost")) ?? "")?.[1]);
  const whole = lines.filter((line) => line === text).length;
  assert.equal(whole + 1, lines.length, "no line is in pieces");
  assert.equal(whole + lost, 3 * 1024);
  assert.ok(whole >= 1024 && whole < 1200, String(whole));
});

test("a process does not stay for lines that nobody takes", async (t) => {
  const { reader, writer } = pipe(t);
  t.after(() => closeSync(reader));
  const script = `
    const { LossyOutput } = await import(${JSON.stringify(join(import.meta.dirname, "lossy-output.ts"))});
    const output = new LossyOutput(2, String);
    for (let line = 0; line < 300; line++) output.write("x".repeat(1023) + "\\n");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "ignore", writer],
  });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.equal(code, 0);
});
