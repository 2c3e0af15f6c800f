import assert from "node:assert/strict";
import { test } from "node:test";
import { describeOperation, InProgress, type Operation } from "./operation.ts";

const operation: Operation = {
  ...{ object: "UUID", noun: "server", host: "local", action: "apply", params: {}, generation: 2 },
  ...{ request: null, attempts: 0, lastError: null, recordedMs: 0 },
};

test("what is under way is said in the words of whoever has the object, and not in those of the store", () => {
  assert.equal(new InProgress(operation).message, "server UUID is being changed");
  const onDrive = (action: string) => describeOperation({ noun: "drive", object: "UUID", action });
  assert.equal(onDrive("copy"), "drive UUID is being imaged");
  assert.equal(onDrive("end copy"), "drive UUID is the target of an imaging that is being ended");
  assert.equal(onDrive("unheard of"), "drive UUID is being changed");
});
