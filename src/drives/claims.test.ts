import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeClaim } from "./claims.ts";

const cases = [
  { claimType: "exclusive", claimed: [], allowed: true },
  { claimType: "exclusive", claimed: ["me"], allowed: true },
  { claimType: "exclusive", claimed: ["other"], allowed: false },
  { claimType: "shared", claimed: ["other", "third"], allowed: true },
] as const;

for (const { claimType, claimed, allowed } of cases) {
  test(`a server ${allowed ? "gets" : "does not get"} an ${claimType} drive that [${claimed}] holds`, () => {
    const judge = () => judgeClaim({ uuid: "d", claimType, claimed }, "me");
    if (allowed) judge();
    else assert.throws(judge, { type: "busy", message: "drive d is in use by server other" });
  });
}
