/** What the commands on accounts and their operations work with. */
import type { DriveDependencies } from "../drives/dependencies.ts";
import type { ServerDependencies } from "../servers/dependencies.ts";

export type AccountDependencies = DriveDependencies &
  ServerDependencies & {
    /** Milliseconds of a clock that only goes forward. */
    readonly monotonic?: () => number;
  };
