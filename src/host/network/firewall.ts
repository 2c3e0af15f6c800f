/** The firewall as it is in the namespace: its rules once, its sets anew with each change of the network state. */
import { coalesce } from "../../base/coalesce.ts";
import { elements, ruleset } from "./filter.ts";
import type { Namespace } from "./namespace.ts";
import type { NetworkState } from "./network-state.ts";
import type { Layout } from "./subnet.ts";
import type { Part } from "./upkeep.ts";

export class Firewall implements Part {
  readonly what = "the guests' firewall";
  readonly refresh: () => Promise<void>;
  readonly #namespace: Namespace;
  readonly #layout: Layout;
  readonly #state: NetworkState;
  #isWritten = false;

  constructor(namespace: Namespace, layout: Layout, state: NetworkState) {
    this.#namespace = namespace;
    this.#layout = layout;
    this.#state = state;
    // The sets alone may be missing what they are in, once writing them has failed.
    this.refresh = coalesce(() =>
      this.#isWritten ? this.#write(elements(layout, state.all())) : this.raise(),
    );
  }

  /** Puts the rules in place of whatever was there. */
  raise(): Promise<void> {
    return this.#write(ruleset(this.#layout, this.#state.all()));
  }

  isInOrder(): boolean {
    return this.#isWritten;
  }

  async #write(script: string): Promise<void> {
    this.#isWritten = false;
    await this.#namespace.nft(script);
    this.#isWritten = true;
  }
}
