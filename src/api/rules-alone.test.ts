/** The rules about what can be done now run where there is nothing but JavaScript, as they do in a browser. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import { createContext, runInContext } from "node:vm";

const ROOT = join(import.meta.dirname, "..");

const server = { server: "s", status: "dead" };
const drive = { drive: "d", user: "u", claimed: "s" };

for (const [file, asked, reason] of [
  ["servers/can.ts", "serverCan.start(serverStateOf(ANSWER))", ["server_dead", server]],
  ["drives/can.ts", "driveCan.write(driveStateOf(ANSWER, () => false))", ["drive_in_use", drive]],
  [
    "api/settable.ts",
    'whyNotNow("mem", ANSWER, "active")',
    ["server_not_stopped", { settable: ["stopped"] }],
  ],
  ["api/lines.ts", "{ code: textInValue(valueOfText(ANSWER)) }", ["a\n\tb\\", "a\n\tb\\"]],
] as const) {
  test(`${file} needs nothing of Node, of the store or of any other file to say what can be done`, async () => {
    const source = stripTypeScriptTypes(await readFile(join(ROOT, file), "utf8"));
    assert.doesNotMatch(source, /\bimport\b[^;]*from|\bimport\(|\brequire\(/, "it imports types alone");
    const [code, answer] = reason;
    const context = createContext({ ANSWER: answer });
    const script = `${source.replaceAll(/^export /gm, "")}\n(${asked})`;
    assert.equal((runInContext(script, context) as { code: string }).code, code);
  });
}
