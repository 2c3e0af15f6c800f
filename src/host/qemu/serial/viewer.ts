/** One who looks at a serial port, as a stream: what the guest says from now on, and what is said to it. */
import { Duplex } from "node:stream";
import type { Input } from "./input.ts";

/** How far somebody may be behind what the guest says, in bytes; further, they are let go. */
const MOST_BEHIND = 2 ** 17;
/** What is said to a guest is said by so much at once, so that nobody else who says something waits for all of it. */
const PIECE_BYTES = 4096;

export class Viewer {
  readonly stream: Duplex;
  readonly #input: Input;
  #isOver = false;

  constructor(input: Input) {
    this.#input = input;
    this.stream = new Duplex({
      read() {},
      write: (bytes: Buffer, _encoding, done) => this.#say(bytes, done),
      allowHalfOpen: false,
      writableHighWaterMark: PIECE_BYTES,
    });
    // Whoever has it is told.
    this.stream.on("error", () => {});
    this.stream.once("close", () => input.forget(this));
  }

  /** Shows what the guest said. Whoever is too far behind is let go. */
  show(bytes: Buffer): void {
    const { stream } = this;
    if (this.#isOver || stream.destroyed) return;
    if (stream.readableLength + bytes.length <= MOST_BEHIND) stream.push(bytes);
    else stream.destroy(new Error("who looks at the serial port is too far behind"));
  }

  /** The guest says nothing any more. */
  end(): void {
    if (!this.#isOver && !this.stream.destroyed) this.stream.push(null);
    this.#isOver = true;
  }

  /** Piece by piece; the rest goes with whoever said it. */
  #say(bytes: Buffer, done: () => void): void {
    if (bytes.length === 0 || this.stream.destroyed) {
      done();
      return;
    }
    // A copy: a message is not to be held for its last piece's sake.
    const piece = Buffer.from(bytes.subarray(0, PIECE_BYTES));
    this.#input.say(this, piece, () => this.#say(bytes.subarray(PIECE_BYTES), done));
  }
}
