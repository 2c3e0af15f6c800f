/** Standard images for tests: imported into a cloud's home as its operator does, beside the daemon that runs. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ImportFlags, importImage } from "../../src/images/import.ts";
import type { Cloud } from "../cloud.ts";

/** Imports a file, or bytes, and answers what the command prints. */
export async function importInto(
  cloud: Cloud,
  content: string | Uint8Array,
  flags: ImportFlags,
): Promise<readonly string[]> {
  const file = typeof content === "string" ? content : join(cloud.home, "content");
  if (typeof content !== "string") await writeFile(file, content);
  return importImage(file, { ...flags, home: cloud.home }, { write: () => true });
}

/** Makes an account, and answers its `user:secret`. */
export async function anotherUser(cloud: Cloud, name: string): Promise<string> {
  const { stdout } = await cloud.tool("lodge", ["user", "create", "--name", name]);
  return /^export EHAUTH=(\S+)\n$/.exec(stdout)?.[1] ?? "";
}
