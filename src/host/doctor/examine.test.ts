import assert from "node:assert/strict";
import { test } from "node:test";
import { check } from "./examine.ts";

test("what is as it should be is good, and what something follows from is lacking", async () => {
  assert.deepEqual(await check("KVM", async () => ({ state: "yes" })), {
    ...{ name: "KVM", verdict: "good", state: "yes" },
  });
  const lack = { state: "no", follows: "guests are slow", todo: "turn it on" };
  assert.deepEqual(await check("KVM", async () => lack), { name: "KVM", verdict: "lacking", ...lack });
});

test("what cannot be found out is unknown, and is waited for so long and no longer", async () => {
  const broken = async () => {
    throw new Error("nft does not run");
  };
  assert.deepEqual(await check("Network", broken), {
    ...{ name: "Network", verdict: "unknown", state: "not known: nft does not run" },
  });
  const late = await check("Network", () => new Promise<never>(() => {}), 5);
  assert.deepEqual(late, {
    ...{ name: "Network", verdict: "unknown", state: "not known: it took longer than 0.005 s" },
  });
});
