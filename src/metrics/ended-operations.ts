/** How the attempts at operations have ended, counted. */
import type { OperationEvent } from "../operations/worker.ts";

type Ended = {
  readonly noun: string;
  readonly action: string;
  readonly outcome: OperationEvent["event"];
  count: number;
};

export class EndedOperations {
  /** By noun, action and outcome: as many as the table of operations has. */
  readonly #counts = new Map<string, Ended>();

  note({ event: outcome, operation: { noun, action } }: OperationEvent): void {
    if (outcome === "begun") return;
    const key = `${noun} ${action} ${outcome}`;
    const known = this.#counts.get(key);
    if (known === undefined) this.#counts.set(key, { noun, action, outcome, count: 1 });
    else known.count++;
  }

  get figures(): readonly Readonly<Ended>[] {
    return [...this.#counts.values()];
  }
}
