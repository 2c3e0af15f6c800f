/**
 * The declaration of a key: its pattern, its type and unit, who may set it and when, its place in the order of
 * answers, and a line of help. Each noun has one table of them (`drives/keys.ts`, `servers/keys.ts`).
 */
import type { z } from "zod";

/** When a key may be given: at `create`, by `set` on a stopped object (`stopped`) or on an active one (`active`). */
export type Moment = "create" | "stopped" | "active";

export type Key = {
  /**
   * The key as the specification writes it. `ide:BUS[0-1]:UNIT[0-1]` stands for four keys; a `*` at the end
   * (`user:*`) for any.
   */
  readonly pattern: string;
  /** Reads and checks one value, given as text, and answers what is kept and shown. */
  readonly schema: z.ZodType<string | number, string>;
  /** What the value takes, completing the sentence "KEY takes …". */
  readonly takes: string;
  readonly unit?: "bytes" | "MB" | "core MHz" | "seconds since the epoch" | "requests" | "packets";
  /** When a user may set it; empty for what only the cloud sets. */
  readonly settable: readonly Moment[];
  readonly required?: boolean;
  /** A line of help. */
  readonly help: string;
  /** Other spellings that are accepted on input (rulings: `password`, `vnc:ip`). */
  readonly aliases?: readonly string[];
};
