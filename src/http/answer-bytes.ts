/** Bytes of a drive as an answer, in pieces: a caller who takes them slowly holds their own share of memory, no more. */
import type { ByteAnswer } from "../api/command.ts";
import { giveBack } from "../base/transfer-memory.ts";
import type { PaceLimits } from "./body/pace.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import type { Reply } from "./send.ts";
import { Taking } from "./taking.ts";

/** What has a browser keep the answer as a file of that name, and never show it (RFC 6266, RFC 8187). */
function asAttachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w .+-]/g, "_");
  const coded = encodeURIComponent(fileName.toWellFormed()).replaceAll(
    /['()*]/g,
    (mark) => `%${mark.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${coded}`;
}

/**
 * Answers the bytes; settles once all of them are with the system.
 *
 * Errors: what reading the first piece ends with, and nothing is sent then; that of a later one, or of the caller, and the
 * connection is cut, since the answer cannot be taken back.
 */
export async function answerBytes(
  { response, requestId }: Reply,
  { lengthBytes, fileName, pieces }: ByteAnswer,
  limits: PaceLimits,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  let next = await iterator.next();
  try {
    response.writeHead(200, [
      "Content-Type",
      "application/octet-stream",
      // No browser takes what a user has stored for a script, or for a page.
      "X-Content-Type-Options",
      "nosniff",
      "Content-Length",
      String(lengthBytes),
      ...(fileName === undefined ? [] : ["Content-Disposition", asAttachment(fileName)]),
      REQUEST_ID_HEADER,
      requestId,
    ]);
    const taking = new Taking(response, limits);
    for (; next.done !== true; next = await iterator.next()) {
      if (response.req.method === "HEAD") break;
      await taking.write(next.value);
      giveBack(next.value);
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  } finally {
    await iterator.return?.();
  }
}
