/** Which codes of errors the program never gives, although the table of them says what they mean. */
import { glob, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * @param folder where the program's source is
 * @returns the codes that stand as a string in no file but the table itself, lists of the codes of commands, and tests
 */
export async function unusedCodes(folder: string, codes: readonly string[]): Promise<readonly string[]> {
  const unused = new Set(codes);
  for await (const name of glob("**/*.ts", { cwd: folder })) {
    if (name === join("base", "error-codes.ts") || /(?:command-errors|\.test)\.ts$/.test(name)) continue;
    const source = await readFile(join(folder, name), "utf8");
    for (const code of unused) if (source.includes(`"${code}"`)) unused.delete(code);
  }
  return [...unused];
}
