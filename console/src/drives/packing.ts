/**
 * Whether the pieces of an upload are gzipped on their way: only where the line is the slower of the two. The first pieces go as they
 * are, which tells how fast the line is; then one of some is packed to see how fast that is, and how much smaller it gets.
 */
import type { Packed } from "./gzip-worker.ts";
import { isWorthPacking, type Measures } from "./worth-packing.ts";

/** How many pieces tell the rate of the line. */
const MEASURED = 3;
/** One of so many is packed anew to see, and as many are remembered: lines and contents change. */
const TRIED_EACH = 16;
export class Packing {
  #worker: Worker | null = null;
  #waiting = new Map<number, (packed: Packed) => void>();
  #ids = 0;
  #pieces = 0;
  #sent: { readonly bytes: number; readonly ms: number }[] = [];
  #trial: Pick<Measures, "packed" | "ratio"> | null = null;

  /** The piece packed, or null where it goes as it is. */
  async pack(piece: Blob): Promise<Blob | null> {
    const line = this.#line();
    if (line === null || typeof CompressionStream === "undefined") return null;
    const isTried = this.#pieces++ % TRIED_EACH === 0;
    const isWorth = () => this.#trial !== null && isWorthPacking({ ...this.#trial, line });
    if (!isTried && !isWorth()) return null;
    const { packed, tookMs } = await this.#packed(piece);
    this.#trial = { packed: piece.size / Math.max(tookMs, 0.1), ratio: packed.size / piece.size };
    return isWorth() && packed.size < piece.size ? packed : null;
  }

  /** So many bytes went over the line in so long. */
  sent(bytes: number, ms: number): void {
    this.#sent = [...this.#sent.slice(1 - TRIED_EACH), { bytes, ms }];
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#waiting.clear();
  }

  #line(): number | null {
    if (this.#sent.length < MEASURED) return null;
    const sum = this.#sent.reduce((total, { bytes, ms }) => ({
      bytes: total.bytes + bytes,
      ms: total.ms + ms,
    }));
    return sum.bytes / Math.max(sum.ms, 0.1);
  }

  #packed(piece: Blob): Promise<Packed> {
    this.#worker ??= this.#begin();
    const id = this.#ids++;
    const { promise, resolve } = Promise.withResolvers<Packed>();
    this.#waiting.set(id, resolve);
    this.#worker.postMessage({ id, piece });
    return promise;
  }

  #begin(): Worker {
    const worker = new Worker(new URL("./gzip-worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<Packed>) => {
      this.#waiting.get(data.id)?.(data);
      this.#waiting.delete(data.id);
    };
    return worker;
  }
}
