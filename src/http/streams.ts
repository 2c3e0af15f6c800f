/**
 * Events on their way to those who follow them (HTML, Server-sent events). A stream has no end of its own, so how many there may
 * be is bounded: of one account, and of all, that connections are left for everybody else. Who takes nothing is cut as whoever
 * takes no answer is (taking.ts), and of what is not taken no more than one page is in memory. Each ends by itself after
 * a while, and its caller goes on where it ended: a caller who went away without a word is no burden for good.
 */
import type { Caller } from "../api/command.ts";
import type { EventStream } from "../api/event-stream.ts";
import { HOUR_MS } from "../base/durations.ts";
import { LodgeError } from "../base/errors.ts";
import { FairShares } from "../base/fair-shares.ts";
import type { Soon } from "../base/soon.ts";
import type { PaceLimits } from "./body/pace.ts";
import { eventTexts } from "./formats/events.ts";
import type { Limits } from "./limits.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import type { Reply } from "./send.ts";
import { ensureTaken, Taking } from "./taking.ts";

/** How many one account may have open. */
const MOST_OF_USER = 16;
/** How often something is sent where there is nothing to tell: less than proxies and routers wait. */
const HEARTBEAT_MS = 20_000;
const LONGEST_MS = HOUR_MS;
/** How soon a browser comes again whose stream has ended, or who was refused. */
const RETRY_MS = 2_000;
const REFUSED_RETRY_S = 30;

const HEADERS = [
  ...["Content-Type", "text/event-stream; charset=utf-8", "Cache-Control", "no-store"],
  // nginx would keep events until it has a buffer full of them.
  ...["X-Accel-Buffering", "no"],
];

type StreamLimits = PaceLimits &
  Pick<Limits, "connections"> & { readonly heartbeatMs?: number; readonly longestMs?: number };

export class Streams {
  readonly #limits: Required<StreamLimits>;
  /** By who asked, in whosever place. */
  readonly #shares: FairShares;
  readonly #open = new Set<EventStream>();
  #isClosed = false;

  /** @param limits of half of the connections at most there are streams */
  constructor(limits: StreamLimits) {
    this.#limits = { heartbeatMs: HEARTBEAT_MS, longestMs: LONGEST_MS, ...limits };
    this.#shares = new FairShares(Math.floor(limits.connections / 2) + 1);
  }

  /** How many are open. */
  get open(): number {
    return this.#open.size;
  }

  /**
   * Begins to answer what `open` tells, which goes on when this has settled. Errors: `busy`, as many are open as may be;
   * `system`, the server is being stopped; those of `open`.
   */
  async answer(
    { response, requestId }: Reply,
    { login }: Caller,
    open: () => Soon<EventStream>,
  ): Promise<void> {
    const leave = this.#enter(login.user);
    let stream: EventStream;
    try {
      stream = await open();
    } catch (error) {
      leave();
      throw error;
    }
    this.#open.add(stream);
    const over = () => {
      stream.end();
      this.#open.delete(stream);
      leave();
    };
    if (response.destroyed) {
      over();
      return;
    }
    response.once("close", over);
    response.writeHead(200, [...HEADERS, REQUEST_ID_HEADER, requestId]);
    if (response.req.method === "HEAD") response.end();
    else void this.#carry(response, stream);
    if (this.#isClosed) stream.end();
  }

  /** Ends all of them; none begins from now on. */
  close(): void {
    this.#isClosed = true;
    for (const stream of this.#open) stream.end();
  }

  #enter(user: string): () => void {
    if (this.#isClosed) {
      throw new LodgeError("system", "the cloud is being stopped: try it again shortly", {
        code: "stopping",
      });
    }
    const held = this.#shares.heldBy(user);
    const leave = held < MOST_OF_USER ? this.#shares.tryTake(user, 1) : null;
    if (leave !== null) return leave;
    const sentence =
      held === 0
        ? "as many streams of changes are open as this cloud has room for: come again later"
        : `you have ${held} streams of changes open, and may have no more now: end one`;
    throw new LodgeError("busy", sentence, { code: "too_many_streams", retryAfterS: REFUSED_RETRY_S });
  }

  async #carry(response: Reply["response"], stream: EventStream): Promise<void> {
    const { heartbeatMs, longestMs } = this.#limits;
    const taking = new Taking(response, this.#limits);
    const untilMs = performance.now() + longestMs;
    try {
      await taking.write(Buffer.from(`retry: ${RETRY_MS}\n\n`));
      while (performance.now() < untilMs) {
        const events = await stream.next(heartbeatMs);
        if (events === null) break;
        await taking.write(Buffer.from(eventTexts(events)));
      }
      response.end();
      ensureTaken(response, this.#limits);
    } catch {
      // Whoever did not take it has gone, and there is nobody to tell.
      response.destroy();
    }
  }
}
