/**
 * The kinds of values that keys of several nouns share. What a schema transforms, it pipes into a schema of what comes
 * out, so that the description of the API can say what is answered.
 */
import { z } from "zod";
import { parseUuid } from "../base/ids.ts";
import { MOST_URL, plainUrl } from "../base/plain-url.ts";
import { parseSize } from "../base/size.ts";

/** Fails a schema; what the key takes is said by its declaration. */
function fail(context: z.RefinementCtx): never {
  context.addIssue({ code: "custom" });
  return z.NEVER;
}

export const sizeBytes = z
  .string()
  .transform((text, context) => parseSize(text) ?? fail(context))
  .pipe(z.int().min(0));

/** A whole number within bounds, both included, without zeroes in front: some read such a number as octal. */
export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^(0|[1-9]\d{0,14})$/)
    .transform(Number)
    .pipe(z.int().min(least).max(most));

export const uuid = z
  .string()
  .transform((text, context) => parseUuid(text) ?? fail(context))
  .pipe(z.string());

/** How many uuids one key takes. */
export const MOST_UUIDS = 100;

/** Uuids with spaces between, each once. */
export const uuids = z
  .string()
  .transform((text, context) => {
    const list = words(text).map(parseUuid);
    if (list.length > MOST_UUIDS || list.includes(null)) return fail(context);
    return [...new Set(list)].join(" ");
  })
  .pipe(z.string());

/** Any text of one line; the wire lets no control characters in. */
export const oneLine = z.string().max(4096);

export const name = z.string().max(255);

/** Words with spaces between. */
export const tags = z
  .string()
  .max(4096)
  .transform((text) => words(text).join(" "))
  .pipe(z.string());

/** A URL of http or https that bears no credentials: those would be told by every info. */
export const url = oneLine.refine((text) => plainUrl(text) !== null);

/** What `url` takes. */
export const URL_TAKES = `a URL of http or https of at most ${MOST_URL} characters, without credentials`;

/** A SHA-256 in hexadecimal digits of either case, kept in lower case. */
export const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/i)
  .transform((text) => text.toLowerCase())
  .pipe(z.string());

export const ipv4 = z.ipv4();

/** The words of a text that has spaces between them. */
export function words(text: string): string[] {
  return text.split(" ").filter((word) => word !== "");
}
