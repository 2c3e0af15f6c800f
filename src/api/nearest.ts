/** Which word somebody meant who mistyped it. */

/** From so many characters on, a word may have two typing errors. */
const LONG = 8;

/** The first of the words that are the fewest typing errors away from `given`; null where each is too far away. */
export function nearest(given: string, words: readonly string[]): string | null {
  let best: string | null = null;
  let mostErrors = given.length < LONG ? 1 : 2;
  for (const word of words) {
    // Each character that one has more is an error, so that long words are told apart at once.
    if (Math.abs(word.length - given.length) > mostErrors) continue;
    const errors = typingErrors(given, word);
    if (errors > mostErrors) continue;
    best = word;
    mostErrors = errors - 1;
  }
  return best;
}

/**
 * How many typing errors lead from one word to the other: characters that are left out, added, replaced, or swapped with
 * the next (optimal string alignment distance).
 */
function typingErrors(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        at(last, j) + 1,
        at(row, j - 1) + 1,
        at(last, j - 1) + (isSame ? 0 : 1),
        isSwapped ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, other.length);
}

const at = (row: readonly number[], index: number) => row[index] ?? Number.POSITIVE_INFINITY;
