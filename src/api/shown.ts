/** What came, as a sentence or the log repeats it: nothing of it steers a terminal, ends a line or is without an end. */
import { visible } from "../base/one-line.ts";

const MOST_CHARACTERS = 60;

/** A word that shows as it is. */
const PLAIN = /^[\w.:/*-]{1,60}$/;

/** `text` quoted, on one line, and cut short. */
export function shown(text: string, mostCharacters = MOST_CHARACTERS): string {
  const characters = [...text.slice(0, 2 * mostCharacters)];
  const isCut = characters.length > mostCharacters || text.length > 2 * mostCharacters;
  const quoted = JSON.stringify(characters.slice(0, mostCharacters).join(""));
  return `${visible(quoted)}${isCut ? "…" : ""}`;
}

/** A word that stands for a thing, such as a uuid or a key: as it is where that is plain, else as `shown`. */
export function shownWord(word: string): string {
  return PLAIN.test(word) ? word : shown(word);
}
