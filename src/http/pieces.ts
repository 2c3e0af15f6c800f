/**
 * Lists and the info of several objects, as they go out (spec: the three kinds of data): in pieces, each made once the
 * caller has taken most of those before it. So neither what is read nor the text of it is ever in memory whole, and
 * others have their turns between two pieces.
 */
import type { Pages } from "../api/command.ts";
import { KeyedSlots } from "../base/keyed-slots.ts";
import type { Soon } from "../base/soon.ts";
import type { PaceLimits } from "./body/pace.ts";
import type { Format, Written } from "./formats/format.ts";
import { REQUEST_ID_HEADER } from "./request-id.ts";
import { type Reply, sendLong } from "./send.ts";
import { Taking } from "./taking.ts";

/** How long a text becomes before it goes out. */
const PIECE_CHARACTERS = 64 * 1024;
/** How many lists of one user are under way at once; further ones wait for those. */
const LISTS_AT_ONCE = 4;

/** A server's slots for lists, by the users who ask for them. */
export const slotsForLists = () => new KeyedSlots(LISTS_AT_ONCE);

/** What a list is answered as, and how slowly it may be taken. */
export type Listed = {
  readonly kind: "list" | "properties list";
  readonly format: Format;
  readonly pace: PaceLimits;
};

/**
 * Answers what `run` lists. Errors: `run`'s and the pages'; of a caller who does not take it (taking.ts). Once
 * something was sent, they end the connection, so that what came is not taken for the whole.
 */
export async function answerInPieces(reply: Reply, listed: Listed, run: () => Soon<Pages>): Promise<void> {
  // Who waited for their turn may have gone.
  if (reply.response.destroyed) return;
  const texts = textsOf(listed.format.write[listed.kind], await run());
  try {
    await sendTexts(reply, listed, texts);
  } catch (error) {
    if (reply.response.headersSent) reply.response.destroy();
    throw error;
  } finally {
    await texts.return();
  }
}

/** What one text holds is sent as a whole, its length said; for more, nobody knows the length before the end. */
async function sendTexts(
  reply: Reply,
  { kind, format, pace }: Listed,
  texts: AsyncGenerator<string, void>,
): Promise<void> {
  const { response, requestId } = reply;
  const { contentType } = format;
  const extra = ["X-Elastic-Output", kind];
  const [first, second] = [await texts.next(), await texts.next()];
  if (second.done) return sendLong(reply, first.value ?? "", { contentType, extra, pace });
  const headers = ["Content-Type", contentType, REQUEST_ID_HEADER, requestId, ...extra];
  response.writeHead(200, headers);
  if (response.req.method !== "HEAD") {
    const taking = new Taking(response, pace);
    await taking.write(Buffer.from(first.value ?? ""));
    await taking.write(Buffer.from(second.value));
    for await (const text of texts) await taking.write(Buffer.from(text));
  }
  response.end();
}

/** The objects as they are written, in texts of about one length; one at least. */
export async function* textsOf(
  { before, object, between, after }: Written,
  pages: Pages,
): AsyncGenerator<string, void> {
  let text = before;
  let isFirst = true;
  for await (const page of pages) {
    for (const each of page) {
      text += isFirst ? object(each) : between + object(each);
      isFirst = false;
      if (text.length < PIECE_CHARACTERS) continue;
      yield text;
      text = "";
    }
  }
  yield text + after;
}
