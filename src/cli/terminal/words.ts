/** The words of a command line: as they came, byte by byte, and as a shell takes them. */
import { readFileSync } from "node:fs";
import { bytesOfText, textOfBytes } from "./byte-text.ts";

/**
 * The words that this process was given, with bytes that are not UTF-8 as `textOfBytes` has them: Node itself loses those, and
 * the kernel keeps them (proc_pid_cmdline(5)). Where there is no such file, the words as Node has them.
 */
export function ownWords(argv: readonly string[] = process.argv, cmdline = "/proc/self/cmdline"): string[] {
  const words = argv.slice(2);
  // Node replaces what it cannot decode, and by this alone.
  if (!words.some((word) => word.includes("\ufffd"))) return words;
  try {
    const raw = readFileSync(cmdline, "latin1").split("\0").slice(0, -1);
    return raw.slice(raw.length - words.length).map((word) => textOfBytes(Buffer.from(word, "latin1")));
  } catch {
    return words;
  }
}

/** A word as a shell takes it, for a command line that is shown: bytes that show nothing are octal. */
export function shellWord(word: string): string {
  if (/^[\w./:@%+=,-]+$/.test(word)) return word;
  const parts = word.split(/((?:\p{Cc}|[\u{dc80}-\u{dcff}])+)/u);
  const quoted = parts.map((part, index) => {
    if (index % 2 === 1) return `$'${Array.from(bytesOfText(part), octal).join("")}'`;
    return part === "" ? "" : `'${part.replaceAll("'", "'\\''")}'`;
  });
  return quoted.join("") || "''";
}

const octal = (byte: number) => `\\${byte.toString(8).padStart(3, "0")}`;
