/** The chance of a simulation, all of it: whatever a seed does not say does not happen. */
export class Random {
  /** A number from 0 up to 1. */
  readonly chance: () => number;

  constructor(chance: () => number) {
    this.chance = chance;
  }

  /** Whether something happens that does so often, from 0 to 1. Takes no chance where it never does. */
  happens(often: number): boolean {
    return often > 0 && this.chance() < often;
  }

  /** A whole number from 0 up to `below`. */
  integer(below: number): number {
    return Math.floor(this.chance() * below);
  }

  /** One of the list. Errors: it is empty. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.integer(list.length)];
    if (picked === undefined) throw new Error("there is nothing to pick");
    return picked;
  }
}
