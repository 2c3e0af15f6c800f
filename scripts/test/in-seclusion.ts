/** Long runs that are no part of `npm test`, in namespaces of their own as that is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isSecluded, seclusion } from "./seclusion.ts";

/** Does the work where this process is in such namespaces; else runs its own command there. Answers the exit code. */
export async function inSeclusion(work: () => Promise<void>): Promise<number> {
  if (isSecluded()) {
    await work();
    return 0;
  }
  const enter = seclusion();
  if (enter.length === 0) throw new Error("only root can do that");
  const [program = "", ...words] = [...enter, process.execPath, ...process.argv.slice(1)];
  const [code] = (await once(spawn(program, words, { stdio: "inherit" }), "close")) as [number | null];
  return code ?? 1;
}
