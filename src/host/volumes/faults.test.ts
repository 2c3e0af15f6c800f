import assert from "node:assert/strict";
import { test } from "node:test";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { LodgeError } from "../../base/errors.ts";
import { Unreachable } from "../errors.ts";
import { NBD_ENOSPC, NbdError, ConnectionLost as NbdLost } from "../wire/nbd-errors.ts";
import { ConnectionLost as QmpLost } from "../wire/qmp.ts";
import { transferError } from "./faults.ts";

const EIO = 5;

function late(cause: unknown): DeadlineExceeded {
  return new DeadlineExceeded("reaching the drive", 1000, { cause });
}

for (const [what, error, code] of [
  ["a lost connection over which bytes go", new NbdLost("sock"), "host_interrupted"],
  ["a lost connection over which commands go", new QmpLost("blockdev-add"), "host_interrupted"],
  ["a QEMU that is not reached", new Unreachable("it does not answer"), "host_interrupted"],
  ["a daemon that was lost again and again", late(new QmpLost("blockdev-add")), "host_interrupted"],
  ["a daemon that is late", late(undefined), "storage_failed"],
  ["a full disk", new NbdError("write", NBD_ENOSPC), "disk_full"],
  ["a disk that fails", new NbdError("write", EIO), "storage_failed"],
] as const) {
  test(`a transfer that ends by ${what} is told as ${code}`, () => {
    const told = transferError(error, "the drive could not be written");
    assert.ok(told instanceof LodgeError);
    assert.equal(told.code, code);
  });
}
