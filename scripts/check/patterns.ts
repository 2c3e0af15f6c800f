/**
 * Checks every regular expression of what runs: none may cost more than its input is long, whatever the input. What is
 * asked from outside goes through them, on the one thread that serves all. Exits with 1, naming each pattern with what
 * makes it slow.
 */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CallExpression, type NewExpression, parseSync, Visitor } from "oxc-parser";
import { check } from "recheck";

const ROOT = join(import.meta.dirname, "../..");

/** How long one pattern may take to be judged; the slowest takes some hundred milliseconds. */
export const DEADLINE_MS = 60_000;

export type Pattern = { readonly file: string; readonly source: string; readonly flags: string };

/**
 * The patterns of a file of TypeScript. One that is put together as the program runs is answered as null, since nobody can
 * tell what it costs.
 */
export function patternsIn(file: string, text: string): (Pattern | null)[] {
  const found: (Pattern | null)[] = [];
  const made = ({ callee }: CallExpression | NewExpression) => {
    if (callee.type === "Identifier" && callee.name === "RegExp") found.push(null);
  };
  const { program, errors } = parseSync(file, text);
  if (errors[0] !== undefined) throw new Error(`${file}: ${errors[0].message}`);
  new Visitor({
    Literal(node) {
      if ("regex" in node) found.push({ file, source: node.regex.pattern, flags: node.regex.flags });
    },
    CallExpression: made,
    NewExpression: made,
  }).visit(program);
  return found;
}

/** The patterns of all that runs, those that are put together as null. Errors: there is none, so that nothing was looked at. */
export function allPatterns(): { readonly file: string; readonly pattern: Pattern | null }[] {
  const files = globSync("{src,systems}/**/*.ts", { cwd: ROOT }).filter((file) => !file.endsWith(".test.ts"));
  const all = files.sort().flatMap((file) => {
    const found = patternsIn(file, readFileSync(join(ROOT, file), "utf8"));
    return found.map((pattern) => ({ file, pattern }));
  });
  if (all.length === 0) throw new Error("no pattern was found: this check checks nothing");
  return all;
}

/** What is wrong with a pattern: an input that it is slow at, or that it could not be judged; null where it is linear. */
export async function faultOf({ source, flags }: Pick<Pattern, "source" | "flags">): Promise<string | null> {
  const judged = await check(source, flags, { timeout: DEADLINE_MS });
  switch (judged.status) {
    case "safe":
      // Safe is also what is slow, but not very: a constant is no reason to be named.
      return judged.complexity.type === "safe" || judged.complexity.type === "linear"
        ? null
        : judged.complexity.summary;
    case "vulnerable":
      return `${judged.complexity.summary}, at ${judged.attack.pattern}`;
    case "unknown":
      return `could not be judged: ${judged.error.kind}`;
  }
}

if (import.meta.main) {
  for (const { file, pattern } of allPatterns()) {
    const fault = pattern === null ? "put together as the program runs" : await faultOf(pattern);
    if (fault === null) continue;
    console.log(`${file}: ${pattern === null ? "RegExp" : `/${pattern.source}/${pattern.flags}`}: ${fault}`);
    process.exitCode = 1;
  }
}
