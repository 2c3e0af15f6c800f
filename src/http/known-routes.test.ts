import assert from "node:assert/strict";
import { test } from "node:test";
import { KnownRoutes } from "./known-routes.ts";

test("what was found is known by its method and its URL, to the letter", () => {
  const known = new KnownRoutes<string>();
  known.remember("GET", "/servers/a/info", "info");
  assert.equal(known.find("GET", "/servers/a/info"), "info");
  assert.equal(known.find("POST", "/servers/a/info"), undefined);
  assert.equal(known.find("GET", "/servers/A/info"), undefined);
});

test("a bounded number of URLs is known, and those of a bounded length", () => {
  const known = new KnownRoutes<number>();
  for (let index = 0; index < 1_001; index++) known.remember(index % 2 ? "GET" : "POST", `/${index}`, index);
  assert.equal(known.find("POST", "/1000"), 1000, "the last is known");
  for (let index = 0; index < 1_000; index++) {
    assert.equal(known.find(index % 2 ? "GET" : "POST", `/${index}`), undefined);
  }
  const long = `/${"a".repeat(200)}`;
  known.remember("GET", long, 1);
  assert.equal(known.find("GET", long), undefined);
});

test("a URL that is remembered again takes no second place", () => {
  const known = new KnownRoutes<number>();
  known.remember("GET", "/first", 1);
  for (let times = 0; times < 2_000; times++) known.remember("GET", "/again", times);
  assert.equal(known.find("GET", "/first"), 1);
});
