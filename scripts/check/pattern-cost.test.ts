import assert from "node:assert/strict";
import { test } from "node:test";
import { long } from "../../testing/share.ts";
import { attacksOn, attackText, witness } from "./attacks.ts";
import { slowAt } from "./pattern-cost.ts";
import { allPatterns, type Pattern } from "./patterns.ts";

const told = ({ source, flags }: Pick<Pattern, "source" | "flags">) => `/${source}/${flags}`;

/** Those of the patterns that are slow at an attack on them. */
async function slowOf(patterns: readonly Pattern[]): Promise<string[]> {
  const slow: string[] = [];
  for (const pattern of patterns) {
    const known = await witness(pattern);
    const attacks = [...(known === null ? [] : [known]), ...attacksOn(pattern)];
    if (slowAt(pattern, attacks) !== null) slow.push(told(pattern));
  }
  return slow;
}

test(
  "no pattern of what runs costs more than its text is long, at texts that double, and a planted one does",
  long,
  async () => {
    const patterns = allPatterns().flatMap(({ pattern }) => pattern ?? []);
    const { source, flags } = /^ *basic +\S* *$|\s+$/;
    const middle = Math.floor(patterns.length / 2);
    const planted = patterns.toSpliced(middle, 0, { file: "src/planted.ts", source, flags });
    assert.deepEqual(await slowOf(planted), [told({ source, flags })]);
  },
);

const slow: readonly [what: string, pattern: RegExp][] = [
  ["blanks before and behind what may be missing", /^\s*(?:\{\s*\}|null)?\s*$/],
  ["one of several lines", /^\s*nameserver\s+(\S+)/gm],
  ["two runs with a word between", /^\S*qemu-system-\S+: /],
  ["an exponential one", /^(?:a|a)*$/],
];
for (const [what, { source, flags }] of slow) {
  test(`a slow pattern is found by attacks that its parts suggest: ${what}`, () => {
    const pattern = { file: "x.ts", source, flags };
    assert.notEqual(slowAt(pattern, attacksOn(pattern)), null);
  });
}

test("a slow pattern is found by the attack that the static analysis knows", async () => {
  const { source, flags } = /foo.*bar.*baz/;
  const pattern = { file: "x.ts", source, flags };
  const known = await witness(pattern);
  assert.ok(known !== null);
  assert.equal(slowAt(pattern, [known]), known);
});

test("a text of an attack is as long as it is asked for", () => {
  const attack = {
    pumps: [
      { prefix: "x", pump: "ab" },
      { prefix: "", pump: "c" },
    ],
    suffix: "!",
  };
  assert.equal(attackText(attack, 8), "xababcccc!");
});
