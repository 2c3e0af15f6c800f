/** What the commands on accounts and their operations work with. */
import type { DriveDependencies } from "../drives/dependencies.ts";
import type { ServerDependencies } from "../servers/dependencies.ts";

export type AccountDependencies = DriveDependencies &
  ServerDependencies & {
    /** Milliseconds since the epoch, by the clock that operations are recorded by. */
    readonly now?: () => number;
  };
