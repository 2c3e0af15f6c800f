/** What the headers of an answer say of the content that it brings (RFC 9110). */

/** Answers a header's value, null where it did not come. */
export type Headers = (name: string) => string | null;

/** The range that a request for the rest of a content asks for; `If-Range`: provided that it is the same still. */
export const restHeaders = (offset: number, validator: string) => ({
  range: `bytes=${offset}-`,
  "if-range": validator,
});

/** What is on the disk there is wanted, not what would be made of it on the way. */
export const AS_IT_IS = { "accept-encoding": "identity" } as const;

/** The strongest that it has and that If-Range takes: a weak ETag does not tell bytes apart. */
export function validatorOf(header: Headers): string | null {
  const etag = header("etag");
  return etag?.startsWith('"') ? etag : header("last-modified");
}

/** Whether it comes otherwise than it is on the disk there. */
export function isEncoded(header: Headers): boolean {
  const encoding = header("content-encoding");
  return encoding !== null && encoding.trim().toLowerCase() !== "identity";
}

/** Of what comes as it is; null where it is not said. */
export function lengthOf(header: Headers): number | null {
  const text = header("content-length");
  return text === null || isEncoded(header) || !/^\d+$/.test(text) ? null : Number(text);
}

/** `bytes 100-199/200` (Content-Range). */
export function contentRange(header: Headers): { readonly start: number; readonly total: number } | null {
  const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(header("content-range") ?? "") ?? [];
  return start === undefined ? null : { start: Number(start), total: Number(total) };
}
