/** The firewall as it is in the namespace: its rules once, its sets and counters anew with each change of the network state. */
import { coalesce } from "../../base/coalesce.ts";
import {
  additions,
  COUNTING,
  COUNTING_RULES,
  countingContents,
  freeNetworks,
  removals,
  renewCounters,
  wantedCounters,
} from "./counting.ts";
import { changedElements, contents, elements, RULES, type SetContents } from "./filter.ts";
import { localNetworks } from "./machine.ts";
import type { Namespace } from "./namespace.ts";
import type { NetworkState } from "./network-state.ts";
import { StandingRules } from "./standing-rules.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

/** How long what the machine's own addresses are is good for. */
const MACHINE_EVERY_MS = 5_000;

export type FirewallOptions = {
  readonly namespace: Namespace;
  readonly layout: Layout;
  readonly state: NetworkState;
  /** Whether the namespace was made just now: then nothing is counted yet. */
  readonly isNew: boolean;
  readonly warn: (message: string, error: unknown) => void;
};

export class Firewall implements Part {
  readonly what = "the guests' firewall";
  readonly refresh: () => Promise<void>;
  readonly #options: FirewallOptions;
  readonly #rules: StandingRules;
  /** What was last written of the sets. */
  #contents: readonly SetContents[] = [];
  /** The same of those by which is counted; null where they may hold something else. */
  #counting: readonly SetContents[] | null = null;
  /** The counters that are there; null before that was looked at, and where it may have changed. */
  #counters: ReadonlySet<string> | null;
  /** What costs nothing to send to, as it is known, and as it was last written. */
  #free: readonly string[] = [];
  #writtenFree: readonly string[] = [];
  #nextMachineMs = 0;

  constructor(options: FirewallOptions) {
    this.#options = options;
    this.#counters = options.isNew ? new Set() : null;
    this.#rules = new StandingRules({
      write: (script) => options.namespace.nft(script),
      look: (justWritten) => this.#look(justWritten),
    });
    this.refresh = coalesce(() => (this.#rules.isWritten ? this.#fill() : this.raise()));
  }

  /** Puts the rules in place of whatever was there. Counters that are there go on, and those that were lost begin anew. */
  async raise(): Promise<void> {
    const { namespace, state } = this.#options;
    const [there, free] = await Promise.all([
      this.#counters ?? namespace.counters(COUNTING).then((counters) => new Set(counters.keys())),
      this.#freeNow(),
    ]);
    this.#free = free;
    this.#counting = null;
    renewCounters(state, there);
    await this.#write(there, (script) => this.#rules.write(`${COUNTING_RULES}${RULES}${script}`));
  }

  async isInOrder(): Promise<boolean> {
    if (await this.#rules.isChanged()) {
      // Whoever removed rules may have removed counters.
      [this.#counters, this.#counting] = [null, null];
      this.#options.warn(`somebody changed ${this.what}, which is written anew`, undefined);
    }
    return this.#rules.isWritten && ((await this.#knowsMachine()) || (await this.#followsMachine()));
  }

  /** Another address of the machine's is nothing out of order, as long as it can be written. */
  #followsMachine(): Promise<boolean> {
    return this.refresh().then(
      () => true,
      () => false,
    );
  }

  /** Fills the sets anew. Where they are not there to be filled, no server has to wait for that to be noticed. */
  async #fill(): Promise<void> {
    const there = this.#counters;
    if (there === null) return this.raise();
    await this.#write(there, (script) => this.#rules.amend(script)).catch((error: unknown) => {
      this.#options.warn(`the sets of ${this.what} could not be filled: it is written anew`, error);
      return this.raise();
    });
  }

  /** One transaction: no NIC may send before it is counted, and no counter goes before its NIC. */
  async #write(there: ReadonlySet<string>, run: (script: string) => Promise<void>): Promise<void> {
    const { layout, state } = this.#options;
    const free = this.#free;
    const wanted = wantedCounters(state.all());
    const sets = contents(layout, state.all());
    const [before, counting] = [this.#counting, countingContents(state.all(), free)];
    const counted = before === null ? elements(counting) : changedElements(before, counting);
    this.#contents = [...sets, ...counting];
    [this.#counters, this.#counting] = [null, null];
    await run(`${additions(there, wanted)}${elements(sets)}${counted}${removals(there, wanted)}`);
    [this.#counters, this.#counting] = [wanted, counting];
    this.#writtenFree = free;
  }

  async #freeNow(): Promise<readonly string[]> {
    this.#nextMachineMs = performance.now() + MACHINE_EVERY_MS;
    return freeNetworks(this.#options.layout, await localNetworks());
  }

  /** Whether the addresses that are free are the machine's of now, or were a moment ago. */
  async #knowsMachine(): Promise<boolean> {
    if (performance.now() < this.#nextMachineMs) return true;
    this.#free = await this.#freeNow();
    return this.#free.join() === this.#writtenFree.join();
  }

  /** The rules that stand, whatever is counted, and whether the sets hold what was written: all in one process. */
  async #look(justWritten: boolean): Promise<string> {
    const listed = await this.#options.namespace.list("ruleset");
    const rules = listed.replace(COUNTERS, "").replace(ELEMENTS, "");
    const areWhole =
      justWritten || this.#contents.every((set) => isWhole(listedOf(set, listed), set.members));
    return areWhole ? rules : `${rules}, and sets with other elements`;
  }
}

const ELEMENTS = /^\t\telements = \{([^{}]*)\}\n/gm;
/** Counters as they are listed: they come and go with NICs. */
const COUNTERS = /^\tcounter c[0-9a-f]{16} \{\n\t\}\n\n?/gm;

/** What is listed of the set; nothing where it is not there. */
function listedOf({ kind, family, table, name }: SetContents, listed: string): string {
  const inTable = listed.indexOf(`table ${family} ${table} {\n`);
  const begins = inTable < 0 ? -1 : listed.indexOf(`\t${kind} ${name} {\n`, inTable);
  return begins < 0 ? "" : listed.slice(begins, listed.indexOf("\n\t}", begins) + 1);
}

/** Whether the set, as it is listed, holds these members and no more. */
function isWhole(listed: string, members: readonly string[]): boolean {
  const [found] = listed.matchAll(ELEMENTS);
  const present = found?.[1]?.split(",").map((element) => element.trim()) ?? [];
  const wanted = new Set(members.map((member) => member.toLowerCase()));
  return present.length === wanted.size && present.every((element) => wanted.has(element));
}
