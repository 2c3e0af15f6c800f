/** The firewall as it is in the namespace: its rules once, its sets anew with each change of the network state. */
import { coalesce } from "../../base/coalesce.ts";
import { contents, elements, ruleset, type SetContents } from "./filter.ts";
import type { Namespace } from "./namespace.ts";
import type { NetworkState } from "./network-state.ts";
import { StandingRules } from "./standing-rules.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

export type FirewallOptions = {
  readonly namespace: Namespace;
  readonly layout: Layout;
  readonly state: NetworkState;
  readonly warn: (message: string, error: unknown) => void;
};

export class Firewall implements Part {
  readonly what = "the guests' firewall";
  readonly refresh: () => Promise<void>;
  readonly #options: FirewallOptions;
  readonly #rules: StandingRules;
  /** What was last written of the sets. */
  #contents: readonly SetContents[] = [];

  constructor(options: FirewallOptions) {
    this.#options = options;
    this.#rules = new StandingRules({
      write: (script) => options.namespace.nft(script),
      look: (justWritten) => (justWritten ? this.#rulesThere() : this.#look()),
    });
    this.refresh = coalesce(() => (this.#rules.isWritten ? this.#fill() : this.raise()));
  }

  /** Puts the rules in place of whatever was there. */
  raise(): Promise<void> {
    const { layout, state } = this.#options;
    this.#contents = contents(layout, state.all());
    return this.#rules.write(ruleset(this.#contents));
  }

  async isInOrder(): Promise<boolean> {
    if (await this.#rules.isChanged()) {
      this.#options.warn(`somebody changed ${this.what}, which is written anew`, undefined);
    }
    return this.#rules.isWritten;
  }

  /** Fills the sets anew. Where they are not there to be filled, no server has to wait for that to be noticed. */
  async #fill(): Promise<void> {
    const { layout, state } = this.#options;
    this.#contents = contents(layout, state.all());
    await this.#rules.amend(elements(this.#contents)).catch((error: unknown) => {
      this.#options.warn(`the sets of ${this.what} could not be filled: it is written anew`, error);
      return this.raise();
    });
  }

  /** The rules that stand, whatever is in their sets. */
  #rulesThere(): Promise<string> {
    return this.#options.namespace.list("ruleset", "without elements");
  }

  async #look(): Promise<string> {
    const { namespace } = this.#options;
    const [rules, ...sets] = await Promise.all([
      this.#rulesThere(),
      ...this.#contents.map(({ kind, family, table, name }) =>
        namespace.list(`${kind} ${family} ${table} ${name}`),
      ),
    ]);
    const areWhole = this.#contents.every(({ members }, index) => isWhole(sets[index] ?? "", members));
    return areWhole ? (rules ?? "") : `${rules}, and sets with other elements`;
  }
}

const ELEMENTS = "elements = {";

/** Whether the set, as it is listed, holds these members and no more. */
function isWhole(listed: string, members: readonly string[]): boolean {
  const begins = listed.indexOf(ELEMENTS);
  const elements =
    begins < 0
      ? ""
      : listed
          .slice(begins + ELEMENTS.length)
          .split("}", 1)
          .join();
  const present = begins < 0 ? [] : elements.split(",").map((element) => element.trim());
  const wanted = new Set(members.map((member) => member.toLowerCase()));
  return present.length === wanted.size && present.every((element) => wanted.has(element));
}
