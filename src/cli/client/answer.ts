/** Judging an answer: success is what the command answers by the specification, and nothing else. */
import type { IncomingMessage } from "node:http";
import { giveBack } from "../../base/transfer-memory.ts";

/** What a command answers where it succeeds: no content (204), or properties or bytes (200). */
export type Returned = "nothing" | "properties" | "bytes";

/** The commands that answer no properties (spec: their rows "Returns"); the verb stands behind the words of an object. */
const RETURNED: Readonly<Record<string, Returned>> = {
  ...{ destroy: "nothing", image: "nothing", write: "nothing", read: "bytes" },
  ...{ fetch: "nothing", download: "bytes" },
  ...{ start: "nothing", stop: "nothing", shutdown: "nothing", reset: "nothing" },
  ...{ suspend: "nothing", resume: "nothing", close: "nothing", "keys set": "nothing" },
  "session end": "nothing",
  ...{ "pools remove": "nothing", "images remove": "nothing" },
};

/** How many words name an object of a noun. */
const WORDS_OF_OBJECT: Readonly<Record<string, number>> = {
  ...{
    drives: 2,
    servers: 2,
    resources: 3,
    accounts: 2,
    keys: 2,
    session: 1,
    sessions: 2,
    webhooks: 2,
    pools: 1,
    images: 1,
  },
};

/** Nouns of their own, behind the account that they are of. */
const OF_ACCOUNT: readonly string[] = ["keys", "sessions"];

/** The content types of each kind (spec: data in text/plain and application/json; raw data). */
const TYPES: Readonly<Record<Exclude<Returned, "nothing">, readonly string[]>> = {
  properties: ["text/plain", "application/json"],
  bytes: ["application/octet-stream"],
};

/** What is read of an error's sentence: more is none. */
const MOST_SENTENCE_BYTES = 4096;

/** An answer that is no success. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** What the command of these words answers, which may hold slashes of their own. */
export function returnedBy(words: readonly string[]): Returned {
  const all = words
    .join("/")
    .split(/[/?]+/)
    .filter((word) => word !== "");
  const path = all[0] === "profile" && OF_ACCOUNT.includes(all[1] ?? "") ? all.slice(1) : all;
  const noun = path[0] ?? "";
  const verb = path[WORDS_OF_OBJECT[noun] ?? path.length] ?? "";
  const known = [`${noun} ${verb}`, verb].find((each) => Object.hasOwn(RETURNED, each));
  return known === undefined ? "properties" : (RETURNED[known] ?? "properties");
}

/** Passes an answer that is the success of its command. Errors: `Refusal`; the answer is read then. */
export async function expectSuccess(answer: IncomingMessage, url: URL, returned: Returned): Promise<void> {
  const status = answer.statusCode ?? 0;
  // Content of a 204 is none, whatever its headers say.
  if (returned === "nothing" ? status === 204 : status === 200 && isOfKind(answer, returned)) return;
  const sentence = (await firstBytes(answer, MOST_SENTENCE_BYTES).catch(() => Buffer.alloc(0))).toString();
  throw new Refusal(status, status >= 400 ? errorOf(answer, sentence) : strangenessOf(answer, url, returned));
}

/** The first bytes of an answer, `most` at most; of one that is longer, the rest is not fetched. Errors: it breaks off. */
export async function firstBytes(answer: IncomingMessage, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let left = most;
  for await (const piece of answer) {
    pieces.push(piece.subarray(0, left));
    left -= piece.length;
    // Leaving the loop ends the connection.
    if (left < 0) break;
  }
  return Buffer.concat(pieces);
}

/**
 * Reads an answer into memory that is there, and answers its length; of one that does not fit, the rest is not fetched.
 *
 * Errors: it breaks off.
 */
export function readInto(answer: IncomingMessage, into: Uint8Array): Promise<number> {
  let cameBytes = 0;
  return new Promise((resolve, reject) => {
    // By events: to be asked for each of its pieces costs as much again as taking them.
    answer.on("data", (piece: Buffer) => {
      const fits = cameBytes + piece.length <= into.length;
      if (fits) into.set(piece, cameBytes);
      cameBytes += piece.length;
      giveBack(piece);
      if (fits) return;
      resolve(cameBytes);
      // This ends the connection.
      answer.destroy();
    });
    answer.once("end", () => resolve(cameBytes));
    answer.once("error", reject);
  });
}

/** Whether an answer has a type that the command answers in; one that names no type is told by what it holds. */
function isOfKind({ headers }: IncomingMessage, returned: keyof typeof TYPES): boolean {
  const type = contentType(headers);
  return type === "" || TYPES[returned].includes(type);
}

/** What an error says: its type by `X-Elastic-Error`, its sentence by its body, where that is no page for a browser. */
function errorOf({ headers, statusCode, statusMessage }: IncomingMessage, body: string): string {
  const type = String(headers["x-elastic-error"] ?? `HTTP ${statusCode} ${statusMessage ?? ""}`.trim());
  const sentence = contentType(headers) === "text/html" ? "" : body.trim();
  return sentence === "" ? type : `${type}: ${sentence}`;
}

/** What is to be said of an answer that this API does not give. */
function strangenessOf(answer: IncomingMessage, url: URL, returned: Returned): string {
  const { statusCode = 0, headers } = answer;
  const hint = "is EHURI the address of an API?";
  if (statusCode >= 300 && headers.location !== undefined) {
    const to = URL.parse(headers.location, url)?.href ?? headers.location;
    return `${url.origin} redirects to ${to} (HTTP ${statusCode}), and redirects are not followed: ${hint}`;
  }
  const what = returned === "nothing" ? "HTTP 204" : `HTTP 200 with ${returned}`;
  const type = contentType(headers);
  return `${url.origin} answered HTTP ${statusCode}${type === "" ? "" : ` with ${type}`} instead of ${what}: ${hint}`;
}

function contentType(headers: IncomingMessage["headers"]): string {
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
