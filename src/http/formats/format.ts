/**
 * A wire format of properties: text/plain or application/json (spec: the three kinds of data). Both have the same
 * face, so that input and output are chosen independently of each other.
 */
import type { Input, Properties } from "../../api/properties.ts";

export type Format = {
  /** The `Content-Type` of an answer in this format. */
  readonly contentType: string;
  /** Reads the properties of one object. Errors: `usage` when the text is not such an object. */
  read(body: string): Input;
  /** Writes each of the three kinds, under the name that `X-Elastic-Output` gives it. */
  readonly write: {
    properties(object: Properties): string;
    list(objects: readonly Properties[]): string;
    "properties list"(objects: readonly Properties[]): string;
  };
};

/** What a body without content holds. */
export const NO_INPUT: Input = new Map();
