/**
 * One attempt to tell a hook something: a POST, of which a status of 2xx is success. A redirect is not followed: it is no
 * success. Of the answer so much is read and no more, and the whole of it has a deadline, so that no hook keeps anything.
 */
import type { IncomingMessage, RequestOptions } from "node:http";
import { DeadlineExceeded } from "../base/deadline.ts";
import { sentenceOf } from "../base/errors.ts";
import { lookupHost } from "../base/lookup.ts";
import { http, https } from "../base/node-http.ts";

/** How long one attempt takes at most. */
const ATTEMPT_MS = 10_000;
/** How much of an answer is read. */
export const MOST_ANSWER_BYTES = 64 * 1024;

export type Post = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
};

/** What came of it: the status that was answered, or why there was none; `error` is empty where the hook took it. */
export type Outcome = { readonly status: number | null; readonly error: string };

/** @param stopping ends the attempt, whose outcome is then nobody's. Errors: none. */
export async function post(
  { url, headers, body }: Post,
  stopping: AbortSignal,
  attemptMs: number = ATTEMPT_MS,
): Promise<Outcome> {
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(new DeadlineExceeded("the hook's answer", attemptMs)), attemptMs);
  const signal = AbortSignal.any([late.signal, stopping]);
  try {
    const answer = await send(url, headers, body, signal);
    await readSome(answer);
    const { statusCode: status = 0 } = answer;
    return { status, error: isTaken(status) ? "" : `it answered ${status}` };
  } catch (error) {
    return { status: null, error: sentenceOf(late.signal.aborted ? late.signal.reason : error) };
  } finally {
    clearTimeout(timer);
  }
}

export const isTaken = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

function send(
  url: string,
  headers: Post["headers"],
  body: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const content = Buffer.from(body);
  const options: RequestOptions = {
    ...{ method: "POST", signal, agent: false, lookup: lookupHost },
    headers: { ...headers, "Content-Length": content.length, Connection: "close" },
  };
  return new Promise((resolve, reject) => {
    const request = (url.startsWith("https:") ? https() : http).request(url, options);
    request.on("response", resolve);
    // Also what comes after the answer has begun: it changes nothing any more.
    request.on("error", reject);
    request.end(content);
  });
}

/** Lets the hook finish what it says, so much of it; settles however that ends, as the status is known. */
function readSome(answer: IncomingMessage): Promise<void> {
  return new Promise((resolve) => {
    let bytes = 0;
    answer.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_ANSWER_BYTES) answer.destroy();
    });
    answer.on("error", () => {});
    answer.on("close", resolve);
  });
}
