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
  const pieces = piecesOf(listed.format.write[listed.kind], await run());
  try {
    await sendPieces(reply, listed, pieces);
  } catch (error) {
    if (reply.response.headersSent) reply.response.destroy();
    throw error;
  } finally {
    await pieces.return();
  }
}

/** What is in one piece is sent as a whole, its length said; for more, nobody knows the length before the end. */
async function sendPieces(
  reply: Reply,
  { kind, format, pace }: Listed,
  pieces: AsyncGenerator<Buffer, void>,
): Promise<void> {
  const { response, requestId } = reply;
  const { contentType } = format;
  const extra = ["X-Elastic-Output", kind];
  const [first, second] = [await pieces.next(), await pieces.next()];
  const begin = first.value ?? Buffer.alloc(0);
  if (second.done) return sendLong(reply, begin, { contentType, extra, pace });
  const headers = ["Content-Type", contentType, REQUEST_ID_HEADER, requestId, ...extra];
  response.writeHead(200, headers);
  if (response.req.method !== "HEAD") {
    const taking = new Taking(response, pace);
    await taking.write(begin);
    await taking.write(second.value);
    for await (const piece of pieces) await taking.write(piece);
  }
  response.end();
}

/** The objects as they are written, in pieces of about one length; one at least, and one alone where they are short. */
export async function* piecesOf(
  { before, object, between, after, told }: Written,
  pages: Pages,
): AsyncGenerator<Buffer, void> {
  const short = new Short();
  let text = before;
  let isFirst = true;
  for await (const page of pages) {
    const known = told?.again(page, object, between) ?? null;
    if (known !== null) {
      yield* short.or(text, isFirst ? known.subarray(Buffer.byteLength(between)) : known);
      isFirst = false;
      text = "";
      continue;
    }
    for (const each of page) {
      text += isFirst ? object(each) : between + object(each);
      isFirst = false;
      if (text.length < PIECE_CHARACTERS) continue;
      yield* short.or(text);
      text = "";
    }
  }
  yield* short.or(text + after);
  yield* short.whole();
}

/** Holds the first pieces until there are more than go out at once: fewer are one. */
class Short {
  #held: Buffer[] | null = [];

  /** What is to go out now that these pieces have come. */
  or(...more: readonly (string | Buffer)[]): readonly Buffer[] {
    const pieces = more
      .filter(({ length }) => length > 0)
      .map((piece) => (typeof piece === "string" ? Buffer.from(piece) : piece));
    if (this.#held === null) return pieces;
    this.#held.push(...pieces);
    if (this.#held.reduce((sum, { byteLength }) => sum + byteLength, 0) < PIECE_CHARACTERS) return [];
    return this.#letGo();
  }

  /** What is held when there are no more, as one. */
  whole(): readonly Buffer[] {
    return this.#held === null ? [] : [Buffer.concat(this.#letGo())];
  }

  #letGo(): readonly Buffer[] {
    const held = this.#held ?? [];
    this.#held = null;
    return held;
  }
}
