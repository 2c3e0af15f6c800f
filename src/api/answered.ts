/** What keys have in common that the cloud alone sets: a text, a number, and a time. */
import { oneLine, wholeNumber } from "./value.ts";

export const state = { schema: oneLine, settable: [] as const, takes: "what the cloud says" };
export const number = { ...state, schema: wholeNumber(0, Number.MAX_SAFE_INTEGER) };
export const time = { ...number, unit: "seconds since the epoch" } as const;
