/**
 * Text as the keys of a keyboard that type it. A guest is sent keys, not letters: a capital is its key with Shift held, which has to
 * be pressed for itself.
 */
import type { Layout } from "./layouts.ts";

export type Key = { readonly keysym: number; readonly code: string };

/** A key, and what is held meanwhile. */
export type Stroke = Key & { readonly held: readonly Key[] };

const SHIFT: Key = { keysym: 0xffe1, code: "ShiftLeft" };
const ALT_GR: Key = { keysym: 0xfe03, code: "AltRight" };
/** What is held for the first character of a key, the second and the third. */
const HELD: readonly (readonly Key[])[] = [[], [SHIFT], [ALT_GR]];

/** X11's keysyms of Latin-1 are the characters' own numbers. */
const keysymOf = (character: string) => character.codePointAt(0) ?? 0;

const SPACE: Stroke = { keysym: keysymOf(" "), code: "Space", held: [] };
const OTHERS: readonly (readonly [string, Stroke])[] = [
  [" ", SPACE],
  ["\t", { keysym: 0xff09, code: "Tab", held: [] }],
  ["\n", { keysym: 0xff0d, code: "Enter", held: [] }],
];

/** Marks above letters, by which Unicode takes letters apart (NFD), and the characters of the keys that make them. */
const MARKS: Readonly<Record<string, string>> = {
  "\u0300": "`",
  "\u0301": "´",
  "\u0302": "^",
  "\u0308": "¨",
};

/** The keys that type the text, and the characters that no key types. */
export function strokesOf(
  text: string,
  layout: Layout,
): { strokes: readonly Stroke[]; untyped: readonly string[] } {
  const keys = keysOf(layout);
  const typed = Array.from(text.replaceAll("\r\n", "\n"), (character) => ({
    character,
    strokes: strokesFor(character, keys, layout.dead),
  }));
  return {
    strokes: typed.flatMap(({ strokes }) => strokes ?? []),
    untyped: [...new Set(typed.flatMap(({ character, strokes }) => (strokes === null ? [character] : [])))],
  };
}

function keysOf({ keys }: Layout): ReadonlyMap<string, Stroke> {
  const found = new Map<string, Stroke>(OTHERS);
  for (const [code, characters] of Object.entries(keys)) {
    for (const [level, character] of Array.from(characters).entries()) {
      if (!found.has(character))
        found.set(character, { keysym: keysymOf(character), code, held: HELD[level] ?? [] });
    }
  }
  return found;
}

/** Null where no key types it. A key that waits for the next one is told by a space that it is meant by itself. */
function strokesFor(
  character: string,
  keys: ReadonlyMap<string, Stroke>,
  dead: string,
): readonly Stroke[] | null {
  const stroke = keys.get(character);
  if (stroke !== undefined) return dead.includes(character) ? [stroke, SPACE] : [stroke];
  const [letter = "", mark = ""] = character.normalize("NFD");
  const sign = MARKS[mark] ?? "";
  const parts = [keys.get(sign), keys.get(letter)];
  if (sign === "" || !dead.includes(sign)) return null;
  return parts.every((part) => part !== undefined) ? parts : null;
}

export type Keyboard = { sendKey(keysym: number, code: string, down: boolean): void };

/** Presses the key and lets it go, with what is held for it. */
export function strike(keyboard: Keyboard, { keysym, code, held }: Stroke): void {
  for (const each of held) keyboard.sendKey(each.keysym, each.code, true);
  keyboard.sendKey(keysym, code, true);
  keyboard.sendKey(keysym, code, false);
  for (const each of held.toReversed()) keyboard.sendKey(each.keysym, each.code, false);
}

/** Types the text, a key after the other. Ends early where it is told to. */
export async function typeText(
  keyboard: Keyboard,
  strokes: readonly Stroke[],
  { delayMs, signal }: { readonly delayMs: number; readonly signal: AbortSignal },
): Promise<void> {
  for (const stroke of strokes) {
    if (signal.aborted) return;
    strike(keyboard, stroke);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}
