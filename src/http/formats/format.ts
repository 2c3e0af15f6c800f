/**
 * A wire format of properties: text/plain or application/json (spec: the three kinds of data). Both have the same
 * face, so that input and output are chosen independently of each other.
 */
import type { Key } from "../../api/key.ts";
import type { Input, Properties } from "../../api/properties.ts";
import type { ToldPages } from "./told-pages.ts";

export type Format = {
  /** The `Content-Type` of an answer in this format. */
  readonly contentType: string;
  /** Reads the properties of one object, of those keys. Errors: `usage` when the text is not such an object. */
  read(body: string, keys?: readonly Key[]): Input;
  /** Writes each of the three kinds, under the name that `X-Elastic-Output` gives it. */
  readonly write: {
    properties(object: Properties): string;
    readonly list: Written;
    readonly "properties list": Written;
  };
};

/** How several objects are written: each by itself, and what stands around and between them. */
export type Written = {
  readonly before: string;
  object(object: Properties): string;
  readonly between: string;
  readonly after: string;
  /** The pages of them that were told; null where none is the same when it is told again. */
  readonly told: ToldPages | null;
};

/** All of them at once, where they are few. */
export function writeAll(
  { before, object, between, after }: Omit<Written, "told">,
  objects: readonly Properties[],
): string {
  return `${before}${objects.map(object).join(between)}${after}`;
}

/** What a body without content holds. */
export const NO_INPUT: Input = new Map();
