/** Columns of JSON in the store: checked as they are read, since what is damaged is to be named and not to be believed. */
import type { z } from "zod";
import { failed } from "./errors.ts";

/**
 * @param of what the row is of, such as `drive UUID`
 *
 * Errors: `failed`, naming that, when the text is no JSON or not of the schema.
 */
export function readColumn<Value>(schema: z.ZodType<Value>, text: string, of: string): Value {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw failed("record_damaged", `what the store says of ${of} is damaged`, { cause });
  }
}

/** Whether the text is no JSON or not of the schema. */
export function isColumnDamaged(schema: z.ZodType, text: string): boolean {
  try {
    return !schema.safeParse(JSON.parse(text)).success;
  } catch {
    return true;
  }
}
