import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { errorsOfCommand } from "../../src/api/command-errors.ts";
import { expandPath, isParameter } from "../../src/api/path.ts";
import { ERROR_CODES, ERROR_TYPES } from "../../src/base/error-codes.ts";
import { COMMANDS } from "../../src/commands.ts";
import { openApi } from "../../src/http/openapi/openapi.ts";
import { ERROR_STATUS, STATUSES } from "../../src/http/status.ts";
import { apiDocument } from "./api.ts";
import { unusedCodes } from "./error-codes.ts";

const DOCUMENT = apiDocument(openApi(COMMANDS, STATUSES), STATUSES);

/** The part below the heading, up to the next one. */
function below(heading: string): string {
  const [, rest = assert.fail(`there is no heading ${heading}`)] = DOCUMENT.split(`${heading}\n`);
  return rest.split(/\n#+ /)[0] ?? "";
}

test("no two headings are equal, nor would two links to them be", () => {
  const anchors = [...DOCUMENT.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .replaceAll(" ", "-"),
  );
  assert.ok(anchors.length > COMMANDS.length);
  assert.deepEqual(anchors, [...new Set(anchors)]);
});

test("every command has one line for curl, which sends its example", () => {
  const sections = DOCUMENT.split("\n### ").slice(1);
  const commands = sections.filter((section) => /^(?:GET|POST) \//.test(section));
  assert.ok(commands.length >= COMMANDS.length);
  for (const section of commands) {
    assert.match(section, /```sh\ncurl -u "\$EHAUTH" [^`]*"\$EHURI\/[^"{}]+"\n```/, section);
  }
  assert.match(below("### POST /drives/create"), /curl .* --data-binary 'name TestDrive\nsize 10000000/);
  assert.match(below("### POST /drives/{DRIVE}/destroy"), /curl -u "\$EHAUTH" -X POST "/);
  assert.match(below("### POST /drives/{DRIVE}/write"), /octet-stream" --data-binary @FILE "/);
  assert.match(
    below("### GET /drives/{DRIVE}/read/{OFFSET}/{SIZE}"),
    /-o FILE "\$EHURI\/drives\/[0-9a-f-]+\/read\/0\/4M"/,
  );
});

test("keys stand in the order of answers", () => {
  const keys = [...below("### Server").matchAll(/^\| `(.*?)` \|/gm)].map(([, key]) => key);
  const inOrder = [
    "server",
    "name",
    "cpu",
    "ide:BUS[0-1]:UNIT[0-1]",
    "boot",
    "vnc",
    "vnc:ip",
    "vnc:password",
    "password",
  ];
  assert.deepEqual(
    keys.filter((key) => inOrder.includes(key ?? "")),
    inOrder,
  );
});

test("vnc:ip in an answer is the address allotted, and on input the old name of vnc", () => {
  assert.match(below("### Server"), /\n\| `vnc:ip` \| address allotted for VNC/);
  assert.match(below("### ServerCreate"), /\n\| `vnc:ip` \| the same as vnc \|/);
});

test("every type and code of errors stands there with what it means", () => {
  const part = below("## Errors");
  for (const [type, means] of Object.entries(ERROR_TYPES)) {
    assert.ok(
      part.includes(`| \`${type}\` | ${ERROR_STATUS[type as keyof typeof ERROR_STATUS]} | ${means} |`),
    );
  }
  const rows = part.split("\n");
  for (const [code, { type, means }] of Object.entries(ERROR_CODES)) {
    const row = rows.find((line) => line.startsWith(`| \`${code}\` | \`${type}\` |`)) ?? "";
    assert.match(row, /^(\| `\w+` ){2}\| \d{3} \| /, code);
    assert.ok(row.endsWith(`| ${means} |`), code);
  }
});

test("every command lists the codes of errors that are its own, and the chapter on errors those of others", () => {
  for (const { path, effect, errors } of COMMANDS) {
    for (const words of expandPath(path)) {
      const template = words.map((word) => (isParameter(word) ? `/{${word}}` : `/${word}`)).join("");
      const [line = ""] =
        below(`### ${effect === "reads" ? "GET" : "POST"} ${template}`).match(
          /^\[Errors\]\(#errors\): .*$/m,
        ) ?? [];
      const codes = [...line.matchAll(/`(\w+)`/g)].map(([, code]) => code);
      assert.deepEqual(codes, [...new Set<string>(errors)].sort(), template);
      assert.equal(line.endsWith(": none of its own."), errors.length === 0, template);
    }
  }
  assert.match(below("## Errors"), /^- every command can end in .*`credentials_wrong`, /m);
  assert.match(below("## Errors"), /^- one that takes properties in .*`unknown_key`, /m);
});

test("every code of the table is one that some command can end in", () => {
  const declared = COMMANDS.reduce<ReadonlySet<string>>(
    (codes, command) => codes.union(errorsOfCommand(command)),
    new Set(),
  );
  assert.deepEqual(
    Object.keys(ERROR_CODES).filter((code) => !declared.has(code)),
    [],
  );
});

test("a header that a command takes is listed with it", () => {
  for (const path of [
    "/drives/create",
    "/servers/create",
    "/servers/create/stopped",
    "/resources/{TYPE}/create",
  ]) {
    assert.match(below(`### POST ${path}`), /^- header `Idempotency-Key`, optional: /m);
  }
  assert.doesNotMatch(below("### POST /drives/{DRIVE}/set"), /Idempotency-Key/);
});

test("a code that only tables and tests name is found out", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "lodge-codes-"));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, "a.ts"), 'throw usage("given", "sentence");');
  await writeFile(join(folder, "a.test.ts"), 'assert.equal(code, "tested");');
  await writeFile(join(folder, "command-errors.ts"), 'const ERRORS = { list: ["gone"] };');
  assert.deepEqual(await unusedCodes(folder, ["given", "tested", "gone"]), ["tested", "gone"]);
});
