import assert from "node:assert/strict";
import { test } from "node:test";
import { firstComplaint } from "./complaint.ts";

const CASES: readonly [said: string, complaint: string | null][] = [
  ["", null],
  ["qemu-system-x86_64: warning: TCG doesn't support requested feature\n", null],
  [
    "qemu-system-x86_64: warning: old\nqemu-system-x86_64: cannot set up guest memory 'pc.ram': Cannot allocate memory\n",
    "cannot set up guest memory 'pc.ram': Cannot allocate memory",
  ],
  [
    'qemu-system-x86_64: -blockdev {"driver":"raw","file":{"filename":"x"}}: Could not open \'x\': No such file or directory',
    "Could not open 'x': No such file or directory",
  ],
  [
    "setpriv: failed to execute qemu: No such file or directory",
    "setpriv: failed to execute qemu: No such file or directory",
  ],
];

for (const [said, complaint] of CASES) {
  test(`of ${JSON.stringify(said.slice(0, 40))} the complaint is ${complaint}`, () => {
    assert.equal(firstComplaint(said), complaint);
  });
}
