/** An answer of many bytes on its way to a caller who may take it slowly, or not at all. */
import type { ServerResponse } from "node:http";
import { usage } from "../base/errors.ts";
import { PACE, Pace, type PaceLimits } from "./body/pace.ts";
import { reset } from "./reset.ts";

/** What is handed to the system at once: what a caller takes in the longest silence, at the slowest that they may. */
export const SLICE_BYTES = (PACE.floorBytesPerSecond * PACE.silenceMs) / 1000;

/**
 * Writes an answer's bytes slice by slice, each only once the one before is with the system. A caller who does not take a
 * slice for too long, or takes too little on the whole, is cut, whatever they send meanwhile.
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
    response.once("close", () => this.#wake());
  }

  /** Answers when the bytes are with the system: their memory is free. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#ensureOpen();
    for (let at = 0; at < bytes.byteLength; at += SLICE_BYTES) {
      await this.#writeSlice(bytes.subarray(at, at + SLICE_BYTES));
    }
  }

  async #writeSlice(slice: Uint8Array): Promise<void> {
    const response = this.#response;
    this.#pace.moved(slice.byteLength);
    const taken = new Promise<void>((resolve) => {
      this.#wake = resolve;
      response.write(slice, () => resolve());
    });
    const withinMs = Math.min(this.#limits.silenceMs, this.#pace.leftMs);
    await this.#pace.wait(taken, withinMs, () => cut(response));
    this.#ensureOpen();
  }

  #ensureOpen(): void {
    const { destroyed, socket } = this.#response;
    if (destroyed || socket === null || socket.destroyed) throw notTaken();
  }
}

/**
 * Has the connection cut where the caller does not take the end of the answer, a slice at most, in time. An answer without an
 * end, of events, is minded by who writes it (`streams.ts`).
 */
export function ensureTaken(response: ServerResponse, { silenceMs }: PaceLimits): void {
  const { socket, writableEnded } = response;
  if (!writableEnded) return;
  if (socket === null || socket.destroyed || isWithSystem(response)) return;
  const late = setTimeout(() => cut(response), silenceMs);
  response.once("close", () => clearTimeout(late));
}

/** Whether all of the answer is: true at once where it is short, while `writableFinished` is a turn late. */
const isWithSystem = ({ writableEnded, writableLength }: ServerResponse) =>
  writableEnded && writableLength === 0;

function cut({ socket }: ServerResponse): void {
  if (socket !== null) reset(socket);
}

const notTaken = () =>
  usage("answer_not_taken", "the connection ended before the whole answer had been taken");
