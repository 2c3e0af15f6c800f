import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeSocketBuffers } from "./socket-buffers.ts";

test("a socket's buffer that is small is told with what to do, and a large one as it is", () => {
  const small = judgeSocketBuffers("212992\n");
  assert.equal(small.state, "208 KiB (net.core.wmem_default)");
  assert.match(small.todo ?? "", /^sysctl net\.core\.wmem_default=1048576,/);
  assert.deepEqual(judgeSocketBuffers("1048576\n"), { state: "1024 KiB (net.core.wmem_default)" });
  assert.match(judgeSocketBuffers("1048575").follows ?? "", /slower/);
});

test("a machine that does not tell it is given no advice", () => {
  for (const setting of [null, "what is this"])
    assert.deepEqual(Object.keys(judgeSocketBuffers(setting)), ["state"]);
});
