/** Where what systems are built from is kept, so that it is made or fetched once: beside the program, else with its user. */
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** The folder of that name, which may not be there yet. A program that was installed may not be its user's to write beside. */
export function cacheFolder(name: string, env: NodeJS.ProcessEnv = process.env, root = ROOT): string {
  const beside = isWritable(join(root, ".cache")) ?? isWritable(root) ?? false;
  if (beside) return join(root, ".cache", name);
  return join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "lodge", name);
}

/** Null where there is nothing. */
function isWritable(folder: string): boolean | null {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT" ? null : false;
  }
}
