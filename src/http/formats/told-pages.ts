/**
 * Pages of objects that are told again as they were: who polls all of theirs finds most of them unchanged, and to join and to
 * encode their texts is then most of what an answer costs. Rule: an answer is never changed once it is made, a changed object
 * gets a new one; so the bytes of a page stay right for as long as it has the same answers.
 */
import type { Properties } from "../../api/properties.ts";
import { BoundedMap } from "../../base/bounded-map.ts";

/** What the pages that are kept come to; then those that were told longest ago make way. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A longer page is made anew each time. */
const MOST_CHARACTERS_EACH = 256 * 1024;
/** What is kept for an object besides its text. */
const OBJECT_BYTES = 64;

type Page = readonly Properties[];
/** A page that was told, and from the second time on its bytes. */
type Told = { readonly page: Page; readonly bytes: Buffer | null };

export class ToldPages {
  /** By the first object of each. */
  readonly #told = new BoundedMap<Properties, Told>(MOST_BYTES);

  /**
   * The bytes of the page, which nobody may change; null where it was not told before, or is too long.
   *
   * @param object what an object is as text
   * @param between what stands before each
   */
  again(page: Page, object: (object: Properties) => string, between: string): Buffer | null {
    const [first] = page;
    if (first === undefined) return null;
    const known = this.#told.get(first);
    const isAgain = known !== undefined && isSame(known.page, page);
    const bytes = isAgain ? (known.bytes ?? bytesOf(page.map(object), between)) : null;
    this.#told.set(first, { page, bytes }, OBJECT_BYTES * page.length + (bytes?.byteLength ?? 0));
    return bytes;
  }
}

const isSame = (one: Page, other: Page): boolean =>
  one.length === other.length && one.every((object, at) => object === other[at]);

function bytesOf(texts: readonly string[], between: string): Buffer | null {
  const characters = texts.reduce((sum, { length }) => sum + between.length + length, 0);
  return characters > MOST_CHARACTERS_EACH ? null : Buffer.from(`${between}${texts.join(between)}`);
}
