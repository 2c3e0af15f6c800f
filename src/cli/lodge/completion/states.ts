/**
 * What is offered behind the words that were typed, by their number and what they are: a program's lines as a table, which
 * each shell's script is written from.
 */
import type { Flag, Line, Offer, Place, Program } from "./line.ts";

/** A word that is offered, and what it does where that is known. */
export type Choice = { readonly word: string; readonly does: string };

export type State = {
  /** The words that were typed; null for any. */
  readonly typed: readonly (string | null)[];
  readonly choices: readonly Choice[];
  /** Whether names of files or folders are offered besides. */
  readonly names: "files" | "folders" | null;
};

/** Those of which more is known come first, so that the first that fits is the one. */
export function statesOf({ lines }: Program): readonly State[] {
  const states = new Map<string, State>();
  for (const { places, does } of lines) {
    const lastFixed = places.findLastIndex(({ word }) => word !== null);
    for (const [at, place] of places.entries()) {
      const typed = places.slice(0, at).map(({ word }) => word);
      const key = JSON.stringify(typed);
      const before = states.get(key) ?? { typed, choices: [], names: null };
      states.set(key, withPlace(before, place, at === lastFixed ? does : ""));
    }
    // Nothing comes behind a whole line; but for this, what fits any word would be offered there.
    const typed = places.map(({ word }) => word);
    const key = JSON.stringify(typed);
    if (!states.has(key)) states.set(key, { typed, choices: [], names: null });
  }
  return [...states.values()].sort((one, other) => rankOf(one) - rankOf(other));
}

const rankOf = ({ typed }: State): number => typed.filter((word) => word === null).length;

function withPlace(state: State, { word, offer }: Place, does: string): State {
  if (typeof offer === "string") return { ...state, names: offer };
  const known = new Set(state.choices.map((choice) => choice.word));
  const isLast = word !== null ? does : "";
  const more = offer.filter((each) => !known.has(each)).map((each) => ({ word: each, does: isLast }));
  const choices = state.choices.map((choice) =>
    choice.does === "" && choice.word === word ? { ...choice, does } : choice,
  );
  return { ...state, choices: [...choices, ...more] };
}

/** The words that begin a line, and its flags; those of the most words first. */
export function flagsOf({
  lines,
}: Program): readonly { words: readonly string[]; flags: readonly string[] }[] {
  const byWords = new Map<string, { words: readonly string[]; flags: Set<string> }>();
  for (const line of lines.filter(({ flags }) => flags.length > 0)) {
    const words = fixedWords(line);
    const key = words.join(" ");
    const known = byWords.get(key) ?? { words, flags: new Set() };
    for (const { flag } of line.flags) known.flags.add(flag);
    byWords.set(key, known);
  }
  return [...byWords.values()]
    .sort((one, other) => other.words.length - one.words.length)
    .map(({ words, flags }) => ({ words, flags: [...flags] }));
}

/** Those before the first that is the caller's. */
function fixedWords({ places }: Line): readonly string[] {
  const end = places.findIndex(({ word }) => word === null);
  const head = end === -1 ? places : places.slice(0, end);
  return head.map(({ word }) => word ?? "");
}

/** The flags that a word comes behind, with what it is. Errors: a flag takes one in a line, and none or another in another. */
export function valuesOf({ lines }: Program): ReadonlyMap<string, Offer> {
  const values = new Map<string, Flag>();
  for (const flag of lines.flatMap(({ flags }) => flags)) {
    const known = values.get(flag.flag);
    if (known !== undefined && JSON.stringify(known.value) !== JSON.stringify(flag.value))
      throw new Error(`${flag.flag} takes different values`);
    values.set(flag.flag, flag);
  }
  return new Map([...values.values()].flatMap(({ flag, value }) => (value === null ? [] : [[flag, value]])));
}
