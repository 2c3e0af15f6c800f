import assert from "node:assert/strict";
import { test } from "node:test";
import type { Properties } from "../../api/properties.ts";
import { ToldPages } from "./told-pages.ts";

const MIB = 2 ** 20;

const pageOf = (note: string, count = 1): Properties[] =>
  Array.from({ length: count }, () => [["user:note", note]]);

/** Tells a page, and how often an object was written for it. */
function telling() {
  const told = new ToldPages();
  const count = { written: 0 };
  const tell = (page: readonly Properties[]) => {
    count.written = 0;
    const write = ([[, value] = ["", ""]]: Properties) => {
      count.written++;
      return String(value);
    };
    return told.again(page, write, ",")?.toString() ?? null;
  };
  return { tell, count };
}

test("a page has its bytes from the second time on, and they are made once", () => {
  const { tell, count } = telling();
  const page = pageOf("é", 3);
  assert.deepEqual([tell(page), count.written], [null, 0]);
  assert.deepEqual([tell([...page]), count.written], [",é,é,é", 3]);
  assert.deepEqual([tell([...page]), count.written], [",é,é,é", 0]);
});

test("one with another object, with fewer or with more, is another page", () => {
  const { tell } = telling();
  const page = pageOf("x", 3);
  for (const other of [[...page.slice(0, 2), ...pageOf("y")], page.slice(0, 2), [...page, ...pageOf("z")]]) {
    for (const _ of [1, 2]) tell(page);
    assert.equal(tell(page), ",x,x,x");
    assert.equal(tell(other), null);
  }
});

test("an empty page and a long one have none", () => {
  const { tell, count } = telling();
  const long = pageOf("x".repeat(MIB));
  for (const page of [[], long]) for (const _ of [1, 2, 3]) assert.equal(tell(page), null);
  assert.ok(count.written <= 1);
});

test("all that are kept have a bound: those that were told longest ago make way", () => {
  const { tell } = telling();
  const pages = Array.from({ length: 50 }, () => pageOf("x".repeat(MIB / 5)));
  for (const page of pages) for (const _ of [1, 2]) tell(page);
  assert.equal(tell(pages[0] ?? []), null);
  assert.notEqual(tell(pages[49] ?? []), null);
  // What is written once and never again bears no bytes, and is bounded too.
  const many = Array.from({ length: 150 }, () => pageOf("y", 1_000));
  for (const page of many) tell(page);
  assert.equal(tell(pages[49] ?? []), null);
});
