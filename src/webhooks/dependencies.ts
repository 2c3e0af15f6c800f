/** What the commands on hooks work with. */
import type { Login } from "../api/command.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store, Tx } from "../store/store.ts";
import type { Deliverer } from "./deliverer.ts";

export type WebhookDependencies = {
  readonly store: Store;
  readonly worker: Worker;
  readonly keyring: Keyring;
  /** To be asked in the transaction that changes something (`accounts/standing.ts`). */
  readonly ensureAdmin: (tx: Tx, login: Login) => Promise<void>;
  readonly sendNow: Deliverer["sendNow"];
};
