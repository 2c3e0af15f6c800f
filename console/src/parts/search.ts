/**
 * What an address has behind its question mark, as plain text. The router's own way reads each value as JSON, so that a filter
 * somebody types as `5`, `true` or `{}` would come back from the address as no text.
 */

export type Search = Readonly<Record<string, unknown>>;

/** Each value as it stands; of a name that is there twice, the last. */
export const readSearch = (query: string): Record<string, unknown> =>
  Object.fromEntries(new URLSearchParams(query));

export function writeSearch(search: Search): string {
  const texts = Object.entries(search).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return texts.length === 0 ? "" : `?${new URLSearchParams(texts)}`;
}

/** Leaves a page what its check lets through: the router would keep beneath it whatever else the address has. */
export const nothingBut =
  <T extends object>(check: (search: Search) => T) =>
  (search: Search): T => ({
    ...Object.fromEntries(Object.keys(search).map((name) => [name, undefined])),
    ...check(search),
  });

/** Whether the address, or a link of the console, says yes. */
export const isYes = (value: unknown): boolean => String(value) === "true";
