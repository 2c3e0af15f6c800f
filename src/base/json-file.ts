/** Small files of JSON, which a start reads: each is held against its form, and what is wrong with one names it. */
import { readFileSync } from "node:fs";
import type { z } from "zod";

/** A file is there and is not what was written. */
export class DamagedFile extends Error {
  constructor(path: string, cause: unknown) {
    super(`${path} is damaged`, { cause });
    this.name = "DamagedFile";
  }
}

/** What the file holds, null where there is none. Errors: DamagedFile; those of the file system. */
export function readJsonFile<T>(path: string, form: z.ZodType<T>): T | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return form.parse(JSON.parse(text));
  } catch (cause) {
    throw new DamagedFile(path, cause);
  }
}
