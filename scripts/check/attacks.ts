/**
 * Texts that a pattern is slow at, if there are any: one part repeated, after what the pattern begins with and before what
 * it does not go on with. What makes a pattern slow is that it takes the same characters in two ways, so each kind of
 * character that its parts tell apart is repeated, and each two of them in turn.
 */
import { check } from "recheck";
import { DEADLINE_MS, type Pattern } from "./patterns.ts";

/** Parts that are repeated, each after a text of its own, and what comes last. */
export type Attack = {
  readonly pumps: readonly { readonly prefix: string; readonly pump: string }[];
  readonly suffix: string;
};

/** A text of an attack, about so many characters long. */
export function attackText({ pumps, suffix }: Attack, length: number): string {
  const each = length / pumps.length;
  const parts = pumps.map(({ prefix, pump }) => prefix + pump.repeat(Math.ceil(each / pump.length)));
  return parts.join("") + suffix;
}

/** The attack that the static analysis knows, where it takes a pattern for slow. */
export async function witness({ source, flags }: Pattern): Promise<Attack | null> {
  const judged = await check(source, flags, { timeout: DEADLINE_MS });
  return judged.status === "vulnerable" ? judged.attack : null;
}

/** Letters, digits, signs, blanks, control characters, and what only patterns with `u` or of one word name. */
const CHARACTERS = [...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))].concat(
  ..."\u00e9\u2028\u200d\u4e2d\u{1f600}",
  "\udc80",
);

/** What a pattern can tell apart without a part of it that says so: ends of lines, and of words. */
const BORDERS = ["[\\n\\r\\u2028\\u2029]", "\\w"];

/** What a text ends with: nothing, or what hardly a pattern takes, in the same line or the next. */
const SUFFIXES = ["", "\0", "\n\0"];

/** The parts of a pattern: what stands for one character, how often it comes, and what groups. */
const TOKEN =
  /(?<atom>\\[pPu]\{[^}]*\}|\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\[(?:\\.|[^\]\\])*\]|\\[^bB]|[^\\()|^$*+?{}[\]])|(?<open>\((?:\?(?::|<?[=!]|<\w+>))?)|(?<close>\))|(?<or>\|)|\{(?<times>\d+)[,\d]*\}|./gsu;

type Part = {
  readonly atom?: string;
  readonly open?: string;
  readonly close?: string;
  readonly or?: string;
  readonly times?: string;
};

/** The attacks on a pattern that its parts suggest. */
export function attacksOn({ source, flags }: Pattern): Attack[] {
  const parts = Array.from(source.matchAll(TOKEN), ({ groups }) => ({ ...groups }) as Part);
  const atoms = [...new Set(parts.flatMap(({ atom }) => atom ?? []))];
  const kinds = kindsOf([...atoms, ...BORDERS], flags);
  const singles = [...kinds.values()];
  const pairs = singles.flatMap((one) => singles.flatMap((other) => (one === other ? [] : one + other)));
  const prefixes = prefixesOf(parts, kinds, atoms);
  const words = prefixes.filter((prefix) => prefix !== "");
  return prefixes.flatMap((prefix) =>
    [...singles, ...(prefix === "" ? [...pairs, ...words] : [])].flatMap((pump) =>
      SUFFIXES.map((suffix) => ({ pumps: [{ prefix, pump }], suffix })),
    ),
  );
}

/** A character of each kind that the atoms tell apart, by which of them take it: a word of 0 and 1, one for each. */
function kindsOf(atoms: readonly string[], flags: string): Map<string, string> {
  const patterns = atoms.map((atom) => new RegExp(`^${atom}$`, flags.replaceAll(/[gmy]/g, "")));
  const kinds = new Map<string, string>();
  for (const character of CHARACTERS) {
    const kind = patterns.map((pattern) => Number(pattern.test(character))).join("");
    if (!kinds.has(kind)) kinds.set(kind, character);
  }
  return kinds;
}

/** What texts begin with that a pattern takes: up to each of its parts, by each of its branches. */
function prefixesOf(
  parts: readonly Part[],
  kinds: ReadonlyMap<string, string>,
  atoms: readonly string[],
): string[] {
  const prefixes = new Set([""]);
  const groups: string[] = [];
  let prefix = "";
  let last = "";
  for (const { atom, open, close, or, times } of parts) {
    if (atom !== undefined) {
      const index = atoms.indexOf(atom);
      last = [...kinds].find(([kind]) => kind[index] === "1")?.[1] ?? "";
      prefix += last;
    } else if (times !== undefined) {
      prefix += last.repeat(Math.max(0, Number(times) - 1));
    } else if (open !== undefined) {
      groups.push(prefix);
    } else if (or !== undefined) {
      prefix = groups.at(-1) ?? "";
    } else if (close !== undefined) {
      const before = groups.pop() ?? "";
      last = prefix.slice(before.length);
    }
    prefixes.add(prefix);
  }
  return [...prefixes];
}
