import assert from "node:assert/strict";
import { test } from "node:test";
import { faultOf, patternsIn } from "./patterns.ts";

test("every pattern of a file is found, wherever it stands", () => {
  const text = [
    "const A: RegExp = /a+/u;",
    'export const f = (x: string) => x.replace(/b\\/[/]/g, "/no/").split(/\\s/);',
    "// /comment/",
    "class C { readonly #p = /c/; }",
    "const half = 4 / 2 / 1;",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the text of a template.
    "const t = `/no/${/d/.source}`;",
  ].join("\n");
  const sources = patternsIn("x.ts", text).map((pattern) => pattern && `/${pattern.source}/${pattern.flags}`);
  assert.deepEqual(sources, ["/a+/u", "/b\\/[/]/g", "/\\s/", "/c/", "/d/"]);
});

test("a pattern that is put together as the program runs is found as such", () => {
  assert.deepEqual(patternsIn("x.ts", "new RegExp(a); RegExp(b);"), [null, null]);
});

test("what is no TypeScript is not taken for a file without patterns", () => {
  assert.throws(() => patternsIn("x.ts", "const = /a/"), /^Error: x\.ts: /);
});

const slow: readonly [what: string, pattern: RegExp][] = [
  ["blanks before and behind what may be missing", /^\s*(?:\{\s*\}|null)?\s*$/],
  ["one that begins anew at each character", /\s+$/],
  ["one of several lines", /^\s*nameserver\s+(\S+)/gm],
  ["two runs with a word between", /^\S*qemu-system-\S+: /],
  ["an exponential one", /^(?:a|a)*$/],
];
for (const [what, { source, flags }] of slow) {
  test(`a pattern that is slower than its input is long is named with such an input: ${what}`, async () => {
    assert.match((await faultOf({ source, flags })) ?? "", /(polynomial|exponential).*, at '/);
  });
}

test("a pattern that is linear is none", async () => {
  for (const { source, flags } of [/^\d{1,15}$/, /[\p{Cc}\p{Zl}]/u, /^bytes (\d+)-\d+\/(\d+)$/, /a/g]) {
    assert.equal(await faultOf({ source, flags }), null);
  }
});
