/** Objects whose rows are damaged: in a list they are told by their names, and hide none of the others. */

/** Nothing can be said of it but what names it. */
export type Unreadable<Names> = Names & { readonly unreadable: Error };

/** What `read` answers of a row; where it cannot, what names it, and why. */
export function readOr<Names extends object, Value>(
  names: Names,
  read: () => Value,
): Value | Unreadable<Names> {
  try {
    return read();
  } catch (error) {
    return { ...names, unreadable: error as Error };
  }
}
