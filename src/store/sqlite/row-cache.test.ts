import assert from "node:assert/strict";
import { test } from "node:test";
import { LOOK_AFTER_MS, RowCache } from "./row-cache.ts";

/** A cache with a version and a clock that the test sets, in front of rows that are numbered by the read. */
function cached() {
  const world = { version: 1, now: 0, looks: 0, reads: 0 };
  const cache = new RowCache(
    () => {
      world.looks++;
      return world.version;
    },
    () => world.now,
  );
  const results = cache.open();
  const read = async (key = "a") => (await cache.rows(results, key, () => [++world.reads]))[0];
  return { world, cache, read };
}

test("rows are kept, for each set of parameters by itself", async () => {
  const { read } = cached();
  assert.deepEqual(await Promise.all([read("a"), read("b"), read("a"), read("b")]), [1, 2, 1, 2]);
});

test("that there is no row is kept too, until it is forgotten", async () => {
  const { cache } = cached();
  const results = cache.open();
  let reads = 0;
  const read = () => cache.rows(results, "a", () => (++reads === 1 ? [] : ["row"]));
  assert.deepEqual(await Promise.all([read(), read()]), [[], []]);
  cache.forget();
  assert.deepEqual(await read(), ["row"]);
});

test("a commit of this process is seen at once", async () => {
  const { cache, read } = cached();
  await read();
  cache.forget();
  assert.equal(await read(), 2);
});

test("a commit of another process is seen by who reads LOOK_AFTER_MS later, and looked for no more often", async () => {
  const { world, read } = cached();
  await read();
  world.version = 2;
  const looksBefore = world.looks;
  world.now = LOOK_AFTER_MS - 1;
  assert.equal(await read(), 1);
  assert.equal(world.looks, looksBefore);
  world.now = LOOK_AFTER_MS;
  assert.equal(await read(), 2);
  await read();
  assert.equal(world.looks, looksBefore + 1);
});

test("a bounded number of results is kept", async () => {
  const { cache, read } = cached();
  for (let index = 0; index < 20_001; index++) await read(String(index));
  assert.equal(await read("20000"), 20_001, "the last is kept");
  assert.equal(await read("0"), 20_002, "the first is not");
  cache.forget();
});

test("rows with much text are not kept, and what all that are kept have is bounded", async () => {
  const { cache } = cached();
  const results = cache.open();
  let reads = 0;
  const read = (key: string, characters: number) =>
    cache.rows(results, key, () => {
      reads++;
      return [{ text: "x".repeat(characters) }];
    });
  await read("large", 68 * 1024 + 1);
  await read("large", 68 * 1024 + 1);
  assert.equal(reads, 2);
  for (let index = 0; index < 1024; index++) await read(String(index), 32 * 1024);
  await read("0", 32 * 1024);
  assert.equal(reads, 2 + 1024, "32 MiB are kept");
  await read("one more", 1);
  await read("0", 32 * 1024);
  assert.equal(reads, 2 + 1024 + 2, "and then forgotten");
});

test("a read that fails is not kept", () => {
  const { cache } = cached();
  const results = cache.open();
  const fail = () => {
    throw new Error("the disk is away");
  };
  assert.throws(() => cache.rows(results, "a", fail), /the disk is away/);
  assert.deepEqual(
    cache.rows(results, "a", () => ["row"]),
    ["row"],
  );
});
