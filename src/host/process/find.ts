/**
 * Processes that an earlier daemon started, found by their command lines. Nothing need have been written down for that,
 * so a daemon that died in the middle of a launch leaves no process that the next one would not find.
 */
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { identify, type ProcessIdentity, parentOf, runningThreads, unlessShort } from "./process.ts";
import { isSandboxer } from "./sandbox.ts";

export type FoundProcess<T> = { readonly identity: ProcessIdentity; readonly match: T };

/** How long the last steps towards a program, or the end of who watches over it, are waited for. */
const SETTLED_MS = 1_000;
const LOOK_AGAIN_MS = 2;

/**
 * All processes whose command line matches, with what `match` answers for it; null: it does not. The words are those of
 * `/proc/PID/cmdline` (proc(5)). Processes of this user and, seen by root, of all users.
 *
 * A sandboxer bears the words of what it runs (`isSandboxer`), and is not what is looked for: one that is about to become
 * it, or to end with it, is waited for. One that stays as it is counts.
 */
export async function findProcesses<T>(
  match: (words: readonly string[]) => T | null,
): Promise<FoundProcess<T>[]> {
  const deadline = performance.now() + SETTLED_MS;
  for (;;) {
    const found = await matching(match);
    const parents = new Set(await Promise.all(found.map(({ identity }) => parentOf(identity.pid))));
    const innermost = found.filter(
      ({ identity, words }) => !(isSandboxer(words) && parents.has(identity.pid)),
    );
    const isSettled = innermost.every(({ words }) => !isSandboxer(words));
    if (isSettled || performance.now() > deadline) {
      return innermost.map(({ identity, match }) => ({ identity, match }));
    }
    await delay(LOOK_AGAIN_MS);
  }
}

async function matching<T>(match: (words: readonly string[]) => T | null) {
  const found = await Promise.all(
    (await processIds()).map(async (pid) => {
      const words = await wordsOf(pid);
      const matched = match(words);
      // A process that ended meanwhile is none of those that run.
      const identity = matched === null ? null : await identify(pid);
      return matched === null || identity === null ? [] : [{ identity, words, match: matched }];
    }),
  );
  return found.flat();
}

/** The process with all of these words in its command line, null when there is none; of several, one. */
export async function findProcess(...words: readonly string[]): Promise<ProcessIdentity | null> {
  const [found] = await findProcesses((all) => (words.every((word) => all.includes(word)) ? true : null));
  return found?.identity ?? null;
}

/** The numbers of all processes. */
export async function processIds(): Promise<number[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Empty where there are none, as in the kernel's own threads. */
async function wordsOf(pid: number): Promise<string[]> {
  const own = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(unlessShort);
  if (own === null) return [];
  if (own !== "") return own.split("\0").slice(0, -1);
  // A main thread that has ended has none any more; the threads that it left have.
  const [thread] = await runningThreads(pid);
  if (thread === undefined || thread === pid) return [];
  const left = await readFile(`/proc/${pid}/task/${thread}/cmdline`, "utf8").catch(unlessShort);
  return (left ?? "").split("\0").slice(0, -1);
}
