/** What the commands on drives and their operations work with. */

import type { Clock } from "../base/clock.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Limits } from "../limits/resources.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store } from "../store/store.ts";

export type DriveDependencies = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly worker: Worker;
  readonly keyring: Keyring;
  /** How many objects one account may have. */
  readonly limits: Limits;
  /** What use is counted by. */
  readonly clock: Clock;
  /** How many imagings go on at once on one host. */
  readonly imagings: number;
  /** Whether drives are filled from URLs too: the operator says so. */
  readonly fetches: boolean;
  /** Told why something failed that nobody waits for. */
  readonly onTrouble: (error: unknown) => void;
};
