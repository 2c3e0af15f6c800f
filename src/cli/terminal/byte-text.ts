/**
 * Bytes that need not be UTF-8, such as words of a command line and names of files, as text and back. A byte that is part of
 * no character is one surrogate of its own, U+DC80 to U+DCFF, which stands in no text that is well formed: so nothing is lost
 * (the error handler "surrogateescape" of PEP 383).
 */
import { isUtf8 } from "node:buffer";

const ESCAPE = 0xdc00;
const LONGEST_CHARACTER = 4;

/** The text that stands for the bytes. */
export function textOfBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const character = characterAt(bytes, at);
    text += character?.toString() ?? String.fromCharCode(ESCAPE + (bytes[at] ?? 0));
    at += character?.length ?? 1;
  }
  return text;
}

/** The bytes that the text stands for. */
export function bytesOfText(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = Array.from(text, (character) =>
    isEscape(character) ? Buffer.from([character.charCodeAt(0) - ESCAPE]) : Buffer.from(character),
  );
  return Buffer.concat(parts);
}

/** What the functions of `node:fs` take for the name of a file: bytes only where it needs them. */
export function pathOfText(text: string): string | Buffer {
  return text.isWellFormed() ? text : bytesOfText(text);
}

const isEscape = (character: string) => /^[\u{dc80}-\u{dcff}]$/u.test(character);

function characterAt(bytes: Buffer, at: number): Buffer | null {
  for (let length = 1; length <= LONGEST_CHARACTER && at + length <= bytes.length; length++) {
    const character = bytes.subarray(at, at + length);
    if (isUtf8(character)) return character;
  }
  return null;
}
