/** The bodies of writes, with the memory and the room that each may take (spec: Write binary data to a drive). */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Body, Owner, Request } from "../../api/command.ts";
import { usage } from "../../base/errors.ts";
import { WRITE_WINDOW_BYTES } from "../../base/transfer-window.ts";
import { contentCoding } from "./body.ts";
import { Content } from "./content.ts";
import { inflateWhole, mostGzippedBytes } from "./gzip.ts";
import { type KeepDependencies, keepBody } from "./kept-body.ts";
import type { PaceLimits } from "./pace.ts";

type Exchange = { readonly request: IncomingMessage; readonly response: ServerResponse };

export class WrittenBodies {
  readonly #dependencies: KeepDependencies;
  readonly #pace: PaceLimits;

  constructor(dependencies: KeepDependencies, pace: PaceLimits) {
    this.#dependencies = dependencies;
    this.#pace = pace;
  }

  /**
   * The body of a write, which takes nothing before it is asked for. Errors: `usage`, at once, for chunked input, which the
   * specification does not support; when it is asked for, `busy` where the caller's share of memory cannot be had in time.
   */
  of({ request, response }: Exchange, caller: Owner): NonNullable<Request["body"]> {
    if (request.headers["transfer-encoding"] !== undefined) {
      throw usage(
        "chunked_body",
        "the body came chunked: a write takes a Content-Length, not Transfer-Encoding",
      );
    }
    const bytes = new Content(request, response, this.#pace);
    const lengthBytes = Number(request.headers["content-length"] ?? 0);
    const isGzipped = contentCoding(request) === "gzip" && lengthBytes > 0;
    return (mostBytes) =>
      isGzipped
        ? this.#inflated(bytes, lengthBytes, { caller, mostBytes })
        : this.#plain(bytes, lengthBytes, { caller, mostBytes });
  }

  async #plain(bytes: Content, lengthBytes: number, { caller, mostBytes }: Wanted): Promise<Body> {
    // It is refused for its length: nothing of it is taken.
    if (lengthBytes === 0 || lengthBytes > mostBytes) return { lengthBytes, bytes, release: async () => {} };
    const share = Math.min(lengthBytes, WRITE_WINDOW_BYTES);
    const giveBack = await this.#dependencies.inFlight.take(caller, share);
    return { lengthBytes, bytes, release: async () => giveBack() };
  }

  async #inflated(bytes: Content, lengthBytes: number, { caller, mostBytes }: Wanted): Promise<Body> {
    const tooLong = mostGzippedBytes(mostBytes) < lengthBytes;
    if (tooLong) return { lengthBytes: Number.POSITIVE_INFINITY, bytes, release: async () => {} };
    const kept = await keepBody(this.#dependencies, caller, lengthBytes);
    return inflateWhole(bytes, kept, mostBytes);
  }
}

/** Who wants the body, and the most that they have a use for. */
type Wanted = { readonly caller: Owner; readonly mostBytes: number };
