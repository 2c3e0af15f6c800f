/** The Debian 12 image that tests boot: cached, and built anew only when what goes into it has changed. */
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { findArchive } from "../../systems/debian-12/archive.ts";
import { buildDebian12, imageKey } from "../../systems/debian-12/build.ts";

/** Answers the image's file in the folder `cache`. Errors: the recipe's own. */
export async function cachedDebianImage(cache: string, report: (step: string) => void): Promise<string> {
  const name = `${imageKey(await findArchive())}.raw.gz`;
  const file = join(cache, name);
  if (existsSync(file)) return file;
  mkdirSync(cache, { recursive: true });
  await buildDebian12(file, report);
  for (const other of readdirSync(cache)) {
    if (other.endsWith(".raw.gz") && other !== name) rmSync(join(cache, other));
  }
  return file;
}
