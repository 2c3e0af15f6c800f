import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { openGate } from "./read-write-lock.ts";

/** Work that begins when its turn has come and ends when it is told to. */
function work(name: string, seen: string[]) {
  const end = Promise.withResolvers<void>();
  const run = async () => {
    seen.push(`${name} begins`);
    await end.promise;
    seen.push(`${name} ends`);
  };
  return { run, end: end.resolve };
}

test("readers and writers go together; who is alone waits for them, and later ones wait in turn", async () => {
  const gate = openGate();
  const seen: string[] = [];
  const [reader, writer, alone, late, other] = ["reader", "writer", "alone", "late", "other"].map((name) =>
    work(name, seen),
  );
  assert(reader && writer && alone && late && other);
  const all = [
    gate.share("d", "read", reader.run),
    gate.share("d", "write", writer.run),
    gate.alone("d", alone.run),
    gate.share("d", "read", late.run),
    gate.share("e", "read", other.run),
  ];
  await turn();
  assert.deepEqual(seen.splice(0), ["reader begins", "writer begins", "other begins"]);
  reader.end();
  await turn();
  assert.deepEqual(seen.splice(0), ["reader ends"]);
  writer.end();
  await turn();
  assert.deepEqual(seen.splice(0), ["writer ends", "alone begins"]);
  alone.end();
  await turn();
  assert.deepEqual(seen.splice(0), ["alone ends", "late begins"]);
  late.end();
  other.end();
  await Promise.all(all);
});

test("a drive is written for as long as a writer works or waits, though the work fails", async () => {
  const gate = openGate();
  const failing = gate.share("d", "write", () => Promise.reject(new Error("on purpose")));
  assert(gate.isWritten("d"));
  await assert.rejects(failing, /on purpose/);
  assert(!gate.isWritten("d"));
  assert.equal(await gate.alone("d", async () => "done"), "done");
});
