/** An image that the tools carry to a cloud and back. */
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runTool } from "../run.ts";

/** Uploads so many bytes that do not shrink and downloads them again, in the tools' environment `env`. */
export async function carryImage(folder: string, bytes: number, env: NodeJS.ProcessEnv): Promise<void> {
  const [file, copy] = [join(folder, "image"), join(folder, "copy")];
  await writeFile(file, randomBytes(bytes));
  const up = await runTool("elastichosts-upload", [file], env);
  assert.deepEqual([up.code, up.stderr], [0, ""]);
  const [, drive = ""] = /^Created drive (\S+)/.exec(up.stdout) ?? [];
  const down = await runTool("elastichosts-download", [drive, copy], env);
  assert.deepEqual([down.code, down.stderr], [0, ""]);
  assert.ok((await readFile(copy)).equals(await readFile(file)));
}
