import assert from "node:assert/strict";
import { test } from "node:test";
import { mapPages, pagesOf, wholeOf } from "./pages.ts";

type Row = { readonly serial: number; readonly text: string };

const rowsOf = (count: number, bytes = 10): Row[] =>
  Array.from({ length: count }, (_, index) => ({ serial: 3 * index + 1, text: "x".repeat(bytes) }));

const read =
  (rows: readonly Row[], reads: number[] = []) =>
  async (after: number, most: number) => {
    reads.push(most);
    return rows.filter(({ serial }) => serial > after).slice(0, most);
  };

const size = ({ text }: Row) => text.length;

test("all rows come, in order and once, however many there are", async () => {
  for (const count of [0, 1, 15, 16, 17, 80, 1_000]) {
    const rows = rowsOf(count);
    assert.deepEqual(await wholeOf(pagesOf(read(rows), size)), rows);
  }
});

test("a page of small rows has many of them, and one of large rows few", async () => {
  const small: number[] = [];
  await wholeOf(pagesOf(read(rowsOf(2_000), small), size));
  assert.equal(Math.max(...small), 256);
  const large: number[] = [];
  await wholeOf(pagesOf(read(rowsOf(100, 64 * 1024), large), size));
  assert.deepEqual([...new Set(large)], [16, 2]);
  const huge: number[] = [];
  await wholeOf(pagesOf(read(rowsOf(20, 2 ** 20), huge), size));
  assert.equal(huge.at(-1), 1);
});

test("a page is read once the one before it was taken", async () => {
  const reads: number[] = [];
  const pages = pagesOf(read(rowsOf(1_000), reads), size);
  await pages.next();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(reads.length, 1);
  await pages.next();
  assert.equal(reads.length, 2);
});

test("what comes meanwhile has its turn after one page, however many long lists are read", async () => {
  const reads: number[] = [];
  const lists = ["a", "b", "c"].map(() => wholeOf(pagesOf(read(rowsOf(1_000), reads), size)));
  for (let turn = 1; turn <= 5; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    // The first page of each is read when it is asked for.
    assert.ok(reads.length <= 3 + turn + 1, `${reads.length} pages after ${turn} turns`);
  }
  await Promise.all(lists);
});

test("an error of the reading or the work ends it", async () => {
  const no = () => Promise.reject(new Error("no"));
  await assert.rejects(wholeOf(pagesOf(no, size)), { message: "no" });
  await assert.rejects(wholeOf(mapPages(pagesOf(read(rowsOf(20)), size), no)), { message: "no" });
});
