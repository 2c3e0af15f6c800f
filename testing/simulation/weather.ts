/** What may go wrong at the moment, and how often; a simulation changes it as it goes on. */
export class Weather {
  /** From 0 up to 1. */
  readonly chance: () => number;
  /** How often, from 0 to 1, something goes wrong with a call to the host. */
  hostFaults = 0;
  /** The same of a transaction. */
  storeFaults = 0;
  /** How often a daemon dies in the middle of an effect, or once a commit is made and before it hears of it. */
  deaths = 0;
  /** Of the store: with `short` nothing is taken that makes it larger, with `full` nothing at all. */
  disk: "roomy" | "short" | "full" = "roomy";
  /** Whether no call reaches the host. */
  isHostAway = false;

  constructor(chance: () => number) {
    this.chance = chance;
  }

  /** Whether something happens that does so often, from 0 to 1. */
  happens(often: number): boolean {
    return often > 0 && this.chance() < often;
  }

  /** A number from 0 up to `below`. */
  number(below: number): number {
    return Math.floor(this.chance() * below);
  }

  /** One of the list. Errors: it is empty. */
  pick<T>(list: readonly T[]): T {
    const picked = list[this.number(list.length)];
    if (picked === undefined) throw new Error("there is nothing to pick");
    return picked;
  }

  clear(): void {
    this.hostFaults = 0;
    this.storeFaults = 0;
    this.deaths = 0;
    this.disk = "roomy";
    this.isHostAway = false;
  }
}
