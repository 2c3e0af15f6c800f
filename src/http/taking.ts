/** An answer of many bytes on its way to a caller who may take it slowly, or not at all. */
import type { ServerResponse } from "node:http";
import { usage } from "../base/errors.ts";
import { Pace, type PaceLimits } from "./body/pace.ts";

/**
 * Writes an answer's bytes piece by piece, each only once the one before is with the system. A caller who takes nothing
 * for too long, or too little on the whole, is cut.
 *
 * Errors of all: `usage` when the connection has ended.
 */
export class Taking {
  readonly #response: ServerResponse;
  readonly #limits: PaceLimits;
  readonly #pace: Pace;
  #wake = () => {};

  constructor(response: ServerResponse, limits: PaceLimits) {
    this.#response = response;
    this.#limits = limits;
    this.#pace = new Pace(limits);
    response.on("timeout", () => cut(response)).once("close", () => this.#wake());
  }

  /** Answers when the bytes are with the system: their memory is free. */
  async write(bytes: Uint8Array): Promise<void> {
    const response = this.#response;
    this.#ensureOpen();
    const { socket } = response;
    // node:http sees what moves within a piece, and ends the connection where nothing does.
    socket?.setTimeout(this.#limits.silenceMs);
    this.#pace.moved(bytes.byteLength);
    const taken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      response.write(bytes, () => resolve());
    });
    await this.#pace.wait(taken, this.#pace.leftMs, () => cut(this.#response));
    socket?.setTimeout(0);
    this.#ensureOpen();
  }

  #ensureOpen(): void {
    const { destroyed, socket } = this.#response;
    if (destroyed || socket === null || socket.destroyed) throw notTaken();
  }
}

/** Has the connection cut where the caller does not take the answer, all of which is written, in time. */
export function ensureTaken(response: ServerResponse, limits: PaceLimits): void {
  const { socket } = response;
  if (socket === null || socket.destroyed || isWithSystem(response)) return;
  // node:http sets it anew once the answer is taken.
  socket.setTimeout(limits.silenceMs);
  const pace = new Pace(limits);
  pace.moved(socket.writableLength);
  const late = setTimeout(() => cut(response), pace.leftMs);
  response.on("timeout", () => cut(response)).once("close", () => clearTimeout(late));
}

/** Whether all of the answer is: true at once where it is short, while `writableFinished` is a turn late. */
const isWithSystem = ({ writableEnded, writableLength }: ServerResponse) =>
  writableEnded && writableLength === 0;

/** By a reset: the system keeps nothing of what was not taken. */
function cut({ socket }: ServerResponse): void {
  socket?.resetAndDestroy();
}

const notTaken = () =>
  usage("answer_not_taken", "the connection ended before the whole answer had been taken");
