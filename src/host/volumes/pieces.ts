/**
 * How a stream of bytes is cut into the pieces in which it is written. Clusters of 64 KiB that are all zero become
 * holes, so that what is sparse stays sparse; everything else goes in pieces of up to 512 KiB that end at a cluster's
 * border, where QEMU needs to read nothing back. No byte is copied.
 */

/** QEMU's own unit of allocation in qcow2; raw files are given holes of the same grain. */
export const CLUSTER_BYTES = 64 * 1024;
export const PIECE_BYTES = 512 * 1024;
/** A run of zeroes is told of at least so often: it costs nothing to hold, but the drive's end may be nearer. */
const ZERO_RUN_BYTES = 1024 ** 3;

const ZEROES = Buffer.alloc(CLUSTER_BYTES);

/** Bytes to be written at an offset of the drive. */
export type Piece = {
  readonly offset: number;
  readonly length: number;
  /** Null where they are all zero. */
  readonly chunks: readonly Uint8Array[] | null;
  /** Chunks of the source that end in this piece: when it and those before it are sent, nothing is left of them to send. */
  readonly spent: readonly Uint8Array[];
};

/** Cuts the bytes of `source` that belong at `offset` and behind it. The source must not change what it handed out. */
export async function* cutPieces(
  source: AsyncIterable<Uint8Array>,
  offset: number,
): AsyncGenerator<Piece, void, undefined> {
  /** The piece that grows, and the cluster that will join it once it is whole. */
  let piece: { offset: number; length: number; chunks: Uint8Array[] | null; spent: Uint8Array[] } = {
    offset,
    length: 0,
    chunks: null,
    spent: [],
  };
  let cluster: Uint8Array[] = [];
  let ended: Uint8Array[] = [];
  let clusterIsZero = true;
  let at = offset;

  /** Adds the cluster to the piece, and answers the piece that it could not join. */
  function closeCluster(): Piece | null {
    const length = at - piece.offset - piece.length;
    const isHole = clusterIsZero && length === CLUSTER_BYTES;
    const most = piece.chunks === null ? ZERO_RUN_BYTES : PIECE_BYTES;
    const joins = piece.length === 0 || (isHole === (piece.chunks === null) && piece.length + length <= most);
    const done = joins ? null : piece;
    if (done !== null || piece.length === 0) {
      piece = { offset: at - length, length: 0, chunks: isHole ? null : [], spent: [] };
    }
    piece.length += length;
    if (!isHole) piece.chunks?.push(...cluster);
    piece.spent.push(...ended);
    cluster = [];
    ended = [];
    clusterIsZero = true;
    return done;
  }

  for await (const chunk of source) {
    let taken = 0;
    while (taken < chunk.byteLength) {
      const part = chunk.subarray(taken, taken + CLUSTER_BYTES - (at % CLUSTER_BYTES));
      clusterIsZero &&= ZEROES.compare(part, 0, part.byteLength, 0, part.byteLength) === 0;
      cluster.push(part);
      taken += part.byteLength;
      at += part.byteLength;
      if (taken === chunk.byteLength) ended.push(chunk);
      if (at % CLUSTER_BYTES !== 0) continue;
      const done = closeCluster();
      if (done !== null) yield done;
    }
  }
  if (cluster.length > 0) {
    const done = closeCluster();
    if (done !== null) yield done;
  }
  if (piece.length > 0) yield piece;
}
