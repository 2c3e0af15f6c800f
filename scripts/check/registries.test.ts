import assert from "node:assert/strict";
import { test } from "node:test";
import { registriesIn } from "./registries.ts";

/** The names are in parts here too: the check reads this file. */
const debian = ["deb", "debian", "org"].join(".");
const npm = ["registry", "npmjs", "org"].join(".");
const images = ["docker", "io"].join(".");

test("the host of a registry is found wherever it stands in a line", () => {
  const text = `# a list\ndeb http://${debian}/debian bookworm main\n"resolved": "https://${npm}/zod"\nFROM ${images}/debian`;
  assert.deepEqual(registriesIn(text), [`2: ${debian}`, `3: ${npm}`, `4: ${images}`]);
});

test("so are the downloads of a repository", () => {
  const downloads = ["github", "com/a/b/releases"].join(".");
  assert.deepEqual(registriesIn(`https://${downloads}/download/v1/c.deb`), [`1: ${downloads}`]);
});

test("mirrors of an operator's, and names that only end so, are none", () => {
  const others = [`http://${debian}.example/`, `http://my${debian}/`, "deb MIRROR bookworm main"];
  assert.deepEqual(registriesIn(others.join("\n")), []);
});
