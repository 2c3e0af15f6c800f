/** What the commands on servers and their operations work with. */
import type { Clock } from "../base/clock.ts";
import type { Keyring } from "../base/keyring.ts";
import type { Hosts } from "../hosts/hosts.ts";
import type { Limits } from "../limits/resources.ts";
import type { Worker } from "../operations/worker.ts";
import type { Store } from "../store/store.ts";

export type ServerDependencies = {
  readonly store: Store;
  readonly hosts: Hosts;
  readonly worker: Worker;
  readonly keyring: Keyring;
  /** How many objects one account may have. */
  readonly limits: Limits;
  /** What use is counted by. */
  readonly clock: Clock;
  /** Told, once that is settled, of a server that has ended though nobody asked for it. */
  readonly onEnded: (end: SettledEnd) => void;
};

/** The end of a run that came by itself, and whether its server is there still. */
export type SettledEnd = {
  readonly uuid: string;
  readonly host: string;
  readonly generation: number;
  readonly left: "stopped" | "nothing";
};
