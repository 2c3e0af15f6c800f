/** Objects whose rows in the store are damaged. A list shows their names alone, and all other objects as usual. */

/** The names of an object whose row could not be read, and why it could not. */
export type Unreadable<Names> = Names & { readonly unreadable: Error };

/** What `read` makes of a row; `names` and the error when it throws one. */
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
