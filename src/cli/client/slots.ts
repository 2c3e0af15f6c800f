/** Slots: so many pieces of work are under way at once, others wait in the order in which they came. */
export class Slots {
  #most: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get most(): number {
    return this.#most;
  }

  /** With fewer slots, work that is under way goes on. */
  set most(most: number) {
    this.#most = most;
    this.#fill();
  }

  /** Runs `work` once there is a slot for it. Errors: those of `work`. */
  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      this.#fill();
    });
    try {
      return await work();
    } finally {
      this.#taken--;
      this.#fill();
    }
  }

  #fill(): void {
    while (this.#taken < this.#most) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#taken++;
      next();
    }
  }
}
