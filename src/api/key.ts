/**
 * The declaration of a key: its pattern, its type and unit, who may set it and when, its place in the order of
 * answers (its place in its table), and a line of help. Each noun has one table of them (`drives/keys.ts`,
 * `servers/keys.ts`), and nothing about a key is said anywhere else.
 */
import type { z } from "zod";
import type { ObjectKind } from "./object-kind.ts";
import type { Value } from "./properties.ts";

/** When a user may give a key: at `create`, or by `set` on a `stopped` or an `active` object. */
export type Moment = "create" | "stopped" | "active";

export type Unit =
  | "bytes"
  | "MB"
  | "core MHz"
  | "cores"
  | "sockets"
  | "seconds"
  | "seconds since the epoch"
  | "requests"
  | "packets";

/** Which keys belong together where people fill them in. */
export type Group = "general" | "size" | "storage" | "network" | "screen" | "access" | "limits";

export type Key = {
  /**
   * The key as the specification writes it. `ide:BUS[0-1]:UNIT[0-1]` stands for four keys; a `*` at the end
   * (`user:*`) for any.
   */
  readonly pattern: string;
  /** Reads and checks one value, given as text, and answers what is kept and shown. */
  readonly schema: z.ZodType<Value, string>;
  /** What the value takes, completing the sentence "KEY takes …". */
  readonly takes: string;
  /** Of a number; what has one is a whole number. */
  readonly unit?: Unit;
  /** When a user may set it; empty for what only the cloud sets. */
  readonly settable: readonly Moment[];
  readonly required?: boolean;
  /** A truth value that came as one in JSON is kept and answered as one (ruling: `persistent` as it was given). */
  readonly keepsBoolean?: boolean;
  /** Takes a list of strings in JSON besides one string with spaces between (rulings: the wire). */
  readonly takesList?: boolean;
  /** An empty value of it is refused and not taken for none: what holds where there is none is more than nothing. */
  readonly neverEmpty?: boolean;
  /** Where it has several values they are answered as a list in JSON (rulings: the wire). */
  readonly listsSeveral?: boolean;
  /** Text of several lines, which stand in the one line of a value as `lines.ts` says. */
  readonly severalLines?: boolean;
  /** Is a secret of the user's, or may hold some: no refusal repeats it. */
  readonly isSecret?: boolean;
  /** The same, which is kept sealed and answered to nobody. */
  readonly writeOnly?: boolean;
  /** What holds where it is not given, as it would be given. */
  readonly default?: string;
  /** Of a decimal: how many places it may have. */
  readonly decimals?: number;
  /** Of which kind of objects the value names some. */
  readonly refers?: ObjectKind;
  /** With which keys it belongs; one that few need has none. */
  readonly group?: Group;
  /** A line of help, but for the default. */
  readonly help: string;
  /** Other spellings that are accepted on input (rulings: `password`, `vnc:ip`); they may be keys of an answer too. */
  readonly aliases?: readonly string[];
};

/** A table of keys, ready to look keys up in and to put answers in order. */
export type KeyTable = {
  readonly keys: readonly Key[];
  /** The declaration of a key and its name without aliases, or null when the table does not know it. */
  find(key: string): { readonly key: Key; readonly name: string } | null;
  /** Puts an object's keys, with whatever stands beside each, in the order of the table. */
  inOrder<Entry extends readonly [key: string, ...unknown[]]>(entries: Iterable<Entry>): readonly Entry[];
  /** The keys that may be given at creation. */
  readonly toCreate: readonly Key[];
  /** The keys that may be given later, none of them required. */
  readonly toSet: readonly Key[];
  /** The names under which a user may give a key at that moment, in the order of the table; those of `user:*` are any. */
  settableAt(moment: Moment): readonly string[];
  /** The noun whose commands have these keys, as `lodge help` takes it; null where there is none. */
  readonly noun: string | null;
  /** The keys that answers have: all but those that are never answered. */
  readonly answered: readonly Key[];
  /** The keys of those patterns. */
  named(...patterns: readonly string[]): readonly Key[];
};

/** A `*` at the end of a pattern: what such keys begin with. */
type OpenKey = { readonly prefix: string; readonly key: Key; readonly rank: number };

/** The line of help, with the default. */
export const helpOf = ({ help, default: value }: Pick<Key, "help" | "default">): string =>
  value === undefined ? help : `${help} (default: ${value})`;

/** What the value of a key takes, completing "it takes …"; null when none of the keys is called so. */
export function takesOf(keys: readonly Key[], name: string): string | null {
  const key = keyTable(keys).find(name)?.key;
  if (key === undefined) return null;
  return key.takesList === true ? `${key.takes}, or a list of strings` : key.takes;
}

/** Makes a table; the order of the declarations is the order of answers. */
export function keyTable(keys: readonly Key[], noun: string | null = null): KeyTable {
  const given = new Map<string, { key: Key; name: string }>();
  const ranks = new Map<string, number>();
  const open: OpenKey[] = [];
  let rank = 0;
  for (const key of keys) {
    if (key.pattern.endsWith("*")) {
      open.push({ prefix: key.pattern.slice(0, -1), key, rank: rank++ });
      continue;
    }
    for (const name of expand(key.pattern)) {
      ranks.set(name, rank++);
      // An alias that is a key of answers too is the alias where it comes in.
      if (!given.has(name)) given.set(name, { key, name });
    }
    for (const alias of key.aliases ?? []) {
      if (!ranks.has(alias)) ranks.set(alias, rank++);
      given.set(alias, { key, name: key.pattern });
    }
  }
  const openFor = (key: string) =>
    open.find(({ prefix }) => key.startsWith(prefix) && key.length > prefix.length);
  const rankOf = (key: string) => ranks.get(key) ?? openFor(key)?.rank ?? rank;
  return {
    keys,
    noun,
    settableAt: (moment) =>
      [...given].filter(([, { key }]) => key.settable.includes(moment)).map(([name]) => name),
    find(key) {
      const known = given.get(key);
      if (known !== undefined) return known;
      const match = openFor(key);
      return match === undefined ? null : { key: match.key, name: key };
    },
    toCreate: keys.filter(({ settable }) => settable.includes("create")),
    toSet: keys
      .filter(({ settable }) => settable.includes("stopped"))
      .map((key) => ({ ...key, required: false })),
    answered: keys.filter(({ writeOnly }) => writeOnly !== true),
    named: (...patterns) => keys.filter(({ pattern }) => patterns.includes(pattern)),
    inOrder: (entries) =>
      [...entries]
        .map((entry) => ({ entry, rank: rankOf(entry[0]) }))
        .sort((one, other) => one.rank - other.rank || (one.entry[0] < other.entry[0] ? -1 : 1))
        .map(({ entry }) => entry),
  };
}

/** All keys that a pattern stands for: `scsi:BUS[0]:UNIT[0-7]` → `scsi:0:0` … `scsi:0:7`. */
export function expand(pattern: string): string[] {
  const group = groupIn(pattern);
  if (group === null) return [pattern];
  const { before, choice, after } = group;
  return choices(choice).flatMap((text) => expand(`${before}${text}${after}`));
}

/** The first group of a pattern, `NAME[CHOICE]`, and what stands around it; null where there is none. */
export function groupIn(pattern: string): { before: string; choice: string; after: string } | null {
  const open = pattern.indexOf("[");
  const close = pattern.indexOf("]", open);
  if (open === -1 || close === -1) return null;
  let start = open;
  while (/^[A-Z]$/.test(pattern[start - 1] ?? "")) start--;
  return {
    before: pattern.slice(0, start),
    choice: pattern.slice(open + 1, close),
    after: pattern.slice(close + 1),
  };
}

function choices(choice: string): string[] {
  const range = /^(\d)-(\d)$/.exec(choice);
  if (range === null) return [choice];
  const [first, last] = [Number(range[1]), Number(range[2])];
  return Array.from({ length: last - first + 1 }, (_, index) => String(first + index));
}
