/**
 * What is known of objects because somebody was told: of one that nothing is done to, beside what was asked for and never
 * answered.
 */
export class Known<Fact> {
  readonly #facts = new Map<string, Fact>();
  /** How much is being done to each object, and how much has been. */
  readonly #underWay = new Map<string, number>();
  readonly #versions = new Map<string, number>();

  /** Does what may change the object, and answers what is known of it afterwards; null: nothing is. Errors: those of `work`. */
  async changing<Result>(
    object: string,
    work: () => Promise<Result>,
    factOf: (result: Result) => Fact | null,
  ): Promise<Result> {
    this.forget(object);
    const version = this.#versions.get(object);
    // Of two at once nobody can tell which came last.
    const beganAlone = !this.#underWay.has(object);
    this.#count(object, 1);
    let fact: Fact | null = null;
    try {
      const result = await work();
      fact = factOf(result);
      return result;
    } finally {
      this.#count(object, -1);
      const wasAlone = beganAlone && this.#versions.get(object) === version;
      if (fact !== null && wasAlone) this.#facts.set(object, fact);
    }
  }

  /** Something was done to the object, or happened to it. */
  forget(object: string): void {
    this.#facts.delete(object);
    this.#versions.set(object, (this.#versions.get(object) ?? 0) + 1);
  }

  get(object: string): Fact | undefined {
    return this.#facts.get(object);
  }

  [Symbol.iterator](): IterableIterator<[string, Fact]> {
    return this.#facts.entries();
  }

  #count(object: string, by: number): void {
    const count = (this.#underWay.get(object) ?? 0) + by;
    if (count === 0) this.#underWay.delete(object);
    else this.#underWay.set(object, count);
  }
}
