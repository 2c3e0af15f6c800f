import assert from "node:assert/strict";
import { test } from "node:test";
import { RecentObjects } from "./recent-objects.ts";

type Row = { uuid: string; revision: number; generation: number; serial: number; text: string };

const row = (name: string, more: Partial<Row> = {}): Row => ({
  ...{ uuid: name, revision: 1, generation: 1, serial: Number(name), text: "text" },
  ...more,
});

/** The objects of rows, and how often each was read. */
function reading() {
  const reads: string[] = [];
  const recent = new RecentObjects({
    read: ({ uuid, text }: Row) => {
      reads.push(uuid);
      if (text === "damaged") throw new Error(`${uuid} is damaged`);
      return { uuid, text };
    },
    charactersIn: ({ text }) => text.length,
    isKept: ({ text }) => text.length <= 64 * 1024,
  });
  return { recent, reads };
}

test("a row is read once for each revision and each generation", () => {
  const { recent, reads } = reading();
  const first = recent.of(row("1"));
  assert.equal(recent.of(row("1")), first);
  assert.equal(recent.of(row("1", { revision: 2, text: "other" })).text, "other");
  assert.equal(recent.of(row("1", { revision: 2, generation: 2, text: "third" })).text, "third");
  assert.deepEqual(reads, ["1", "1", "1"]);
});

test("a row that cannot be read is tried again, and a long one is read each time", () => {
  const { recent, reads } = reading();
  for (const text of ["damaged", "damaged"]) assert.throws(() => recent.of(row("1", { text })), /damaged/);
  const long = row("2", { text: "x".repeat(65 * 1024) });
  assert.deepEqual(recent.of(long), recent.of(long));
  assert.deepEqual(reads, ["1", "1", "2", "2"]);
});

test("what is kept is bounded: those that were read first make way", () => {
  const { recent, reads } = reading();
  const rows = Array.from({ length: 40_000 }, (_, at) => row(String(at)));
  for (const each of rows) recent.of(each);
  reads.length = 0;
  recent.of(row("39999"));
  assert.deepEqual(reads, []);
  recent.of(row("0"));
  assert.deepEqual(reads, ["0"]);
});

test("of a page of which each is known by its revision nothing else is read", async () => {
  const { recent } = reading();
  const rows = [row("1"), row("2"), row("3")];
  let pages = 0;
  const read = async () => {
    const behind = <Found extends { serial: number }>(all: readonly Found[], after: number, most: number) =>
      all.filter(({ serial }) => serial > after).slice(0, most);
    const found: string[] = [];
    const objects = recent.pages(
      "user",
      {
        revisions: ({ after, most }) => behind(rows, after, most),
        rows: ({ after, most }) => {
          pages++;
          return behind(rows, after, most);
        },
      },
      (each) => recent.of(each),
    );
    for await (const page of objects) for (const { object } of page) found.push(object.text);
    return found;
  };
  assert.deepEqual(await read(), ["text", "text", "text"]);
  assert.deepEqual(await read(), ["text", "text", "text"]);
  assert.equal(pages, 1);
  rows[1] = row("2", { revision: 2, text: "changed" });
  assert.deepEqual(await read(), ["text", "changed", "text"]);
  assert.equal(pages, 2);
});
