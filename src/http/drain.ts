/**
 * How a server is stopped: requests under way go on to their ends, within a limit, and those that come meanwhile are
 * refused, to be tried again. A request is under way until its answer is with the system and nothing of it is still to
 * come: a connection that is closed before that may lose the answer (RFC 9112, 9.6).
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { withinOr } from "../base/deadline.ts";
import { LodgeError } from "../base/errors.ts";
import { drain, hasBody } from "./body/body.ts";
import type { PaceLimits } from "./body/pace.ts";
import { exchangeOf } from "./exchange.ts";
import { answerError } from "./respond.ts";
import { ensureTaken } from "./taking.ts";

export class Drain {
  readonly #pace: PaceLimits;
  readonly #idle = Promise.withResolvers<void>();
  #isDraining = false;
  #underWay = 0;

  constructor(pace: PaceLimits) {
    this.#pace = pace;
  }

  /** How many requests are waited for. */
  get underWay(): number {
    return this.#underWay;
  }

  /** The same listener, until `drain` is called: from then on it refuses. */
  guard(serve: RequestListener): RequestListener {
    return (request, response) => {
      if (this.#isDraining) this.#refuse(request, response);
      else serve(request, response);
    };
  }

  /**
   * Answers once no request is under way, or the time is over; none begins from now on.
   *
   * @param current answers to requests that were served, of which some may be over
   */
  async drain(current: Iterable<ServerResponse>, withinMs: number): Promise<void> {
    if (!this.#isDraining) {
      this.#isDraining = true;
      for (const response of current) {
        if (!response.headersSent && response.req.complete) response.setHeader("Connection", "close");
        this.#count(response);
      }
      if (this.#underWay === 0) this.#idle.resolve();
    }
    await withinOr(withinMs, this.#idle.promise, () => {});
  }

  #refuse(request: IncomingMessage, response: ServerResponse): void {
    // Behind a body the connection is ended when that has come: its caller would lose the answer.
    if (!hasBody(request)) response.setHeader("Connection", "close");
    const sentence = "the cloud is being stopped: try it again shortly";
    answerError(exchangeOf(request, response), new LodgeError("system", sentence, { code: "stopping" }));
    ensureTaken(response, this.#pace);
    drain(request);
    this.#count(response);
  }

  #count(response: ServerResponse): void {
    if (isOver(response)) return;
    this.#underWay++;
    // In a microtask: what waits behind it on its connection has its turn before.
    void untilOver(response).then(() => {
      this.#underWay--;
      if (this.#underWay === 0) this.#idle.resolve();
    });
  }
}

const isOver = ({ writableFinished, req }: ServerResponse) =>
  req.socket.destroyed || (writableFinished && req.complete);

function untilOver(response: ServerResponse): Promise<void> {
  const { req } = response;
  return new Promise((resolve) => {
    const look = () => {
      if (isOver(response)) resolve();
    };
    response.once("close", look);
    req.once("close", look);
    // Neither is told of it where the answer is through and the body is not.
    req.socket.once("close", () => resolve());
  });
}
