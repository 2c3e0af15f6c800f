/** What the subcommands that are clients of the API take alike. */
import { usage } from "../../base/errors.ts";
import { type Answered, type Api, apiAt } from "./api.ts";
import { print } from "./subcommand.ts";
import { type Column, tableLines } from "./table.ts";

/** Of all of them. */
export const API_FLAGS = { home: { type: "string" }, json: { type: "boolean" } } as const;

/** Of those about what is one account's: an admin names another than their own. */
export const USER_FLAGS = { ...API_FLAGS, user: { type: "string" } } as const;

type Values = { readonly home?: string | undefined; readonly user?: string | undefined };

export const apiOf = ({ home, user }: Values): Api => apiAt(home, user);

/** Prints what was answered: as it came for programs, or what `lines` makes of it. */
export function tell(json: boolean | undefined, answer: unknown, lines: () => readonly string[]): void {
  print(...(json === true ? [JSON.stringify(answer)] : lines()));
}

/** Prints several objects as a table. */
export function tellTable(
  json: boolean | undefined,
  answer: unknown,
  columns: readonly Column<Answered>[],
): void {
  tell(json, answer, () => tableLines(columns, answer as readonly Answered[]));
}

/** Keys of which those are left out that no flag gave. */
export const given = (values: Readonly<Record<string, unknown>>): Answered =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

/** `RESOURCE=AMOUNT` as keys of an account; nothing behind the sign takes the limit away. Errors: `usage`. */
export function limitsIn(words: readonly string[]): Answered {
  return Object.fromEntries(
    words.map((word) => {
      const [, resource, amount] = /^([a-z]+)=(\S*)$/.exec(word) ?? [];
      if (resource === undefined) throw usage(`a limit is RESOURCE=AMOUNT, such as cpu=4000, not "${word}"`);
      return [`limit:${resource}`, amount];
    }),
  );
}

/** A time as the API takes it, which a flag gives as such or as ISO 8601; empty for none. Errors: `usage`. */
export function timeIn(text: string | undefined, flag = "--expires"): string | undefined {
  if (text === undefined || text === "" || /^\d+$/.test(text)) return text;
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw usage(`${flag} takes a time such as 2027-06-30T12:00:00Z, not "${text}"`);
  return String(Math.floor(ms / 1000));
}
