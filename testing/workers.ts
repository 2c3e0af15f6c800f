/** The processes that do a daemon's imaging: found by their parent, and held in the middle of their work. */
import { readdir, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { packer } from "../src/host/volumes/packer.ts";

/** The program that packs drives here. */
export const [PACKER] = packer();

const DEADLINE_MS = 120_000;
const LOOK_AGAIN_MS = 2;

/**
 * The processes below the process `parent` that run a program of that name: behind it there are sandboxers. They are looked for from
 * their parent down (`children` in proc(5)): whoever went through all that the machine runs would miss those that end soon.
 */
export async function workers(parent: number, program: string): Promise<number[]> {
  const found: number[] = [];
  for (const child of await childrenOf(parent)) {
    // One that ends meanwhile is none.
    const words = await readFile(`/proc/${child}/cmdline`, "utf8").catch(() => "");
    if (basename(words.split("\0")[0] ?? "") === program) found.push(child);
    found.push(...(await workers(child, program)));
  }
  return found;
}

/** Those that any of its threads started. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const lists = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/children`, "utf8").catch(() => "")),
  );
  return lists.flatMap((list) =>
    list
      .split(" ")
      .filter((word) => word !== "")
      .map(Number),
  );
}

/** Waits until the process has such a worker, and answers it. Errors: the deadline. */
export async function worker(parent: number, program: string): Promise<number> {
  const deadline = performance.now() + DEADLINE_MS;
  while (performance.now() < deadline) {
    const [pid] = await workers(parent, program);
    if (pid !== undefined) return pid;
    await delay(LOOK_AGAIN_MS);
  }
  throw new Error(`process ${parent} has no ${program}`);
}

/** Stops the worker where it is, and answers how it goes on. */
export async function hold(parent: number, program: string): Promise<() => void> {
  const pid = await worker(parent, program);
  process.kill(pid, "SIGSTOP");
  return () => process.kill(pid, "SIGCONT");
}
