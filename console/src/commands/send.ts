/** Asking the API what somebody wrote, and what it answers as it came. */
import { connection } from "../api/connection.ts";
import { Unreachable } from "../api/errors.ts";

export type Question = {
  readonly path: string;
  readonly isReading: boolean;
  readonly body: string | Blob | null;
  /** Whether bytes are wanted. */
  readonly returnsBytes: boolean;
};

export type Answer = {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly tookMs: number;
  /** Its text, or the first of it. */
  readonly text: string;
  readonly isWhole: boolean;
  readonly bytes: Blob | null;
};

/** Headers that say something to whoever asked. */
const SHOWN = [
  "Content-Type",
  "Content-Length",
  "Location",
  "Retry-After",
  "X-Elastic-Output",
  "X-Elastic-Error",
  "X-Elastic-Key",
  "X-Lodge-Error",
  "X-Request-Id",
];

/** How much of a text is shown; more than anybody reads. */
const MOST_SHOWN = 100_000;

/** Errors: `Unreachable`. */
export async function send(question: Question, signal: AbortSignal): Promise<Answer> {
  const { path, isReading, body, returnsBytes } = question;
  const startMs = performance.now();
  let response: Response;
  try {
    response = await fetch(`/${path}`, {
      method: isReading ? "GET" : "POST",
      headers: {
        Accept: returnsBytes ? "application/octet-stream" : "application/json",
        "Content-Type": body instanceof Blob ? "application/octet-stream" : "application/json",
      },
      ...(body === null ? {} : { body }),
      signal,
    });
  } catch (error) {
    if (signal.aborted) throw error;
    connection.lost();
    throw new Unreachable();
  }
  connection.found();
  const { status, headers } = response;
  const isBytes = response.ok && returnsBytes;
  const bytes = isBytes ? await response.blob() : null;
  const { text, isWhole } = isBytes ? { text: "", isWhole: true } : await firstOf(response);
  return {
    ...{ status, bytes, isWhole, tookMs: performance.now() - startMs },
    text: isWhole ? indented(text) : text,
    headers: SHOWN.flatMap((name) => {
      const value = headers.get(name);
      return value === null ? [] : [[name, value] as const];
    }),
  };
}

/** The text as far as it is shown. What is cut, or goes on without end until it is stopped, is told as it stands then. */
async function firstOf({ body }: Response): Promise<{ text: string; isWhole: boolean }> {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  try {
    for (;;) {
      const piece = await reader?.read();
      if (piece === undefined || piece.done) return { text, isWhole: true };
      text += piece.value;
      if (text.length < MOST_SHOWN) continue;
      await reader?.cancel();
      return { text: text.slice(0, MOST_SHOWN), isWhole: false };
    }
  } catch {
    return { text, isWhole: false };
  }
}

function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
