/** What the commands on servers and their operations work with. */
import type { Keyring } from "../drives/secret.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store } from "../store/store.ts";

export type ServerDependencies = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly worker: Worker;
  readonly keyring: Keyring;
};
