/** The body of a request as a stream of bytes, asked for when it is first read (spec: Write binary data to a drive). */
import type { IncomingMessage, ServerResponse } from "node:http";
import { finished } from "node:stream";
import type { Bytes } from "../../api/command.ts";
import { type LodgeError, usage } from "../../base/errors.ts";
import { hasBody } from "./body.ts";
import { PACE, Pace, type PaceLimits } from "./pace.ts";

const END: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The body as it comes, not decoded, straight from node:http. Nothing is read, and a caller that expects `100 Continue`
 * is not told to go on, before the first chunk is asked for. Leaving off early leaves the rest unread and the connection
 * whole. To be iterated once.
 *
 * Errors: `usage` when the caller hangs up, is silent for too long, or gives too little on the whole.
 */
export class Content implements Bytes, AsyncIterator<Uint8Array> {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #limits: PaceLimits;
  readonly #pace: Pace;
  /** What undoes the listening to the request; undefined before the first chunk is asked for. */
  #stopListening: (() => void) | undefined;
  #state: "open" | "ended" | "cut off" | "too slow" = "open";
  #cause: unknown;
  /** Wakes the one `next` that waits for the caller. */
  #wake: (() => void) | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, limits = PACE) {
    this.#request = request;
    this.#response = response;
    this.#limits = limits;
    this.#pace = new Pace(limits);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#stopListening === undefined) this.#listen();
    for (;;) {
      const chunk: Uint8Array | null = this.#state === "cut off" ? null : this.#request.read();
      if (chunk !== null) {
        this.#pace.moved(chunk.byteLength);
        return { done: false, value: chunk };
      }
      if (this.#state !== "open") break;
      await this.#silence();
    }
    this.#stopListening?.();
    if (this.#state === "ended") return END;
    if (this.#state === "too slow") throw this.#tooSlow();
    throw usage("body_cut_off", "the connection ended before the whole body had come", {
      cause: this.#cause,
    });
  }

  async return(): Promise<IteratorReturnResult<undefined>> {
    this.#state = "ended";
    this.#stopListening?.();
    return END;
  }

  #listen(): void {
    const request = this.#request;
    if (!hasBody(request)) {
      this.#state = "ended";
      this.#stopListening = () => {};
      return;
    }
    if (expectsContinue(request)) this.#response.writeContinue();
    const wake = () => this.#wake?.();
    const forget = finished(request, { writable: false }, (error) => {
      this.#state = error ? "cut off" : "ended";
      this.#cause = error;
      wake();
    });
    request.on("readable", wake);
    this.#stopListening = () => {
      forget();
      request.off("readable", wake);
    };
  }

  /** Waits for more, or the end. */
  async #silence(): Promise<void> {
    const more = new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    const withinMs = Math.min(this.#limits.silenceMs, this.#pace.leftMs);
    await this.#pace.wait(more, withinMs, () => {
      this.#state = "too slow";
      this.#wake?.();
    });
    this.#wake = undefined;
  }

  /** The rest is not waited for: the connection ends with the answer (RFC 9110, 15.5.9). */
  #tooSlow(): LodgeError {
    if (!this.#response.headersSent) this.#response.setHeader("Connection", "close");
    const { silenceMs, floorBytesPerSecond } = this.#limits;
    return usage(
      "body_timeout",
      `the body came too slowly: nothing for ${silenceMs} ms, or under ${floorBytesPerSecond} bytes a second on the whole`,
    );
  }
}

/** The token as node:http recognises it; HTTP/1.0 has no such thing (RFC 9110, section 10.1.1). */
function expectsContinue({ headers, httpVersion }: IncomingMessage): boolean {
  return httpVersion === "1.1" && /(?:^|\W)100-continue(?:$|\W)/i.test(headers.expect ?? "");
}
