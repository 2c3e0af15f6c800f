/**
 * What is to be read again, by what became of which object. Several changes that come together are one reading, and while that goes
 * on the next ones gather: however much changes, each list is read whole, and one at a time.
 */
import type { InvalidateQueryFilters, Query, QueryClient } from "@tanstack/react-query";
import { ApiError } from "../api/errors.ts";

export type Kind = "created" | "status" | "changed" | "destroyed";

/** Of which object it is told. */
export type Changed = { readonly type: "server" | "drive" | "ip" | "vlan"; readonly object: string };

const GATHER_MS = 200;

export class Stale {
  readonly #client: QueryClient;
  #found = new Map<string, InvalidateQueryFilters>();
  #isUnderWay = false;

  constructor(client: QueryClient) {
    this.#client = client;
  }

  /** Something may have become of anything that was read by then, in milliseconds since the epoch. */
  all(readByMs: number): void {
    const predicate = ({ state }: Query) => state.dataUpdatedAt <= readByMs;
    for (const list of ["servers", "drives", "resources", "profile", "activity"])
      this.#add({ queryKey: [list], predicate });
    void this.#readSoon();
  }

  note(kind: Kind, { type, object }: Changed): void {
    const list = type === "server" ? "servers" : type === "drive" ? "drives" : "resources";
    this.#add({ queryKey: [list], exact: true });
    this.#add({ queryKey: [list, object] });
    // Which drives a server has is told of the drives too.
    if (type === "server" && kind !== "status") this.#add({ queryKey: ["drives"] });
    this.#more();
  }

  /** What is used, and what was done, follows from any change. */
  #more(): void {
    this.#add({ queryKey: ["profile"], exact: true });
    this.#add({ queryKey: ["activity"] });
    void this.#readSoon();
  }

  #add(filters: InvalidateQueryFilters): void {
    const { predicate, ...which } = filters;
    this.#found.set(JSON.stringify([which, predicate === undefined]), filters);
  }

  async #readSoon(): Promise<void> {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    while (this.#found.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS));
      const found = [...this.#found.values()];
      this.#found = new Map();
      await Promise.allSettled(
        found.map(({ predicate = () => true, ...filters }) =>
          this.#client.invalidateQueries({
            ...filters,
            predicate: (query) => predicate(query) && isAnswerable(query),
          }),
        ),
      );
    }
    this.#isUnderWay = false;
  }
}

/** What was refused is refused again, and says so all the while. */
const isAnswerable = ({ state: { error, data } }: Query) =>
  data !== undefined || !(error instanceof ApiError) || error.status >= 500;
