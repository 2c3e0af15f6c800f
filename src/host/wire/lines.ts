/**
 * Lines out of a stream of bytes: what came of a line that has not ended is held in one buffer, which is never larger than
 * the longest line that is taken, however small the pieces are that it comes in.
 */

/** A line is longer than any that is taken. */
export class LineTooLong extends Error {
  constructor(mostBytes: number) {
    super(`a line has more than ${mostBytes} bytes`);
    this.name = "LineTooLong";
  }
}

const NEWLINE = 0x0a;
/** A buffer of this size is kept from line to line, a larger one for one line. */
const KEPT_BYTES = 4096;
const NOTHING = Buffer.alloc(0);

export class Lines {
  readonly #mostBytes: number;
  #held = NOTHING;
  #length = 0;

  /** @param mostBytes how long a line may be, without its end */
  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /**
   * The lines that end in the chunk, without their ends. Each is valid until the next is asked for, and all must have been
   * before there is another chunk. Errors: LineTooLong, as soon as so much of a line has come.
   */
  *add(chunk: Uint8Array): Generator<Buffer, void> {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let from = 0;
    for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
      yield this.#completed(bytes.subarray(from, end));
      from = end + 1;
    }
    if (from < bytes.length) this.#hold(bytes.subarray(from));
  }

  #completed(rest: Buffer): Buffer {
    if (this.#length === 0) {
      this.#judge(rest.length);
      return rest;
    }
    this.#hold(rest);
    const line = this.#held.subarray(0, this.#length);
    this.#length = 0;
    if (this.#held.length > KEPT_BYTES) this.#held = NOTHING;
    return line;
  }

  #hold(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    this.#judge(length);
    if (length > this.#held.length) {
      const room = Math.min(this.#mostBytes, Math.max(KEPT_BYTES, 2 * this.#held.length, length));
      const larger = Buffer.allocUnsafeSlow(room);
      this.#held.copy(larger, 0, 0, this.#length);
      this.#held = larger;
    }
    bytes.copy(this.#held, this.#length);
    this.#length = length;
  }

  #judge(length: number): void {
    if (length > this.#mostBytes) throw new LineTooLong(this.#mostBytes);
  }
}
