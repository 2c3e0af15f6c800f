/** Whether the cloud is reached: what was asked last says so. */
import { useSyncExternalStore } from "react";

class Connection {
  #isLost = false;
  readonly #listeners = new Set<() => void>();

  lost(): void {
    this.#set(true);
  }

  found(): void {
    this.#set(false);
  }

  readonly isLost = () => this.#isLost;

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  };

  #set(isLost: boolean): void {
    if (this.#isLost === isLost) return;
    this.#isLost = isLost;
    for (const listener of this.#listeners) listener();
  }
}

export const connection = new Connection();

export const useIsLost = () => useSyncExternalStore(connection.subscribe, connection.isLost);
