/** All planted bugs. */
import type { Mutant } from "../mutant.ts";
import { ACCOUNTS } from "./accounts.ts";
import { CONFINEMENT } from "./confinement.ts";
import { DATA } from "./data.ts";
import { HOST } from "./host.ts";
import { OBJECTS } from "./objects.ts";
import { OPERATIONS } from "./operations.ts";
import { PROCESSES } from "./processes.ts";
import { RULES } from "./rules.ts";
import { TOOLS } from "./tools.ts";
import { WIRE } from "./wire.ts";

export const MUTANTS: readonly Mutant[] = [
  ...RULES,
  ...ACCOUNTS,
  ...WIRE,
  ...DATA,
  ...OBJECTS,
  ...OPERATIONS,
  ...TOOLS,
  ...PROCESSES,
  ...HOST,
  ...CONFINEMENT,
];
