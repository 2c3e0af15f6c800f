/** A server beside the cloud that the bench measures it against: a process of its own, which says its URL in its first line. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export type Beside = { readonly url: string; close(): Promise<void> };

/**
 * Starts it.
 *
 * @param program its file in this folder
 * @param input what it reads from its standard input
 */
export async function startBeside(program: string, input: string): Promise<Beside> {
  const child = spawn(process.execPath, [`${import.meta.dirname}/${program}`], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(input);
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    async close() {
      const exit = once(child, "exit");
      child.kill();
      await exit;
    },
  };
}
