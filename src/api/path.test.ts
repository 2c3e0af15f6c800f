import assert from "node:assert/strict";
import { test } from "node:test";
import { expandPath, isParameter, matchesPath } from "./path.ts";

const expansions: readonly [path: string, paths: readonly string[]][] = [
  ["drives/list", ["drives/list"]],
  ["drives/DRIVE/write[/OFFSET]", ["drives/DRIVE/write", "drives/DRIVE/write/OFFSET"]],
  ["resources[/TYPE]/list", ["resources/list", "resources/TYPE/list"]],
  ["a[/B]/c[/D]", ["a/c", "a/c/D", "a/B/c", "a/B/c/D"]],
];
for (const [path, paths] of expansions) {
  test(`${path} stands for ${paths.join(", ")}`, () => {
    assert.deepEqual(
      expandPath(path).map((words) => words.join("/")),
      paths,
    );
  });
}

test("a word in capitals is a parameter, and no other is", () => {
  assert.deepEqual(["DRIVE", "drive", "Drive", "D1", ""].map(isParameter), [
    true,
    false,
    false,
    false,
    false,
  ]);
});

const urls: readonly [url: string, matches: boolean][] = [
  ["/drives/x/info", true],
  ["//drives//x/info/", true],
  ["/drives/x/info?a=/b", true],
  ["/drives/info", false],
  ["/drives/x/info/full", false],
  ["/servers/x/info", false],
  ["/", false],
];
for (const [url, matches] of urls) {
  test(`${url} is ${matches ? "a" : "no"} path of drives/DRIVE/info`, () => {
    assert.equal(matchesPath(["drives", "DRIVE", "info"], url), matches);
  });
}
