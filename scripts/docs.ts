/**
 * `npm run docs`: writes the documents that are read off the code. With `--check` it writes nothing, and fails when one
 * of them is not what it would write.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { COMMANDS } from "../src/commands.ts";
import { openApi } from "../src/http/openapi.ts";
import { apiDocument } from "./docs/api.ts";

const DOCS = join(import.meta.dirname, "..", "docs");

const written: Readonly<Record<string, () => string>> = {
  "api.md": () => apiDocument(openApi(COMMANDS)),
};

const check = process.argv.includes("--check");
for (const [name, write] of Object.entries(written)) {
  const file = join(DOCS, name);
  const text = write();
  if ((await readFile(file, "utf8").catch(() => "")) === text) continue;
  if (!check) await writeFile(file, text);
  console.log(check ? `docs/${name} is stale: run npm run docs` : `wrote docs/${name}`);
  if (check) process.exitCode = 1;
}
