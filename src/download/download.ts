/**
 * A download: a URL's content as it comes, through redirects and broken connections, within bounds of time, rate and length.
 * Whoever sends it may be hostile, and so may whoever named the URL.
 */
import type { IncomingMessage } from "node:http";
import { within } from "../base/deadline.ts";
import { DAY_MS, HOUR_MS } from "../base/durations.ts";
import { full, usage } from "../base/errors.ts";
import { plainUrl } from "../base/plain-url.ts";
import { type AskOptions, ask, lost, originOf, SourceLost } from "./ask.ts";
import { contentRange, type Headers, isEncoded, lengthOf, restHeaders, validatorOf } from "./content.ts";

const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 5;
/** How often it is gone on with where a connection broke off. */
const MOST_RESUMES = 10;
/** Answers that pass: too many at once, or a fault of the server's. */
const isPassing = (status: number): boolean => status === 429 || status >= 500;

export type DownloadBounds = Omit<AskOptions, "judge" | "find"> & {
  /** How long nothing may come. */
  readonly idleMs: number;
  /** The least that comes in a second, over so long of waiting for it. */
  readonly floorBytesPerSecond: number;
  readonly floorMs: number;
  /** How long all of it may take. */
  readonly wholeMs: number;
};

const BOUNDS: DownloadBounds = {
  ...{ connectMs: 20_000, answerMs: 30_000, idleMs: 30_000 },
  ...{ floorBytesPerSecond: 64 * 1024, floorMs: 60_000 },
  wholeMs: DAY_MS,
};

export type DownloaderOptions = Pick<AskOptions, "judge" | "find"> & {
  readonly bounds?: Partial<DownloadBounds>;
};

export type Wanted = {
  readonly url: string;
  /** How long the content may be. */
  readonly mostBytes: number;
  readonly signal: AbortSignal;
};

export type Downloaded = {
  /** Null where the server does not say it. */
  readonly totalBytes: number | null;
  /** To be iterated once; each chunk is the iterator's to keep. */
  readonly bytes: AsyncIterable<Uint8Array>;
};

/** Downloads contents. */
export class Downloader {
  readonly #asking: AskOptions;
  readonly #bounds: DownloadBounds;

  constructor({ bounds, ...options }: DownloaderOptions) {
    this.#bounds = { ...BOUNDS, ...bounds };
    this.#asking = { ...options, ...this.#bounds };
  }

  /**
   * Begins a download, and lets `take` have it. Errors: `take`'s; `usage`, it is not to be had from
   * there; `full`, it is too long; SourceLost, it may be had another time.
   */
  async download<T>(
    { url, mostBytes, signal }: Wanted,
    take: (content: Downloaded) => Promise<T>,
  ): Promise<T> {
    const from = plainUrl(url);
    if (from === null)
      throw usage("malformed_value", "what is fetched is a URL of http or https without credentials");
    const late = new AbortController();
    const { wholeMs } = this.#bounds;
    const timer = setTimeout(() => late.abort(tooLong(from, wholeMs)), wholeMs);
    const transfer = new Transfer(from, {
      ...{ asking: this.#asking, bounds: this.#bounds, mostBytes },
      signal: AbortSignal.any([signal, late.signal]),
    });
    try {
      return await take(await transfer.begin());
    } catch (error) {
      signal.throwIfAborted();
      late.signal.throwIfAborted();
      throw error;
    } finally {
      clearTimeout(timer);
      transfer.drop();
    }
  }
}

const tooLong = (url: URL, ms: number) =>
  usage(`the download from ${originOf(url)} took longer than ${ms / HOUR_MS} hours`);

type TransferOptions = {
  readonly asking: AskOptions;
  readonly bounds: DownloadBounds;
  readonly mostBytes: number;
  readonly signal: AbortSignal;
};

/** One download, over its connections. */
class Transfer {
  readonly #url: URL;
  readonly #options: TransferOptions;
  readonly #pace: Pace;
  #answer: IncomingMessage | null = null;
  #doneBytes = 0;

  constructor(url: URL, options: TransferOptions) {
    this.#url = url;
    this.#options = options;
    this.#pace = new Pace(originOf(url), options.bounds);
  }

  async begin(): Promise<Downloaded> {
    const answer = await this.#ask({});
    const header = headersOf(answer);
    if (answer.statusCode !== 200) throw this.#refused(answer);
    const totalBytes = lengthOf(header);
    const { mostBytes } = this.#options;
    if (totalBytes !== null && totalBytes > mostBytes)
      throw full(`the content has ${totalBytes} bytes, and the drive ${mostBytes}`);
    return { totalBytes, bytes: this.#bytes(answer, validatorOf(header), totalBytes) };
  }

  /** Closes the connection, if there is one. */
  drop(): void {
    // What is told of it then is nobody's any more.
    this.#answer?.on("error", () => {}).destroy();
  }

  async *#bytes(
    first: IncomingMessage,
    validator: string | null,
    totalBytes: number | null,
  ): AsyncGenerator<Uint8Array> {
    let answer = first;
    for (let resumes = 0; ; resumes++) {
      try {
        yield* this.#received(answer);
        return;
      } catch (error) {
        this.#options.signal.throwIfAborted();
        const reason = lost(this.#url, error);
        if (!(reason instanceof SourceLost) || validator === null || resumes === MOST_RESUMES) throw reason;
        answer = await this.#resumed(validator, totalBytes);
      }
    }
  }

  /** What is behind the bytes that came. Errors: SourceLost, the server does not go on there. */
  async #resumed(validator: string, totalBytes: number | null): Promise<IncomingMessage> {
    const answer = await this.#pace.waiting(this.#ask(restHeaders(this.#doneBytes, validator)));
    if (answer.statusCode !== 200 && answer.statusCode !== 206) throw this.#refused(answer);
    const range = answer.statusCode === 206 ? contentRange(headersOf(answer)) : null;
    const isSame = range?.start === this.#doneBytes && (totalBytes === null || range.total === totalBytes);
    if (isSame) return answer;
    throw new SourceLost(`${originOf(this.#url)} broke off, and does not go on where it did`);
  }

  /** The answer behind all redirects, of which each is judged as the first URL is. */
  async #ask(headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
    let url = this.#url;
    for (let redirects = 0; ; redirects++) {
      this.drop();
      const { asking, signal } = this.#options;
      this.#answer = await ask(url, headers, signal, asking);
      const { statusCode = 0 } = this.#answer;
      if (!REDIRECTS.includes(statusCode)) {
        if (isEncoded(headersOf(this.#answer)))
          throw usage(`${originOf(url)} sends the content encoded, which was not asked for`);
        return this.#answer;
      }
      if (redirects === MOST_REDIRECTS)
        throw usage(`${originOf(this.#url)} leads on more than ${MOST_REDIRECTS} times`);
      url = next(url, headersOf(this.#answer)("location"));
    }
  }

  async *#received(answer: IncomingMessage): AsyncGenerator<Uint8Array> {
    const { idleMs } = this.#options.bounds;
    const chunks: AsyncIterator<Buffer> = answer[Symbol.asyncIterator]();
    for (;;) {
      const more = within(idleMs, `more from ${originOf(this.#url)}`, chunks.next());
      const { done, value } = await this.#pace.waiting(more);
      if (done) return;
      this.#pace.came(value.length);
      this.#doneBytes += value.length;
      yield value;
    }
  }

  #refused({ statusCode = 0 }: IncomingMessage): Error {
    const sentence = `${originOf(this.#url)} answers ${statusCode}`;
    return isPassing(statusCode) ? new SourceLost(sentence) : usage(sentence);
  }
}

/** Where a redirect leads. Errors: `usage`, to nothing that is fetched, or from https to http. */
function next(url: URL, location: string | null): URL {
  const text = location !== null && URL.canParse(location, url) ? new URL(location, url).href : "";
  const to = plainUrl(text);
  if (to === null) throw usage(`${originOf(url)} leads to what is not fetched`);
  if (url.protocol === "https:" && to.protocol === "http:")
    throw usage(`${originOf(url)} leads from https to http`);
  return to;
}

const headersOf = ({ headers }: IncomingMessage): Headers => {
  return (name) => {
    const value = headers[name];
    return typeof value === "string" ? value : null;
  };
};

/** How fast it comes, as far as it is waited for: a disk that is slow is not the sender's fault. */
class Pace {
  readonly #origin: string;
  readonly #bounds: DownloadBounds;
  #waitedMs = 0;
  #bytes = 0;

  constructor(origin: string, bounds: DownloadBounds) {
    this.#origin = origin;
    this.#bounds = bounds;
  }

  came(bytes: number): void {
    this.#bytes += bytes;
  }

  /** What the work answers, for as long as which is waited. Errors: the work's; `usage`, it comes too slowly. */
  async waiting<T>(work: Promise<T>): Promise<T> {
    const beganAt = performance.now();
    try {
      return await work;
    } finally {
      this.#waitedMs += performance.now() - beganAt;
      this.#judge();
    }
  }

  #judge(): void {
    const { floorBytesPerSecond, floorMs } = this.#bounds;
    if (this.#waitedMs < floorMs) return;
    const isSlow = this.#bytes < (floorBytesPerSecond * this.#waitedMs) / 1000;
    this.#waitedMs = 0;
    this.#bytes = 0;
    if (isSlow) throw usage(`${this.#origin} sends less than ${floorBytesPerSecond} bytes a second`);
  }
}
