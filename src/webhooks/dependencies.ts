/** What the commands on hooks work with. */
import type { Keyring } from "../base/keyring.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store } from "../store/store.ts";
import type { Deliverer } from "./deliverer.ts";

export type WebhookDependencies = {
  readonly store: Store;
  readonly worker: Worker;
  readonly keyring: Keyring;
  readonly sendNow: Deliverer["sendNow"];
};
