import assert from "node:assert/strict";
import { test } from "node:test";
import { type Act, history } from "./acts.ts";
import { Difference } from "./history.ts";
import { type Failing, shrink } from "./shrink.ts";

test("what is wrong is shrunk to the one act that it takes, and no try has the daemon look more often", async () => {
  const acts = history(1);
  const wrong = acts.findLastIndex(({ do: deed, crash }) => deed === "go to the next end" && crash !== null);
  const often = Math.min(...acts.map(({ every }) => every));
  let tries = 0;
  const fails = async (tried: readonly Act[]): Promise<Failing | null> => {
    tries++;
    assert.ok(tried.every(({ every }) => every >= often));
    const at = tried.findIndex(({ do: deed }) => deed === "go to the next end");
    return at < 0 ? null : { acts: tried.slice(0, at + 1), error: new Difference(at, "is wrong") };
  };
  const failing = { acts: acts.slice(0, wrong + 1), error: new Difference(wrong, "is wrong") };
  const { acts: least } = await shrink(failing, 60, fails);
  assert.deepEqual(
    least.map(({ do: deed, after, who, crash }) => [deed, after, who, crash]),
    [["go to the next end", 0, 0, null]],
  );
  assert.ok(tries > 1);
});
