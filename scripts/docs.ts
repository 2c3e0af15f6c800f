/**
 * `npm run docs`: writes the documents that are made from the code. With `--check` it writes nothing. It fails when a
 * document would say what is not so, and with `--check` also when one is not what it would write.
 */
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ERROR_CODES } from "../src/base/error-codes.ts";
import { COMMANDS } from "../src/commands.ts";
import { openApi } from "../src/http/openapi/openapi.ts";
import { STATUSES } from "../src/http/status.ts";
import { FAMILIES } from "../src/metrics/exposition.ts";
import { BEYOND, SPECIFICATION } from "../test/conformance/specification/specification.ts";
import { ROOMS } from "./check/rooms.ts";
import { apiDocument } from "./docs/api.ts";
import { conformance } from "./docs/conformance.ts";
import { unusedCodes } from "./docs/error-codes.ts";
import { metricsDocument } from "./docs/metrics.ts";
import { absentPaths } from "./docs/paths.ts";
import { roomsDocument } from "./docs/rooms.ts";

const ROOT = join(import.meta.dirname, "..");

const check = process.argv.includes("--check");
const { text, problems } = await conformance({
  root: ROOT,
  chapters: SPECIFICATION,
  commands: COMMANDS,
  beyond: BEYOND,
});
for (const problem of problems) console.log(`test/conformance/specification: ${problem}`);
const unused = await unusedCodes(join(ROOT, "src"), Object.keys(ERROR_CODES));
for (const code of unused) console.log(`src/base/error-codes.ts: no error bears the code ${code}`);
if (problems.length + unused.length > 0) process.exitCode = 1;

for (const name of ["CONTRIBUTING.md", "ARCHITECTURE.md", "docs/glossary.md", "docs/consistency.md"]) {
  const folder = dirname(name) === "." ? "" : dirname(name);
  for (const path of absentPaths(ROOT, folder, await readFile(join(ROOT, name), "utf8"))) {
    console.log(`${name} names ${path}, which is not there`);
    process.exitCode = 1;
  }
}

for (const [name, made] of [
  ["api.md", apiDocument(openApi(COMMANDS, STATUSES), STATUSES)],
  ["conformance.md", text],
  ["rooms.md", roomsDocument(ROOMS)],
  ["metrics.md", metricsDocument(FAMILIES)],
] as const) {
  const file = join(ROOT, "docs", name);
  if ((await readFile(file, "utf8").catch(() => "")) === made) continue;
  if (!check) await writeFile(file, made);
  console.log(check ? `docs/${name} is stale: run npm run docs` : `wrote docs/${name}`);
  if (check) process.exitCode = 1;
}
