/** Memory for chunks, used again and again: fresh memory costs a fault for each of its pages, and then its collection. */

export class ChunkBuffers {
  readonly #chunkBytes: number;
  readonly #free: Buffer[] = [];

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
  }

  /** As much memory as a chunk takes, with anything in it. */
  take(): Buffer {
    // Of its own: what is cut out of a pool could not be found again by a part of it.
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#chunkBytes);
  }

  /** Takes back what `take` answered, or a part of it. To be called once nothing reads it any more, the system included. */
  giveBack({ buffer }: Uint8Array): void {
    this.#free.push(Buffer.from(buffer as ArrayBuffer));
  }
}
