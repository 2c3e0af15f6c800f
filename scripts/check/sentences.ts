/**
 * Checks the sentences of the errors that a caller is answered: nothing of another error, and no name of a file, is put
 * into one, since those tell of the machine. What led to an error is its cause, which the log shows and no answer. Exits
 * with 1, naming each place.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Expression, parseSync, type TemplateLiteral, Visitor } from "oxc-parser";
import * as errors from "../../src/base/errors.ts";

const ROOT = join(import.meta.dirname, "../..");

/** What commands of the API are made of; an operator's own errors name files, and are to. */
const FILES =
  "src/{api,base,download,drives,host,hosts,http,operations,placement,resources,servers,store}/**/*.ts";

/** What may stand there, with why. */
const ALLOWED: ReadonlySet<string> = new Set([
  // An operator alone is told.
  "src/host/qemu/dump.ts: data.error",
  "src/store/postgres/database-url.ts: (cause as Error).message",
  "src/http/tls-files.ts: error.message",
  "src/base/file-lock.ts: file",
  "src/store/open.ts: dir",
  "src/store/open.ts: file",
  "src/store/sqlite/damage.ts: file",
  "src/store/sqlite/backup.ts: file",
  "src/store/sqlite/backup.ts: (cause as Error).message",
  // Words of zlib and of node:http's parser, which know the caller's bytes alone.
  "src/host/volumes/convert.ts: error.message",
  "src/http/body/gzip.ts: error.message",
  "src/http/malformed-http.ts: message",
  // Sentences of our own: that there is no room, what is under way on an object, and how a source was lost.
  "src/host/volumes/copy-jobs.ts: error.message",
  "src/http/serve.ts: error.message",
  "src/operations/worker.ts: message",
]);

const MAKERS: ReadonlySet<string> = new Set(Object.keys(errors));

/** How what may tell of the machine is called. */
const INNER =
  /(message|stack|reason|cause|error|stderr|said|complaint|path|file|folder|dir|socket|pid|home)$/i;

/**
 * What of a file's sentences may tell of the machine, expression by expression: of what errors are made with, and of what is
 * called `sentence` before that.
 */
export function innerWords(file: string, text: string): string[] {
  const {
    program,
    errors: [malformed],
  } = parseSync(file, text);
  if (malformed !== undefined) throw new Error(`${file}: ${malformed.message}`);
  const found: string[] = [];
  const look = (sentence: Expression) => {
    if (sentence.type === "TemplateLiteral") for (const part of sentence.expressions) judge(part);
    else if (sentence.type === "BinaryExpression")
      for (const part of [sentence.left, sentence.right]) look(part as Expression);
    else judge(sentence);
  };
  const judge = (part: Expression) => {
    const words = text.slice(part.start, part.end);
    const isInner = part.type === "CallExpression" ? words.startsWith("String(") : INNER.test(words);
    if (isInner) found.push(words);
  };
  const made = ({ callee, arguments: given }: { callee: Expression; arguments: readonly unknown[] }) => {
    if (callee.type !== "Identifier" || !MAKERS.has(callee.name)) return;
    for (const one of (given as Expression[]).slice(0, 2)) if (isSentence(one)) look(one);
  };
  new Visitor({
    CallExpression: made,
    NewExpression: made,
    VariableDeclarator({ id, init }) {
      if (id.type === "Identifier" && id.name === "sentence" && init !== null) look(init);
    },
  }).visit(program);
  return found;
}

const isSentence = (one: Expression): one is TemplateLiteral =>
  ["TemplateLiteral", "BinaryExpression", "MemberExpression", "CallExpression"].includes(one.type);

/** Each place in what commands are made of where a sentence may tell of the machine, and is not allowed to. */
export function faults(): string[] {
  const files = globSync(FILES, { cwd: ROOT, exclude: ["**/*.test.ts"] }).sort();
  return files
    .flatMap((file) =>
      innerWords(file, readFileSync(join(ROOT, file), "utf8")).map((words) => `${file}: ${words}`),
    )
    .filter((fault) => !ALLOWED.has(fault));
}

if (import.meta.main) {
  for (const fault of faults()) {
    console.log(`${fault} is in a sentence that is answered`);
    process.exitCode = 1;
  }
}
