/**
 * A bounded amount of something (bytes of memory, connections) that many share, none of whom can take it all: nobody may
 * hold more than what is then left free. One alone gets a half, two get a third each, and a newcomer always finds some
 * (dynamic thresholds: Choudhury and Hahne, "Dynamic queue length thresholds for shared-memory packet switches").
 */

/** Gives back what was taken; a second call does nothing. */
export type GiveBackShare = () => void;

type Waiter = {
  readonly holder: string;
  readonly amount: number;
  grant(giveBack: GiveBackShare): void;
};

export class FairShares {
  #total: number;
  #free: number;
  readonly #held = new Map<string, number>();
  #waiting: Waiter[] = [];

  constructor(total: number) {
    this.#total = total;
    this.#free = total;
  }

  get total(): number {
    return this.#total;
  }

  /** The most that one who is alone may take. */
  get most(): number {
    return Math.floor(this.total / 2);
  }

  /** What is taken by all. */
  get taken(): number {
    return this.total - this.#free;
  }

  /** What one holder has. */
  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  /** There is as much from now on. What is taken stays so, also where it is more than that. */
  resize(total: number): void {
    this.#free += total - this.#total;
    this.#total = total;
    this.#serve();
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Takes so much at once; null where the holder may not have it now, or somebody waits who has no more than they. Who has
   * more and waits for still more is in nobody's way.
   */
  tryTake(holder: string, amount: number): GiveBackShare | null {
    const next = this.#next();
    const isBehind = next !== undefined && this.heldBy(next.holder) <= this.heldBy(holder);
    if (isBehind || !this.#fits(holder, amount)) return null;
    return this.#grant(holder, amount);
  }

  /**
   * Takes so much, of which `most` is the most, once the holder may have it. Of those that wait the one whose holder has
   * the least comes first, and of one's own the one that waits the longest: what is large is not passed over for ever.
   *
   * @param withinMs how long that may take; null is answered when it took longer
   */
  take(holder: string, amount: number, withinMs: number): Promise<GiveBackShare | null> {
    if (amount > this.most) throw new RangeError(`${amount} of ${this.total} is more than one may hold`);
    const taken = this.tryTake(holder, amount);
    if (taken !== null) return Promise.resolve(taken);
    return new Promise((resolve) => {
      const late = setTimeout(() => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        resolve(null);
        // Those behind it may be of less.
        this.#serve();
      }, withinMs);
      const waiter: Waiter = {
        holder,
        amount,
        grant: (giveBack) => {
          clearTimeout(late);
          resolve(giveBack);
        },
      };
      this.#waiting.push(waiter);
      this.#serve();
    });
  }

  #fits(holder: string, amount: number): boolean {
    return this.heldBy(holder) + amount <= this.#free - amount;
  }

  #grant(holder: string, amount: number): GiveBackShare {
    this.#free -= amount;
    this.#held.set(holder, this.heldBy(holder) + amount);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#free += amount;
      const left = this.heldBy(holder) - amount;
      if (left > 0) this.#held.set(holder, left);
      else this.#held.delete(holder);
      this.#serve();
    };
  }

  /** Gives those that wait what they may have, and leaves off at the first in turn that may not. */
  #serve(): void {
    for (;;) {
      const next = this.#next();
      if (next === undefined || !this.#fits(next.holder, next.amount)) return;
      this.#waiting = this.#waiting.filter((other) => other !== next);
      next.grant(this.#grant(next.holder, next.amount));
    }
  }

  #next(): Waiter | undefined {
    const heldBy = ({ holder }: Waiter) => this.heldBy(holder);
    return this.#waiting.reduce<Waiter | undefined>((first, waiter) => {
      return first === undefined || heldBy(waiter) < heldBy(first) ? waiter : first;
    }, undefined);
  }
}
