/** What an image's content comes from: a file, or a URL, whose bytes can be had from any offset on. */
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import { failed, usage } from "../base/errors.ts";
import { plainUrl } from "../base/plain-url.ts";
import {
  AS_IT_IS,
  contentRange,
  type Headers as HeadersOf,
  lengthOf,
  restHeaders,
  validatorOf,
} from "../download/content.ts";

const READ_BYTES = 2 ** 20;

/** What an earlier import got from somewhere: its first bytes. */
export type Earlier = {
  /** As `Content.source` was. */
  readonly source: string;
  readonly offset: number;
};

export type SourceContent = {
  /** Identifies this content; null when nothing does, and an interrupted import starts again. */
  readonly source: string | null;
  readonly totalBytes: number;
  /** Where `bytes` begin: at the earlier import's offset when it is the same content, else at 0. */
  readonly offset: number;
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Closes it, read or not. */
  drop(): Promise<void>;
};

/**
 * Opens it, and closes it when the signal aborts. Errors: `usage` when there is no such file or URL; `failed` when it
 * cannot be read.
 */
export function openSource(
  from: string,
  earlier: Earlier | null,
  signal: AbortSignal,
): Promise<SourceContent> {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(from)
    ? openUrl(from, earlier, signal)
    : openFile(from, earlier, signal);
}

async function openFile(name: string, earlier: Earlier | null, signal: AbortSignal): Promise<SourceContent> {
  const path = await realpath(name).catch((error: Error) => {
    throw usage(`${name} cannot be read: ${error.message}`, { cause: error });
  });
  const found = await stat(path);
  if (!found.isFile()) throw usage(`${name} is not a file`);
  const source = `${path} ${found.size} ${found.mtimeMs}`;
  const offset = earlier?.source === source ? earlier.offset : 0;
  return {
    source,
    totalBytes: found.size,
    offset,
    bytes: piecesOf(path, offset, found.size, signal),
    async drop() {},
  };
}

/** The stream is opened when it is first read from: until then there is nothing to close. */
async function* piecesOf(
  path: string,
  start: number,
  endBytes: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { start, end: endBytes - 1, highWaterMark: READ_BYTES, signal });
}

async function openUrl(text: string, earlier: Earlier | null, signal: AbortSignal): Promise<SourceContent> {
  const url = plainUrl(text);
  if (url === null) throw usage("that is not a URL of http or https, or one with a password in it");
  const known = earlier === null ? null : validatorIn(earlier.source, url);
  const response = await request(url, known, earlier, signal);
  const header: HeadersOf = (name) => response.headers.get(name);
  const range = response.status === 206 ? contentRange(header) : null;
  if (!response.ok || (response.status === 206 && range?.start !== earlier?.offset)) {
    await response.body?.cancel();
    throw failed(`${url.href} answers ${response.status} ${response.statusText}`.trimEnd());
  }
  const totalBytes = range?.total ?? lengthOf(header);
  if (totalBytes === null) {
    await response.body?.cancel();
    throw failed(`${url.href} does not say how long it is, or sends it encoded: fetch it into a file first`);
  }
  const validator = validatorOf(header);
  return {
    source: validator === null ? null : sourceOf(url, validator),
    totalBytes,
    offset: range?.start ?? 0,
    bytes: received(url, response),
    async drop() {
      if (!response.bodyUsed) await response.body?.cancel();
    },
  };
}

/** Asks for what is behind the earlier bytes, provided that the content is the same still. */
async function request(
  url: URL,
  validator: string | null,
  earlier: Earlier | null,
  signal: AbortSignal,
): Promise<Response> {
  const isWanted = validator !== null && earlier !== null && earlier.offset > 0;
  const headers = { ...AS_IT_IS, ...(isWanted ? restHeaders(earlier.offset, validator) : {}) };
  return fetch(url, { headers, signal }).catch((error: unknown) => {
    throw unread(url, error);
  });
}

async function* received(url: URL, { body }: Response): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    yield* body;
  } catch (error) {
    throw unread(url, error);
  }
}

function unread(url: URL, error: unknown) {
  // What fetch throws says little; why is in its cause.
  const { message, cause } = error as Error;
  return failed(`${url.href} cannot be read: ${cause instanceof Error ? cause.message : message}`, {
    cause: error,
  });
}

const sourceOf = (url: URL, validator: string) => `${url.href} ${validator}`;

/** The validator that the source named, when it was this URL's. */
const validatorIn = (source: string, url: URL) =>
  source.startsWith(`${url.href} `) ? source.slice(url.href.length + 1) : null;
