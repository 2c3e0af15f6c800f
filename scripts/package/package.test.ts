import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { PACKAGES } from "../setup/debian.cjs";
import { completions } from "./completions.ts";
import { controlOf, debianVersion } from "./control.ts";
import { isRead, modulesOf } from "./modules.ts";

const ROOT = join(import.meta.dirname, "../..");

const described = {
  ...{ version: "1.2.3", description: "An open cloud", architecture: "amd64", installedKiB: 7 },
  ...{ libraries: "libc6 (>= 2.34)", needed: PACKAGES },
};

test("the package depends on what the set-up installs for drives, servers and bridges, and on what its binaries need", () => {
  const fields = new Map(
    controlOf(described)
      .split("\n")
      .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
  );
  const depends = fields.get("Depends")?.split(", ") ?? [];
  assert.equal(depends[0], "libc6 (>= 2.34)");
  for (const name of ["qemu-system-x86", "bubblewrap", "xorriso", "nftables"])
    assert.ok(depends.includes(name), name);
  const named = ["Depends", "Recommends", "Suggests"].flatMap(
    (field) => fields.get(field)?.split(", ") ?? [],
  );
  const uses = new Set(["tests", "package", "own Node", "peers"]);
  for (const { name, use } of PACKAGES)
    assert.equal(named.includes(name), !uses.has(use) || name === "postgresql", name);
  assert.equal(fields.get("Description"), "open cloud");
});

test("a version before a release sorts before it for dpkg, too", () => {
  const order = ["1.0.0-alpha.1", "1.0.0-beta-2", "1.0.0", "1.0.1"].map(debianVersion);
  for (const [at, version] of order.slice(1).entries()) {
    const words = ["--compare-versions", order[at] ?? "", "lt", version];
    assert.equal(spawnSync("dpkg", words).status, 0, words.join(" "));
  }
});

test("the packages of npm are those that are not for development, as they are needed on this kind of machine", () => {
  const lock = {
    packages: { "": {}, "node_modules/a": {}, "node_modules/b": { dev: true }, c: { devOptional: true } },
  };
  assert.deepEqual(modulesOf(lock), ["node_modules/a"]);
  const here = "node_modules/better-sqlite3";
  const read = ["", "/lib/index.js", "/prebuilds", "/prebuilds/linux-x64.node", "/LICENSE"].map(
    (each) => here + each,
  );
  const unread = ["/deps/sqlite3.c", "/prebuilds/linux-arm64.node", "/src"].map((each) => here + each);
  const apart = [
    "zod/index.d.cts",
    "zod/README.md",
    "pino/test/a.js",
    "pino/.github",
    "pino/bin.js",
    "pino/a.sh",
    "node-addon-api",
  ];
  for (const file of [...read, "node_modules/zod/index.js", "node_modules/zod", "node_modules/a/LICENSE.md"])
    assert.ok(isRead(file, "x64"), file);
  for (const file of [...unread, ...apart.map((each) => `node_modules/${each}`)])
    assert.ok(!isRead(file, "x64"), file);
});

test("what dpkg runs is what a shell takes", () => {
  const folder = join(ROOT, "packaging/debian");
  const scripts = readdirSync(folder).filter((name) =>
    readFileSync(join(folder, name), "utf8").startsWith("#!/bin/sh\n"),
  );
  assert.deepEqual(scripts.sort(), ["postinst", "postrm", "prerm"]);
  for (const name of scripts) assert.equal(spawnSync("sh", ["-n", join(folder, name)]).status, 0, name);
});

test("each shell finds the completion of every tool where it looks for one", () => {
  const tools = ["lodge", ...readdirSync(join(ROOT, "bin")).filter((name) => name !== "lodge")];
  const [bash, zsh, fish, ...more] = completions(tools);
  assert.deepEqual(more, []);
  const names = (paths: readonly (string | undefined)[]) => paths.map((path = "") => basename(path, ".fish"));
  assert.deepEqual(names([bash?.path, ...(bash?.links ?? [])]), tools);
  assert.deepEqual(names([fish?.path, ...(fish?.links ?? [])]), tools);
  assert.deepEqual(names([zsh?.path, ...(zsh?.links ?? [])]), ["_lodge"]);
  assert.match(zsh?.script ?? "", /^#compdef lodge elastichosts/);
  for (const tool of tools)
    assert.ok(bash?.script.includes(`complete -F _${tool.replaceAll("-", "_")} ${tool}\n`));
  const script = fish?.script ?? "";
  for (const tool of tools) assert.ok(script.includes(`complete --command ${tool} `), tool);
});
