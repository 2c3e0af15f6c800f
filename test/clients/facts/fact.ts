/**
 * A fact about what real clients do on the wire, as requests and what they have to be answered. The numbers are those
 * of the list in the specification's README.
 */
import assert from "node:assert/strict";
import { type RawAnswer, sendRaw } from "../../../testing/clients/raw.ts";
import type { Cloud } from "../../../testing/cloud.ts";
import { until } from "../../../testing/until.ts";

/** One request, exactly as it is sent, and what has to come back. Words in capitals stand for what is there by then. */
export type Exchange = {
  /** The method and the path, e.g. `POST /drives/DRIVE/info`. */
  readonly send: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly status: number;
  /** `X-Elastic-Error` */
  readonly error?: string;
  /** `Content-Type` */
  readonly type?: string;
  /** The whole body, or what is in it; a group of the pattern that has a word's name becomes that word. */
  readonly text?: string | RegExp;
  /** What must not be in the body. */
  readonly not?: RegExp;
  readonly bytes?: Buffer;
  /** Some of the members of the JSON object that is answered; undefined: absent. */
  readonly json?: Readonly<Record<string, unknown>>;
  /** Interim statuses. */
  readonly interim?: readonly number[];
  /** The client asks again and again until it is answered so. */
  readonly polls?: boolean;
};

export type Fact = {
  readonly fact: number;
  /** A true sentence. */
  readonly name: string;
  readonly exchanges: readonly Exchange[];
};

/** What stands for words; `NEW` is the object that was created last. */
export type Words = Record<string, string>;

/** The first line or member of a new object. */
const CREATED = /^(?:\{")?(?:drive|server|resource)"?[ :]"?([0-9a-f-]{36})/;

/** Sends the requests one after the other, and holds each answer against what is expected. */
export async function prove(cloud: Cloud, { exchanges }: Fact, words: Words): Promise<void> {
  const fill = (text: string) => text.replace(/\b[A-Z]{3,}\d?\b/g, (word) => words[word] ?? word);
  for (const exchange of exchanges) {
    const body = typeof exchange.body === "string" ? fill(exchange.body) : exchange.body;
    const [method = "", path = ""] = exchange.send.split(" ");
    const authorization = `Basic ${Buffer.from(cloud.auth).toString("base64")}`;
    const headers = { Authorization: authorization, ...exchange.headers };
    const ask = async () => {
      const answer = await sendRaw(cloud.url, `${method} ${fill(path)}`, headers, body);
      assertAnswer(exchange, answer, fill);
      return answer;
    };
    const answer = await (exchange.polls ? until(exchange.send, () => ask().catch(() => null)) : ask());
    const made = CREATED.exec(answer.body.toString());
    if (path.includes("/create") && made?.[1] !== undefined) words.NEW = made[1];
    const named = exchange.text instanceof RegExp ? exchange.text.exec(answer.body.toString())?.groups : {};
    Object.assign(words, named);
  }
}

function assertAnswer(expected: Exchange, answer: RawAnswer, fill: (text: string) => string): void {
  const text = answer.body.toString();
  assert.equal(answer.status, expected.status, `${expected.send}: ${text}`);
  assert.equal(answer.headers.get("x-elastic-error"), expected.error, expected.send);
  if (expected.type !== undefined) assert.equal(answer.headers.get("content-type"), expected.type);
  if (expected.status === 204) assert.equal(text, "");
  if (typeof expected.text === "string") assert.equal(text, fill(expected.text));
  else if (expected.text !== undefined) assert.match(text, expected.text);
  if (expected.not !== undefined) assert.doesNotMatch(text, expected.not);
  if (expected.bytes !== undefined) assert.deepEqual(answer.body, expected.bytes);
  if (expected.interim !== undefined) assert.deepEqual(answer.interim, expected.interim);
  if (expected.json === undefined) return;
  const object = JSON.parse(text) as Record<string, unknown>;
  for (const [key, value] of Object.entries(expected.json)) {
    if (value instanceof RegExp) assert.match(String(object[key]), value, key);
    else if (value === Number) assert.equal(typeof object[key], "number", key);
    else assert.deepEqual(object[key], typeof value === "string" ? fill(value) : value, key);
  }
}

/** The headers of curl with `--data-binary` and nothing said, which the original tool is. */
export const FORM = { "Content-Type": "application/x-www-form-urlencoded", Accept: "*/*" };
export const OCTETS = { "Content-Type": "application/octet-stream", Accept: "*/*" };
export const JSON_BOTH = { "Content-Type": "application/json", Accept: "application/json" };
export const TEXT = { "Content-Type": "text/plain", Accept: "text/plain" };
