/** What a pattern costs, measured at texts that double in length. */
import { createContext, Script } from "node:vm";
import { type Attack, attackText } from "./attacks.ts";
import type { Pattern } from "./patterns.ts";

/** The first of the lengths, and the last: what is quadratic takes a quarter of a million times as long at that. */
const LEAST_LENGTH = 2 ** 8;
const MOST_LENGTH = 2 ** 17;

/**
 * What no text of these lengths may take of this thread's own time. A linear pattern takes up to three milliseconds for the
 * longest, a quadratic one seconds.
 */
const MOST_US = 30_000;
/** How often that has to be seen: something else may have taken the time once. */
const ROUNDS = 3;

/** How many attacks go on to the next length at least. */
const LEAST_ATTACKS = 8;

/** For all attacks on one pattern, which take a linear one a tenth of it at most. An exponential one would take for ever. */
const LIMIT_MS = 2_000;

/** The attack at which the pattern is slower than its text is long, or null where it is at none of them. */
export function slowAt(pattern: Pattern, attacks: readonly Attack[]): Attack | null {
  const ran: { last: Attack | null } = { last: null };
  const work = () => slowestAtEach(pattern, attacks, ran);
  const script = new Script("work()");
  const start = process.threadCpuUsage();
  for (;;) {
    try {
      // The only way to end a match that is under way.
      return script.runInContext(createContext({ work }), { timeout: LIMIT_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      // Where others had the processor meanwhile, it says nothing.
      if (usSince(start) > (LIMIT_MS * 1000) / 2) return ran.last;
    }
  }
}

/** Of each length, that half of the attacks at which the pattern was slowest goes on to the next. */
function slowestAtEach(
  pattern: Pattern,
  attacks: readonly Attack[],
  ran: { last: Attack | null },
): Attack | null {
  let left = attacks;
  for (let length = LEAST_LENGTH; length <= MOST_LENGTH; length *= 2) {
    const timed: { readonly attack: Attack; readonly ms: number }[] = [];
    for (const attack of left) {
      ran.last = attack;
      const text = attackText(attack, length);
      // To find the slowest, the clock is fine enough, and what a busy machine adds to it does no harm.
      const startMs = performance.now();
      const us = costUs(pattern, text);
      if (us > MOST_US && isAlwaysSlow(pattern, text)) return attack;
      timed.push({ attack, ms: performance.now() - startMs });
    }
    timed.sort((a, b) => b.ms - a.ms);
    left = timed.slice(0, Math.max(LEAST_ATTACKS, timed.length / 2)).map(({ attack }) => attack);
  }
  return null;
}

function isAlwaysSlow(pattern: Pattern, text: string): boolean {
  return Array.from({ length: ROUNDS }).every(() => costUs(pattern, text) > MOST_US);
}

/** The time of this thread alone, in microseconds, in which all matches in a text are found. */
function costUs({ source, flags }: Pattern, text: string): number {
  const pattern = new RegExp(source, flags.includes("g") ? flags : `${flags}g`);
  const start = process.threadCpuUsage();
  text.replace(pattern, "");
  return usSince(start);
}

function usSince(start: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(start);
  return user + system;
}
