/** `lodge server dump`: the memory of a running server, written into a file or to standard output. */
import { open, rm } from "node:fs/promises";
import { join } from "node:path";
import { missing, usage } from "../../base/errors.ts";
import { parseUuid } from "../../base/ids.ts";
import { openHome } from "../../home.ts";
import { dumpMemory } from "../../host/qemu/dump.ts";
import { runDirectory } from "../../host/qemu/run-directory.ts";
import { parseHome } from "./subcommand.ts";

/** Takes SERVER and FILE: one that is not there yet, or `-`. Errors: `usage`, `missing`, `failed`; then there is no file. */
export async function run(args: readonly string[]): Promise<void> {
  const { home, positionals } = parseHome(args);
  const [server, file, ...more] = positionals;
  if (server === undefined || file === undefined || more.length > 0) {
    throw usage("server dump takes a SERVER and one FILE to write");
  }
  const uuid = parseUuid(server);
  if (uuid === null) throw missing(`there is no server ${server.slice(0, 60)}`);
  const { runDir } = openHome(home);
  const directory = runDirectory(join(runDir, "servers"), uuid);
  if (file === "-") {
    if (process.stdout.isTTY)
      throw usage("memory is nothing for a terminal: name a FILE, or read it from a pipe");
    return dumpMemory(directory, process.stdout, { end: false });
  }
  // What a guest has in its memory is for nobody else, and nothing is overwritten with it.
  const handle = await open(file, "wx", 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === "EEXIST" ? usage(`${file} is there already`) : error;
  });
  const to = handle.createWriteStream({ flush: true });
  try {
    await dumpMemory(directory, to, { end: true });
  } catch (error) {
    to.destroy();
    await rm(file, { force: true });
    throw error;
  }
}
