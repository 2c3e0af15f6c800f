/**
 * The processes of a simulation. All of them live in one process of the system; which of them a piece of code belongs to
 * follows from who began it, over everything that it waits for. One that has died goes no further than to where it waits.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** The clock of a machine: how far it is ahead of the simulation's. */
export type Clock = { aheadMs: number };

export class Process {
  readonly name: string;
  readonly clock: Clock;
  frozenUntilMs = 0;
  isAlive = true;

  constructor(name: string, clock: Clock) {
    this.name = name;
    this.clock = clock;
  }
}

const current = new AsyncLocalStorage<Process | null>();

/** The process that asks; null: it is the simulation itself. */
export const ownProcess = (): Process | null => current.getStore() ?? null;

/** Runs `work`, and all that follows from it, as that process. */
export const runsWithin = <T>(process: Process | null, work: () => T): T => current.run(process, work);
