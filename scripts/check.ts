/**
 * `npm run check`: everything that is found out about the code without running it. All of it runs side by side; each
 * check tells its result in a line, and what it has to say when it fails.
 */
import { spawn } from "node:child_process";
import { delimiter, dirname, join } from "node:path";
import { text } from "node:stream/consumers";

const ROOT = join(import.meta.dirname, "..");

const TOOLS = join(ROOT, "node_modules", ".bin");

type Check = { readonly name: string; readonly command: readonly [string, ...string[]] };

const CHECKS: readonly Check[] = [
  { name: "types", command: [join(TOOLS, "tsc"), "--project", ROOT] },
  { name: "types of the console", command: [join(TOOLS, "tsc"), "--project", join(ROOT, "console")] },
  { name: "budgets of the console", command: [process.execPath, "scripts/check/console.ts"] },
  { name: "direction of imports", command: [process.execPath, "scripts/check/imports.ts"] },
  { name: "cost of regular expressions", command: [process.execPath, "scripts/check/patterns.ts"] },
  { name: "sentences of errors", command: [process.execPath, "scripts/check/sentences.ts"] },
  { name: "hosts of registries", command: [process.execPath, "scripts/check/registries.ts"] },
  { name: "promises of security", command: [process.execPath, "scripts/check/promises.ts"] },
  {
    name: "format and lint",
    command: [join(TOOLS, "biome"), "ci", "--colors=off", "--error-on-warnings"],
  },
  {
    name: "unused files, exports and dependencies",
    command: [join(TOOLS, "knip"), "--no-progress", "--no-config-hints"],
  },
  { name: "documents made from the code", command: [process.execPath, "scripts/docs.ts", "--check"] },
];

/** Runs one check and answers whether it passed. */
async function passes({ name, command: [tool, ...args] }: Check): Promise<boolean> {
  const start = performance.now();
  const child = spawn(tool, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    // The tools are scripts for whichever `node` comes first.
    env: { ...process.env, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}` },
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.on("close", resolve);
    child.on("error", reject);
  });
  const [code, output, errors] = await Promise.all([exit, text(child.stdout), text(child.stderr)]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code === 0) console.log(`✔ ${name} (${seconds} s)`);
  else console.log(`✖ ${name} (${seconds} s)\n\n${output}${errors}`);
  return code === 0;
}

const results = await Promise.all(CHECKS.map(passes));
process.exitCode = results.every(Boolean) ? 0 : 1;
