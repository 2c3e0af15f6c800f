/**
 * Rules as they were written, and whether they still stand: whoever is root may remove those of others, and restarting a
 * machine's own firewall does (`nft flush ruleset`).
 */

/** How long a look at them is good for: each takes processes, and rules are seldom removed. */
const LOOK_EVERY_MS = 5_000;

export type StandingRulesOptions = {
  /** Runs a script of nftables in one transaction. */
  readonly write: (script: string) => Promise<void>;
  /** What stands, in words that are the same for as long as nothing of it is changed. `justWritten`: nobody had time for that. */
  readonly look: (justWritten: boolean) => Promise<string>;
};

export class StandingRules {
  readonly #options: StandingRulesOptions;
  /** What was seen behind the last writing; null where nothing was written, or not wholly. */
  #seen: string | null = null;
  /** Grows with each writing, at its beginning and its end. */
  #writings = 0;
  #nextLookMs = 0;

  constructor(options: StandingRulesOptions) {
    this.#options = options;
  }

  /** Whether the last script was written, and is not known to be changed. */
  get isWritten(): boolean {
    return this.#seen !== null;
  }

  /** Writes the rules whole. Errors: nft's own, in its words. */
  write(script: string): Promise<void> {
    return this.#run(script, () => this.#options.look(true));
  }

  /** Writes what leaves a look at the rules as it was. Errors: nft's own, in its words; then they are to be written whole. */
  amend(script: string): Promise<void> {
    const seen = this.#seen;
    return this.#run(script, async () => seen);
  }

  /** Whether somebody else changed what was written, which is then no longer so. Errors: it cannot be looked at now. */
  async isChanged(): Promise<boolean> {
    const [seen, writings] = [this.#seen, this.#writings];
    if (seen === null || performance.now() < this.#nextLookMs) return false;
    const now = await this.#options.look(false);
    this.#nextLookMs = performance.now() + LOOK_EVERY_MS;
    // What was written meanwhile is nobody else's change.
    if (writings !== this.#writings || now === seen) return false;
    this.#seen = null;
    return true;
  }

  async #run(script: string, see: () => Promise<string | null>): Promise<void> {
    this.#seen = null;
    this.#writings++;
    await this.#options.write(script);
    this.#seen = await see();
    this.#writings++;
  }
}
