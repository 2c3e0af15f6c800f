/** How a call to a host is delivered, by chance: at once, late, twice or never, with an answer or without one. */
import type { Conditions } from "./faults.ts";
import type { Random } from "./random.ts";

/** How late a call can be. */
const LATEST_MS = 100_000;

export type Delivery = {
  /** After how long the call arrives; null: never. */
  readonly arrivalMs: number | null;
  /** Whether the answer comes back. */
  readonly isAnswered: boolean;
  /** After how long the call arrives once more; null: it does not. */
  readonly duplicateMs: number | null;
  /** After how long the daemon is told that the host cannot be reached; null: at the deadline. */
  readonly unreachableMs: number | null;
};

/** How long a message takes: a short time mostly, now and then a long one. */
export function latencyMs(random: Random): number {
  return random.chance() ** 4 * (random.happens(0.02) ? 5_000 : 40);
}

/** Of a call that changes something on the host: whatever can happen to it may. */
export function effectDelivery({ random, faults }: Conditions): Delivery {
  const arrivalMs = latencyMs(random);
  const delivery = { arrivalMs, isAnswered: true, duplicateMs: null, unreachableMs: null };
  if (faults.isHostAway) return { ...delivery, arrivalMs: null, unreachableMs: earlyMs(random) };
  if (!random.happens(faults.host)) return delivery;
  const lateMs = random.chance() * LATEST_MS;
  switch (random.integer(5)) {
    case 0:
      return { ...delivery, arrivalMs: null, unreachableMs: earlyMs(random) };
    case 1:
      return { ...delivery, isAnswered: false, unreachableMs: earlyMs(random) };
    case 2:
      return { ...delivery, duplicateMs: random.happens(0.5) ? lateMs : lateMs / 100 };
    case 3:
      return { ...delivery, arrivalMs: lateMs };
    default:
      // It arrives long after the daemon was told that it cannot.
      return { ...delivery, arrivalMs: lateMs, isAnswered: false, unreachableMs: earlyMs(random) };
  }
}

/** Of a call that only asks: it arrives in time or never. */
export function questionDelivery({ random, faults }: Conditions): Delivery {
  const isLost = faults.isHostAway || random.happens(faults.host / 2);
  const delivery = { isAnswered: true, duplicateMs: null };
  return isLost
    ? { ...delivery, arrivalMs: null, unreachableMs: earlyMs(random) }
    : { ...delivery, arrivalMs: latencyMs(random), unreachableMs: null };
}

const earlyMs = (random: Random) => (random.happens(0.5) ? latencyMs(random) : null);
