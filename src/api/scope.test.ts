import assert from "node:assert/strict";
import { test } from "node:test";
import { covers, opens, parseScope, type Scope, scopeText } from "./scope.ts";

test("a scope is all, read, or areas in one order, each once", () => {
  for (const [text, kept] of [
    ["all", "all"],
    ["read", "read"],
    ["drives", "drives"],
    [" servers  drives servers", "drives servers"],
    ["profile resources servers drives", "drives servers resources profile"],
  ] as const) {
    const scope = parseScope(text);
    assert.equal(scope === null ? null : scopeText(scope), kept);
  }
  for (const text of [
    "",
    " ",
    "all read",
    "drives all",
    "drives read",
    "accounts",
    "Drives",
    "drives,servers",
  ])
    assert.equal(parseScope(text), null, text);
});

test("a scope of areas opens the commands whose paths begin with them, and read what reads", () => {
  const opened = (scope: Scope, path: string, effect: "reads" | "changes" = "changes") =>
    opens(scope, { path, effect });
  assert.ok(opened("all", "accounts/create"));
  assert.ok(opened("read", "drives/list", "reads"));
  assert.ok(!opened("read", "drives/create"));
  assert.ok(opened(["drives"], "drives/create"));
  assert.ok(opened(["resources"], "resources[/TYPE]/list", "reads"));
  assert.ok(opened(["profile"], "profile/keys/create"));
  assert.ok(opened(["drives"], "pricing/info", "reads"), "everybody may ask for prices");
  for (const path of ["servers/create", "profile/info", "events[/FROM]", "accounts/list", "drivesx/list"])
    assert.ok(!opened(["drives"], path, "reads"), path);
});

test("a scope covers itself and what it has more than", () => {
  const covered: readonly (readonly [wide: Scope, narrow: Scope, isCovered: boolean])[] = [
    ["all", "all", true],
    ["all", "read", true],
    ["all", ["drives"], true],
    ["read", "read", true],
    ["read", "all", false],
    ["read", ["drives"], false],
    [["drives", "profile"], ["drives"], true],
    [["drives", "profile"], ["drives", "profile"], true],
    [["drives"], ["drives", "profile"], false],
    [["drives", "servers", "resources", "profile"], "all", false],
    [["drives", "servers", "resources", "profile"], "read", false],
    [[], [], true],
  ];
  for (const [wide, narrow, isCovered] of covered)
    assert.equal(covers(wide, narrow), isCovered, `${wide} ${narrow}`);
});
