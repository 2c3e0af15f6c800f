/** Asking the API, as any page of this origin may: with the session's cookie, in JSON. */

import { actingHeaders } from "./acting.ts";
import { connection } from "./connection.ts";
import { AnsweredByOther, ApiError, isPage, Unreachable } from "./errors.ts";

export type Values = Readonly<Record<string, string | number | boolean | null>>;

/** Answers what a command that reads answers. Errors: `ApiError`, `Unreachable`, `AnsweredByOther`. */
export function read<T>(path: string, signal?: AbortSignal, headers: HeadersInit = {}): Promise<T> {
  return ask<T>(path, { method: "GET", headers, ...(signal === undefined ? {} : { signal }) });
}

/** Has a command change something. Errors: `ApiError`, `Unreachable`, `AnsweredByOther`. */
export function change<T = void>(path: string, values?: Values, headers: HeadersInit = {}): Promise<T> {
  return ask<T>(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    ...(values === undefined ? {} : { body: JSON.stringify(values) }),
  });
}

/** Sends bytes, which may be gzipped. Errors: as above. */
export function writeBytes(path: string, bytes: Blob, signal: AbortSignal, isGzipped = false): Promise<void> {
  const coding = isGzipped ? { "Content-Encoding": "gzip" } : {};
  const headers = { "Content-Type": "application/octet-stream", ...coding };
  return ask(path, { method: "POST", headers, body: bytes, signal });
}

/** Answers bytes. Errors: as above. */
export async function readBytes(path: string, signal: AbortSignal): Promise<ArrayBuffer> {
  const answer = await request(path, { method: "GET", signal }, "application/octet-stream");
  return answer.arrayBuffer();
}

/** The text of an answer as it comes. Errors: as above. */
export async function* readText(path: string, signal?: AbortSignal): AsyncGenerator<string> {
  const options = { method: "GET", ...(signal === undefined ? {} : { signal }) };
  const { body } = await request(path, options, "text/plain");
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done) return;
      yield piece.value;
    }
  } catch (error) {
    if (signal?.aborted === true) throw error;
    connection.lost();
    throw new Unreachable();
  }
}

async function ask<T>(path: string, options: RequestInit): Promise<T> {
  const answer = await request(path, options, "application/json");
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

async function request(path: string, options: RequestInit, accept: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(`/${path}`, {
      ...options,
      headers: { Accept: accept, ...actingHeaders(), ...options.headers },
    });
  } catch (error) {
    if (options.signal?.aborted === true) throw error;
    connection.lost();
    throw new Unreachable();
  }
  connection.found();
  if (!answer.ok) throw await ApiError.of(answer);
  if (isPage(answer)) throw new AnsweredByOther();
  return answer;
}
