// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the text of templates.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, innerWords } from "./sentences.ts";

const inner: readonly [what: string, text: string, words: string[]][] = [
  ["another error's message", "failed(`it failed: ${cause.message}`, { cause })", ["cause.message"]],
  ["the message alone", 'usage("malformed_body", error.message)', ["error.message"]],
  ["an error as text", "full('disk_full', `no: ${String(error)}`)", ["String(error)"]],
  ["the name of a file", "throw busy(`see ${this.#options.logFile}`)", ["this.#options.logFile"]],
  ["words that are joined", 'new LodgeError("failed", "see " + socketPath)', ["socketPath"]],
  ["a sentence that is made before", "const sentence = `it failed: ${reason}`", ["reason"]],
];
for (const [what, text, words] of inner) {
  test(`${what} in a sentence of an error is found`, () => {
    assert.deepEqual(innerWords("x.ts", text), words);
  });
}

test("what names the caller's own, a cause, and errors that are not answered, are let be", () => {
  for (const text of [
    "failed('host_failed', `the host failed with server ${uuid}`, { cause: error })",
    "missing('no_such_drive', `there is no drive ${shownWord(uuid)}`)",
    "new Unreachable(`${socketPath} does not answer`)",
    "new Error(`QEMU: ${said}`, { cause })",
  ]) {
    assert.deepEqual(innerWords("x.ts", text), []);
  }
});

test("no sentence of a command has such a thing", () => {
  assert.deepEqual(faults(), []);
});
