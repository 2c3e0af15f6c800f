/**
 * What a form needs to know of a key, as data: what is prose in the description beside it. All of it is of the key's one
 * declaration, its bounds and choices of the very schema that reads its value.
 */
import { expand, groupIn, type Key } from "../../api/key.ts";

/** As the library of schemas writes it. */
type JsonSchema = Readonly<Record<string, unknown>>;

export type Field = {
  /** Of a number, in which it is given where it bears no suffix. */
  readonly unit?: string;
  /** The bounds of a number, both included. */
  readonly least?: number;
  readonly most?: number;
  /** Of a decimal: how many places it may have. */
  readonly decimals?: number;
  /** What holds where it is not set. */
  readonly default?: string;
  /** Words that the value may be: all that there are, where it has no bounds and refers to nothing. */
  readonly choices?: readonly string[];
  /** Whether it takes several of them, with spaces between. */
  readonly several?: true;
  /** Whether it is text of several lines, which stand in one as `src/api/lines.ts` says. */
  readonly severalLines?: true;
  /** Whether nobody is answered it: where it has some, `KEY:size` says how many bytes. */
  readonly writeOnly?: true;
  /** Of which kind of objects the value names some. */
  readonly refers?: string;
  /** When it may be given. */
  readonly settable: readonly string[];
  /** The key without its numbers, where there are several alike, each a row of a form; keys of a row have one family. */
  readonly family?: string;
  /** What a row of the family may be called; absent where it may be anything. */
  readonly members?: readonly string[];
  /** With which keys it belongs; what has none is for few. */
  readonly group?: string;
  /** Its place among the keys of the same schema, from 1 on. */
  readonly rank: number;
};

/** @param value the schema of what a value is kept as */
export function fieldOf(key: Key, value: JsonSchema, rank: number): Field {
  const { unit, decimals, default: otherwise, takesList = false, refers, settable, group } = key;
  const { choices, ...bounds } = boundsOf(value);
  return {
    ...(unit === undefined ? {} : { unit }),
    ...bounds,
    ...(decimals === undefined ? {} : { decimals }),
    ...(otherwise === undefined ? {} : { default: otherwise }),
    ...(choices.length === 0 ? {} : { choices }),
    ...(takesList ? { several: true } : {}),
    ...(key.severalLines ? { severalLines: true } : {}),
    ...(key.writeOnly ? { writeOnly: true } : {}),
    ...(refers === undefined ? {} : { refers }),
    settable,
    ...familyOf(key.pattern),
    ...(group === undefined ? {} : { group }),
    rank,
  };
}

type Bounds = { readonly least?: number; readonly most?: number; readonly choices: readonly string[] };

/** A bound that no number passes is none. */
const isBound = (number: unknown): number is number =>
  typeof number === "number" && Math.abs(number) < Number.MAX_SAFE_INTEGER;

/** Of all ways in which the schema lets a value be. */
function boundsOf(schema: JsonSchema): Bounds {
  const ways = (schema.anyOf as readonly JsonSchema[] | undefined) ?? [schema];
  const choices = ways.flatMap(
    (way) => (way.enum ?? (way.const === undefined ? [] : [way.const])) as string[],
  );
  const number = ways.find(({ type }) => type === "integer");
  const { minimum, maximum } = number ?? {};
  return {
    ...(isBound(minimum) ? { least: minimum } : {}),
    ...(isBound(maximum) ? { most: maximum } : {}),
    choices,
  };
}

/** `ide:BUS[0-1]:UNIT[0-1]:media` is of the family `ide:BUS:UNIT`, `user:*` is its own. */
function familyOf(pattern: string): Pick<Field, "family" | "members"> {
  if (pattern.endsWith("*")) return { family: pattern };
  if (groupIn(pattern) === null) return {};
  const row = pattern.slice(0, pattern.lastIndexOf("]") + 1);
  return { family: row.replaceAll(/\[[\d-]*\]/g, ""), members: expand(row) };
}
