/** Conformance by tables: a row is a request and its answer, and is tried in both content types. */
import assert from "node:assert/strict";
import { ERRORS_OF_ALL, errorsOfCommand } from "../../src/api/command-errors.ts";
import { expandPath, matchesPath } from "../../src/api/path.ts";
import type { InputValue } from "../../src/api/properties.ts";
import { ERROR_CODES } from "../../src/base/error-codes.ts";
import { COMMANDS } from "../../src/commands.ts";
import type { Cloud } from "../cloud.ts";

export type ContentType = "text/plain" | "application/json";
export const CONTENT_TYPES: readonly ContentType[] = ["text/plain", "application/json"];

/** Values as JSON has them; in text, their text is expected. A pattern must match the text. */
export type Expected = Readonly<
  Record<string, string | number | boolean | readonly string[] | RegExp | null>
>;

export type Row = {
  /** A true sentence. */
  readonly name: string;
  /** The path; words in capitals are replaced by what the test made beforehand. */
  readonly path: string;
  readonly method?: string;
  /** Who asks, by the word under which their `user:secret` is; the first user when nothing is said. */
  readonly as?: string;
  /** In whose place, as `X-Elastic-User` names them: a word that may be replaced, too. */
  readonly acting?: string;
  readonly give?: Readonly<Record<string, InputValue>>;
  readonly status: number;
  /** `X-Elastic-Error` */
  readonly error?: string;
  /** `X-Lodge-Error`, where it is said; any code of that type else. */
  readonly code?: string;
  /** `X-Elastic-Key`, where it is said. */
  readonly key?: string;
  /** What the sentence of an error says. */
  readonly says?: RegExp;
  /** Keys of the object that is answered; null: absent. */
  readonly answer?: Expected;
};

/** Tries a row in one content type, and answers the object that came, if one did. */
export async function exchange(
  cloud: Cloud,
  row: Row,
  type: ContentType,
  words: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, unknown>>> {
  const path = row.path.replace(/[A-Z]+\d*/g, (word) => words[word] ?? word);
  const give = Object.fromEntries(
    Object.entries(row.give ?? {}).map(([key, value]) => [
      key,
      typeof value === "string" ? value.replace(/\b[A-Z]+\d*\b/g, (word) => words[word] ?? word) : value,
    ]),
  );
  const answer = await cloud.ask(path, {
    method: row.method ?? (row.give === undefined ? "GET" : "POST"),
    ...(row.as === undefined ? {} : { auth: words[row.as] ?? "" }),
    headers: {
      accept: type,
      ...(row.acting === undefined ? {} : { "x-elastic-user": words[row.acting] ?? row.acting }),
      ...(row.give === undefined ? {} : { "content-type": type }),
    },
    ...(row.give === undefined ? {} : { body: encode(give, type) }),
  });
  assert.equal(answer.status, row.status, answer.text);
  assert.equal(answer.headers.get("x-elastic-error"), row.error ?? null);
  const code = answer.headers.get("x-lodge-error");
  assertCode(code, row);
  assertDeclared(code, path);
  assertKeyAtFault(answer, code, row);
  if (row.status >= 400) {
    assert.match(answer.text, row.says ?? /^\S.*\n$/);
    assert.doesNotMatch(answer.text.trimEnd(), /\n/, "an error is one sentence on one line");
    return {};
  }
  if (row.status === 204) {
    assert.equal(answer.bytes.length, 0);
    return {};
  }
  const object = decode(answer.text, type);
  for (const [key, expected] of Object.entries(row.answer ?? {})) {
    const value = object[key];
    if (expected === null) assert.equal(value, undefined, `${key} is absent`);
    else if (expected instanceof RegExp) assert.match(String(value), expected, key);
    else if (type === "text/plain") {
      assert.equal(value, Array.isArray(expected) ? expected.join(" ") : String(expected), key);
    } else assert.deepEqual(value, expected, key);
  }
  return object;
}

/** Every error has a code of its own, of its type. */
function assertCode(code: string | null, { error, code: expected }: Row): void {
  if (expected !== undefined) assert.equal(code, expected);
  const known: Readonly<Record<string, { readonly type: string }>> = ERROR_CODES;
  assert.equal(known[code ?? ""]?.type, error, `the code ${code}`);
}

/** What is wrong with one key. */
const OF_ONE_KEY: ReadonlySet<string | null> = new Set([
  ...["unknown_key", "key_not_settable", "key_required", "malformed_key", "malformed_value"],
  ...["conflicting_keys", "inconsistent_configuration"],
]);

/** A 400 says which key is at fault, one that came or one that is missing; nothing else does. */
function assertKeyAtFault(
  { status, headers }: Pick<Response, "status" | "headers">,
  code: string | null,
  row: Row,
): void {
  const header = headers.get("x-elastic-key");
  if (row.key !== undefined) assert.equal(header, row.key);
  if (header === null) {
    assert.ok(!OF_ONE_KEY.has(code) || row.give === undefined || "" in row.give, `${code} names no key`);
    return;
  }
  assert.equal(status, 400);
  const isGiven = Object.hasOwn(row.give ?? {}, decodeURIComponent(header));
  assert.ok(isGiven || code === "key_required" || code === "inconsistent_configuration", header);
}

/** It is among those that the command says that it can end in; of what is no command, among those of all. */
function assertDeclared(code: string | null, url: string): void {
  if (code === null) return;
  const command = COMMANDS.find(({ path }) => expandPath(path).some((words) => matchesPath(words, url)));
  const declared: ReadonlySet<string> =
    command === undefined ? new Set(ERRORS_OF_ALL) : errorsOfCommand(command);
  assert.ok(declared.has(code), `${command?.path ?? url} ends in ${code}, which it does not declare`);
}

function encode(give: Readonly<Record<string, InputValue>>, type: ContentType): string {
  if (type === "application/json") return JSON.stringify(give);
  return Object.entries(give)
    .map(([key, value]) => `${key} ${Array.isArray(value) ? value.join(" ") : (value ?? "")}\n`)
    .join("");
}

function decode(text: string, type: ContentType): Record<string, unknown> {
  if (type === "application/json") return JSON.parse(text) as Record<string, unknown>;
  return Object.fromEntries(
    text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => [line.slice(0, line.indexOf(" ")), line.slice(line.indexOf(" ") + 1)]),
  );
}
