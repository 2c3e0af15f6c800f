/** `elastichosts`: one call of the API, its words given as arguments (spec: the worked example). */
import { open } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { pathOfText } from "../terminal/byte-text.ts";
import { writeOut } from "../terminal/outputs.ts";
import { ownWords } from "../terminal/words.ts";
import { expectSuccess, returnedBy } from "./answer.ts";
import { findEndpoint } from "./endpoint.ts";
import { runTool, UsageFailure } from "./failure.ts";
import { ENVIRONMENT_HELP, readOptions } from "./options.ts";
import { type Body, send, urlOf } from "./request.ts";

const HELP = `Usage: elastichosts [-c | -f FILE] [-j] [-v] WORD...

Calls the API: the words, joined by slashes, are the command. Prints what it answers.

  -c         send standard input
  -f FILE    send a file
  -j         send and print JSON instead of text
  -v         show on standard error what goes over the wire, without the secret
  --help     this text

${ENVIRONMENT_HELP}

Examples:
  elastichosts drives list
  echo "name Renamed" | elastichosts -c drives DRIVE set
  elastichosts -f image.raw drives DRIVE write
`;

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = readOptions(args, {
    input: { type: "boolean", short: "c" },
    file: { type: "string", short: "f" },
    json: { type: "boolean", short: "j" },
    verbose: { type: "boolean", short: "v" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return void process.stdout.write(HELP);
  if (positionals.length === 0) throw new UsageFailure("no command was given");
  if (values.input && values.file !== undefined) throw new UsageFailure("-c and -f exclude each other");

  const endpoint = await findEndpoint();
  const body = values.input
    ? await inputBody()
    : values.file === undefined
      ? null
      : await fileBody(values.file);
  const headers = headersOf(body !== null, values.json ?? false);
  const say = (line: string) => values.verbose && process.stderr.write(`${line}\n`);

  const url = urlOf(endpoint, positionals);
  say(`> POST ${url.pathname}${url.search} HTTP/1.1`);
  say(`> Host: ${url.host}`);
  say("> Authorization: Basic (not shown)");
  for (const [name, value] of Object.entries(headers)) say(`> ${name}: ${value}`);
  say(`> Content-Length: ${body?.lengthBytes ?? 0}`);
  const answer = await send(endpoint, { words: positionals, headers, ...(body === null ? {} : { body }) });
  say(`< HTTP/${answer.httpVersion} ${answer.statusCode} ${answer.statusMessage}`);
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    say(`< ${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`);
  }
  await expectSuccess(answer, url, returnedBy(positionals));
  for await (const piece of answer) await writeOut(piece);
}

/** The original tool's headers: it names a type of input on every call, even where nothing is sent. */
function headersOf(sends: boolean, json: boolean): Record<string, string> {
  if (json) return { "Content-Type": "application/json", Accept: "application/json" };
  return {
    "Content-Type": sends ? "application/octet-stream" : "application/x-www-form-urlencoded",
    Accept: "*/*",
  };
}

/** Standard input, read to its end first, since its length must be sent. */
async function inputBody(): Promise<Body> {
  const content = await buffer(process.stdin);
  return { content, lengthBytes: content.length };
}

/** A file, sent as it is read; what is no regular file, such as a named pipe, is read to its end first. */
async function fileBody(file: string): Promise<Body> {
  const handle = await open(pathOfText(file));
  const stat = await handle.stat();
  if (stat.isFile() && stat.size > 0) {
    // A file that grows meanwhile is sent as long as it was.
    return { content: handle.createReadStream({ end: stat.size - 1 }), lengthBytes: stat.size };
  }
  const content = await buffer(handle.createReadStream());
  return { content, lengthBytes: content.length };
}

await runTool("elastichosts", "result", () => main(ownWords()));
