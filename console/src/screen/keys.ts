/**
 * Text as the keys of a keyboard (US layout) that type it. A guest is sent keys, not letters: a capital is its key with Shift held,
 * which has to be pressed for itself.
 */

export type Stroke = { readonly keysym: number; readonly code: string; readonly isShifted: boolean };

/** Keys with what they type, plain and with Shift (X11's keysyms of Latin-1 are the characters' own numbers). */
const KEYS: readonly (readonly [code: string, plain: string, shifted: string])[] = [
  ...Array.from("abcdefghijklmnopqrstuvwxyz", (letter) => {
    const capital = letter.toUpperCase();
    return [`Key${capital}`, letter, capital] as const;
  }),
  ...Array.from(")!@#$%^&*(", (shifted, digit) => [`Digit${digit}`, String(digit), shifted] as const),
  ["Backquote", "`", "~"],
  ["Minus", "-", "_"],
  ["Equal", "=", "+"],
  ["BracketLeft", "[", "{"],
  ["BracketRight", "]", "}"],
  ["Backslash", "\\", "|"],
  ["Semicolon", ";", ":"],
  ["Quote", "'", '"'],
  ["Comma", ",", "<"],
  ["Period", ".", ">"],
  ["Slash", "/", "?"],
];

const TAB = 0xff09;
const RETURN = 0xff0d;
const SHIFT = { keysym: 0xffe1, code: "ShiftLeft" } as const;

const keysymOf = (character: string) => character.codePointAt(0) ?? 0;

const STROKES: ReadonlyMap<string, Stroke> = new Map<string, Stroke>([
  [" ", { keysym: keysymOf(" "), code: "Space", isShifted: false }],
  ["\t", { keysym: TAB, code: "Tab", isShifted: false }],
  ["\n", { keysym: RETURN, code: "Enter", isShifted: false }],
  ...KEYS.flatMap(([code, plain, shifted]): [string, Stroke][] => [
    [plain, { keysym: keysymOf(plain), code, isShifted: false }],
    [shifted, { keysym: keysymOf(shifted), code, isShifted: true }],
  ]),
]);

/** The keys that type the text, and the characters that no key types. */
export function strokesOf(text: string): { strokes: readonly Stroke[]; untyped: readonly string[] } {
  const characters = Array.from(text.replaceAll("\r\n", "\n"));
  const strokes = characters.flatMap((character) => STROKES.get(character) ?? []);
  const untyped = [...new Set(characters.filter((character) => !STROKES.has(character)))];
  return { strokes, untyped };
}

type Keyboard = { sendKey(keysym: number, code: string, down: boolean): void };

/** Types the text, a key after the other. Ends early where it is told to. */
export async function typeText(
  keyboard: Keyboard,
  strokes: readonly Stroke[],
  { delayMs, signal }: { readonly delayMs: number; readonly signal: AbortSignal },
): Promise<void> {
  for (const { keysym, code, isShifted } of strokes) {
    if (signal.aborted) return;
    if (isShifted) keyboard.sendKey(SHIFT.keysym, SHIFT.code, true);
    keyboard.sendKey(keysym, code, true);
    keyboard.sendKey(keysym, code, false);
    if (isShifted) keyboard.sendKey(SHIFT.keysym, SHIFT.code, false);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}
