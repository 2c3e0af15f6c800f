/** A worker that does nothing any more, since it is stopped or waits for what does not come, is ended. */
import { readFile } from "node:fs/promises";
import { DeadlineExceeded } from "../../base/deadline.ts";
import { ticksTaken } from "../process/process.ts";
import type { Worker } from "../process/worker.ts";

/** How often it is looked at within the time that it may do nothing. */
const LOOKS = 8;

/**
 * What the worker's end answers. Whatever a worker does takes time of a processor: one that took none for `quietMs` is
 * killed, and its end is waited for. Errors: its own; DeadlineExceeded.
 */
export async function whileItWorks(
  name: string,
  { child, done, end }: Worker,
  quietMs: number,
): Promise<void> {
  let ticks = -1;
  let movedAt = performance.now();
  let late: DeadlineExceeded | null = null;
  const look = async () => {
    // One that cannot be seen, for want of descriptors or memory, may work.
    const now = await processorTicks(child.pid).catch(() => Number.NaN);
    if (now !== ticks) [ticks, movedAt] = [now, performance.now()];
    if (performance.now() - movedAt < quietMs) return;
    late ??= new DeadlineExceeded(`any work of ${name} (process ${child.pid})`, quietMs);
    end();
  };
  const timer = setInterval(look, quietMs / LOOKS).unref();
  try {
    await done;
  } catch (error) {
    throw late ?? error;
  } finally {
    clearInterval(timer);
  }
}

/**
 * The time that all threads of it and of what it started took, in clock ticks (proc(5), stat: utime and stime); 0 when it is
 * gone. What works is what the sandboxer started.
 */
async function processorTicks(pid: number | undefined): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "latin1").catch(() => "");
  const below = children.trim().split(" ").filter(Boolean).map(Number);
  const own = pid === undefined ? null : await ticksTaken(pid);
  const ticks = await Promise.all(below.map(processorTicks));
  return ticks.reduce((sum, each) => sum + each, own ?? 0);
}
