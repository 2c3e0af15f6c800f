/** Work on several items at once with the results in the order of the items. */

/**
 * Works on up to `atOnce()` items at a time and yields each result once it and all before it are there. So what has been
 * yielded is complete from the first item on, and no more than so many results are ever held.
 *
 * Errors: the first failing item's, in its turn; no further item is begun then.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  atOnce: () => number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  for await (const item of items) {
    const result = work(item);
    // It is awaited in its turn; until then its failure is not an unhandled one.
    result.catch(() => {});
    begun.push(result);
    while (begun.length >= atOnce()) yield (await begun.shift()) as Result;
  }
  for (const result of begun) yield await result;
}
