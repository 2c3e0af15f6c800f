/** Text as the keys that type it, in each layout. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Stroke, strokesOf } from "../src/screen/keys.ts";
import { LAYOUTS, type LayoutName } from "../src/screen/layouts.ts";

const shown = ({ code, held }: Stroke) => [...held.map((key) => key.code), code].join("+");

const typed = (layout: LayoutName, text: string) => {
  const { strokes, untyped } = strokesOf(text, LAYOUTS[layout]);
  assert.deepEqual(untyped, []);
  return strokes.map(shown).join(" ");
};

test("a capital and a sign are their key with what is held for it, by the layout", () => {
  assert.equal(
    typed("us", 'gG|"@'),
    "KeyG ShiftLeft+KeyG ShiftLeft+Backslash ShiftLeft+Quote ShiftLeft+Digit2",
  );
  assert.equal(
    typed("uk", '|"@#~£'),
    "ShiftLeft+IntlBackslash ShiftLeft+Digit2 ShiftLeft+Quote Backslash ShiftLeft+Backslash ShiftLeft+Digit3",
  );
  assert.equal(
    typed("de", "yZ@|/ß~"),
    "KeyZ ShiftLeft+KeyY AltRight+KeyQ AltRight+IntlBackslash ShiftLeft+Digit7 Minus AltRight+BracketRight",
  );
  assert.equal(
    typed("fr", "aA1.é@^`"),
    "KeyQ ShiftLeft+KeyQ ShiftLeft+Digit1 ShiftLeft+Comma Digit2 AltRight+Digit0 BracketLeft Space AltRight+Digit7",
  );
});

test("a key that waits for the next is told by a space that it is meant, and makes a letter with another", () => {
  assert.equal(typed("de", "^`"), "Backquote Space ShiftLeft+Equal Space");
  assert.equal(typed("de", "éÂ"), "Equal KeyE Backquote ShiftLeft+KeyA");
  assert.equal(typed("fr", "ïê"), "ShiftLeft+BracketLeft KeyI BracketLeft KeyE");
});

for (const layout of Object.keys(LAYOUTS) as LayoutName[]) {
  test(`every character of ASCII is typed by the layout ${layout}, each by keys of its own`, () => {
    const ascii = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index));
    const keys = ascii.map((character) => typed(layout, character));
    assert.equal(new Set(keys).size, ascii.length);
    assert.equal(typed(layout, "\t\r\n"), "Tab Enter");
  });
}

test("what no key types is told, once each", () => {
  assert.deepEqual(strokesOf("a漢é漢", LAYOUTS.us).untyped, ["漢", "é"]);
});
