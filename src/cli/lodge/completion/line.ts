/** What may be typed behind a program's name, for the completion of shells: lines of places, each with what it takes. */

/** What is offered in a place: names of files or of folders, some words, or nothing, where only the caller knows. */
export type Offer = "files" | "folders" | readonly string[];

export const NOTHING: Offer = [];

/** A place that one word stands in. */
export type Place = {
  /** The only word that may stand there; null where it is whatever the caller chooses. */
  readonly word: string | null;
  readonly offer: Offer;
};

export type Flag = {
  readonly flag: string;
  /** What the word behind it is; null where it takes none. */
  readonly value: Offer | null;
};

/** One way to call a program. */
export type Line = {
  readonly places: readonly Place[];
  /** What it does, in one line. */
  readonly does: string;
  readonly flags: readonly Flag[];
};

export type Program = {
  readonly name: string;
  readonly lines: readonly Line[];
};

/** A word that always is the same. */
export const fixed = (word: string): Place => ({ word, offer: [word] });

/** A word of the caller's. */
export const free = (offer: Offer): Place => ({ word: null, offer });
