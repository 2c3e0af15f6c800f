/** Gzips what it is sent, beside the page. */

export type Packed = { readonly id: number; readonly packed: Blob; readonly tookMs: number };

type Asked = { readonly id: number; readonly piece: Blob };

/** What of a worker's scope is used, which the page's types do not know. */
type Scope = {
  onmessage: ((event: MessageEvent<Asked>) => void) | null;
  postMessage(message: Packed): void;
};
const scope = self as unknown as Scope;

scope.onmessage = ({ data: { id, piece } }) => {
  const began = performance.now();
  const stream = piece.stream().pipeThrough(new CompressionStream("gzip"));
  void new Response(stream).blob().then((packed) => {
    scope.postMessage({ id, packed, tookMs: performance.now() - began });
  });
};
