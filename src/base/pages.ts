/**
 * Long lists in pages, so that none is ever in memory whole, nor holds up what others ask: between two pages the process
 * turns to whatever else has come, and however many long lists are under way, one page is read at a turn.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Soon } from "./soon.ts";

/** How many rows the first page has, before anybody knows how large they are. */
const FIRST_ROWS = 16;
const MOST_ROWS = 256;
/** What the rows of a page come to, about: a few milliseconds of work. */
const PAGE_BYTES = 128 * 1024;

let lastTurn: Promise<void> = Promise.resolve();

async function giveWay(): Promise<void> {
  lastTurn = lastTurn.then(() => nextTurn());
  await lastTurn;
}

/**
 * The rows in pages that are not empty, each read once the one before it is done with.
 *
 * @param read the first rows behind a serial number, in their order
 * @param sizeOf about how many bytes a row has
 */
export async function* pagesOf<Row extends { readonly serial: number }>(
  read: (after: number, most: number) => Soon<readonly Row[]>,
  sizeOf: (row: Row) => number,
): AsyncGenerator<readonly Row[]> {
  let most = FIRST_ROWS;
  for (let after = -1; ; ) {
    const rows = await read(after, most);
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    if (rows.length < most) return;
    after = last.serial;
    const bytes = rows.reduce((sum, row) => sum + sizeOf(row), 0) || 1;
    most = Math.max(1, Math.min(MOST_ROWS, 4 * most, Math.floor((PAGE_BYTES * rows.length) / bytes)));
    await giveWay();
  }
}

/** What `work` makes of each page. */
export async function* mapPages<Item, Result>(
  pages: AsyncIterable<readonly Item[]>,
  work: (page: readonly Item[]) => readonly Result[] | Promise<readonly Result[]>,
): AsyncGenerator<readonly Result[]> {
  for await (const page of pages) yield await work(page);
}

/** All of it at once, for what is known to be short. */
export async function wholeOf<Item>(pages: AsyncIterable<readonly Item[]>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}
