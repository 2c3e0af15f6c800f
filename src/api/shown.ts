/** What came, as a sentence or the log repeats it: nothing of it steers a terminal, ends a line or is without an end. */

const MOST_CHARACTERS = 60;

/**
 * What JSON leaves as it is and people do not see as it is: controls beyond ASCII, separators of lines, and what is
 * invisible or turns the direction of what follows (Unicode's general categories Cc, Cf, Zl, Zp).
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A word that shows as it is. */
const PLAIN = /^[\w.:/*-]{1,60}$/;

/** `text` quoted, on one line, and cut short. */
export function shown(text: string, mostCharacters = MOST_CHARACTERS): string {
  const characters = [...text.slice(0, 2 * mostCharacters)];
  const isCut = characters.length > mostCharacters || text.length > 2 * mostCharacters;
  const quoted = JSON.stringify(characters.slice(0, mostCharacters).join(""));
  return `${quoted.replace(UNSEEN, escaped)}${isCut ? "…" : ""}`;
}

/** A word that stands for a thing, such as a uuid or a key: as it is where that is plain, else as `shown`. */
export function shownWord(word: string): string {
  return PLAIN.test(word) ? word : shown(word);
}

/** As JSON spells them, a surrogate pair as its two halves. */
function escaped(character: string): string {
  return character
    .split("")
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join("");
}
